"""`nst.harmonize`: make a pasted object look natural in its scene."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from nst_pipeline.api.cutting import Sticker
from nst_pipeline.api.inputs import MaskLike, PictureLike, open_colors, open_matte
from nst_pipeline.api.results import Shown
from nst_pipeline.settings import Settings
from nst_pipeline.style.light_reader import read_light, read_lights
from nst_pipeline.style.naturalness import judge_naturalness
from nst_pipeline.style.proposals import proposals_for
from nst_pipeline.vision.harmonize.harmonize import harmonize as harmonize_picture
from nst_pipeline.vision.harmonize.light.reading import Reading
from nst_pipeline.vision.harmonize.model.harmonizer import builtin, load
from nst_pipeline.vision.naturalness.factors import Naturalness
from nst_pipeline.vision.shapes import ToneKind


@dataclass(frozen=True, eq=False)
class HarmonizeResult(Shown):
    """A composite whose object looks natural.

    Attributes
    ----------
    picture
        (height, width, 3) uint8 RGB; outside the mask, the composite's bytes.
    method
        Name of the candidate that became the result; `untouched` if no change was expected to help.
    confidence
        Probability, 0..1, that a change was needed and helps.
    color_fit
        0..1, of each candidate that was tried, by name.
    naturalness
        Of the result.
    source_known
        Whether the light of the object's own photo was known.
    tone
        The tone of a black-and-white or toned scene, which the object has now; None for a scene
        with colors of its own.
    left_alone
        Why the composite could not be judged; empty if it could.
    """

    method: str
    confidence: float
    color_fit: dict[str, float]
    naturalness: Naturalness
    source_known: bool
    tone: ToneKind | None = None
    left_alone: str = ""


def _read_source(
    source: PictureLike | Sticker | None, mask: MaskLike | None, settings: Settings
) -> Reading | None:
    """Return the light of the photo that an object comes from; None if it is not known."""
    if source is None or isinstance(source, Sticker):
        return None if source is None else source.light
    photo = open_colors(source, settings)
    return read_light(photo, None if mask is None else open_matte(mask, photo, settings))


def harmonize(
    composite: PictureLike,
    mask: MaskLike,
    source: PictureLike | Sticker | None = None,
    *,
    source_mask: MaskLike | None = None,
    model: str | os.PathLike[str] | None = None,
    settings: Settings | None = None,
) -> HarmonizeResult:
    """Make a pasted object look natural in its scene.

    Parameters
    ----------
    composite
        A path, an array (height, width, 3) uint8 RGB, or a PIL picture.
    mask
        Of the object, of the composite's size: a path or PIL picture, white on the object, or an
        array (height, width), bool, uint8 0..255 or float 0..1. Where it is black, no byte changes.
    source
        The object's own photo, or the sticker that was pasted: its light tells what must change.
    source_mask
        Where the object was in its own photo.
    model
        A color model from `nst calibrate`. Default: the built-in one.
    settings
        `harmonize` says what may change, such as `Settings(harmonize={"strength": 0.5})`.
        Default: the defaults, and the environment's `NST_` variables.

    Returns
    -------
    HarmonizeResult
        Of the composite's size.

    Raises
    ------
    NstError
        A picture or the model cannot be read, or the mask shows no object or no background.
    ModelUnavailableError
        A network is missing or damaged.
    """
    chosen = settings or Settings()
    colors = open_colors(composite, chosen)
    matte = open_matte(mask, colors, chosen)
    light = _read_source(source, source_mask, chosen)
    made = harmonize_picture(
        colors,
        matte,
        chosen.harmonize,
        harmonizer=builtin() if model is None else load(Path(model)),
        proposals=proposals_for(colors, matte, chosen),
        lights=read_lights(light, colors, matte),
    )
    return HarmonizeResult(
        made.image,
        method=made.chosen,
        confidence=made.confidence,
        color_fit=made.color_fit,
        naturalness=judge_naturalness(made.image, matte),
        source_known=light is not None,
        tone=made.tone,
        left_alone=made.left_alone,
    )
