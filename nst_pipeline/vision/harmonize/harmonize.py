"""Harmonize a composite: preview the candidates, render the best, match tone, edge and grain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np

from nst_pipeline.errors import SettingError
from nst_pipeline.settings import HarmonizeSettings
from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.harmonize.candidates import (
    CANDIDATES,
    UNTOUCHED,
    Preview,
    Request,
    should_paint,
)
from nst_pipeline.vision.harmonize.color_fit import UNDECIDED, color_fit
from nst_pipeline.vision.harmonize.finish.boundary import blend_boundary, soften_boundary
from nst_pipeline.vision.harmonize.finish.compression import match_compression
from nst_pipeline.vision.harmonize.finish.grain import match_grain
from nst_pipeline.vision.harmonize.finish.sharpness import match_sharpness
from nst_pipeline.vision.harmonize.light.change import LightChange
from nst_pipeline.vision.harmonize.light.judge import judge_light
from nst_pipeline.vision.harmonize.light.reading import Lights, light_change, light_confidence
from nst_pipeline.vision.harmonize.model.gate import share_to_apply
from nst_pipeline.vision.harmonize.model.harmonizer import Harmonizer
from nst_pipeline.vision.harmonize.model.in_place import is_in_place
from nst_pipeline.vision.harmonize.network_change import Proposals
from nst_pipeline.vision.harmonize.object_view import ObjectView, object_view, why_no_view
from nst_pipeline.vision.harmonize.tone import TONE, Tone, apply_tone, find_tone
from nst_pipeline.vision.images.color import to_lab, to_rgb
from nst_pipeline.vision.images.regions import object_box
from nst_pipeline.vision.shapes import Matte, Rgb, ToneKind

NO_PROPOSALS: Proposals = {}


@dataclass(frozen=True)
class Harmonized:
    """A harmonized composite.

    Attributes
    ----------
    image
        (height, width, 3) uint8 RGB, the composite's size.
    chosen
        Name of the candidate that became the result.
    color_fit
        Color fit, 0..1, of each candidate that was tried, by name.
    confidence
        Probability, 0..1, that a change was needed and helps.
    tone
        The tone of a black-and-white or toned scene, which the object has now; None for a scene
        with colors of its own.
    left_alone
        Why the composite could not be judged; empty if it could.
    """

    image: Rgb
    chosen: str
    color_fit: dict[str, float]
    confidence: float
    tone: ToneKind | None = None
    left_alone: str = ""


def _with_own_colors(image: Rgb, composite: Rgb, matte: Matte) -> Rgb:
    """Restore the composite's hue and chroma in the object, so that only lightness differs."""
    part = object_box(matte).slices
    lab = to_lab(composite[part])
    lab[..., 0] = to_lab(image[part])[..., 0]
    kept = composite.copy()
    kept[part] = to_rgb(lab)
    return recompose(composite, matte, kept)


def _finish(
    image: Rgb, composite: Rgb, matte: Matte, settings: HarmonizeSettings, *, is_painted: bool
) -> Rgb:
    """Apply the settings to a rendered candidate, and match sharpness, edge and grain."""
    if settings.keep_colors:
        image = _with_own_colors(image, composite, matte)
    if not settings.color_only:
        match_boundary = blend_boundary if is_painted else soften_boundary
        for match in (match_sharpness, match_boundary, match_grain, match_compression):
            image = match(image, matte)
    return recompose(composite, np.float32(settings.strength) * (matte > 0), image)


def _undecided(
    settings: HarmonizeSettings, proposals: Proposals, composite: Rgb, reason: str
) -> Harmonized:
    """Return the composite unchanged, with the reason."""
    chosen = UNTOUCHED.name if settings.method == "auto" else settings.method
    names = [
        each.name for each in CANDIDATES if each.applies is None and each.is_available(proposals)
    ]
    fits = dict.fromkeys([*names, chosen], UNDECIDED)
    return Harmonized(composite, chosen, fits, UNDECIDED, left_alone=reason)


def _previews(request: Request) -> dict[str, Preview]:
    """Preview the candidates that are available and suit the composite."""
    return {
        each.name: each.preview(request)
        for each in CANDIDATES
        if each.is_available(request.proposals) and (each.applies is None or each.applies(request))
    }


def _color_fits(previews: dict[str, Preview], trust: float) -> dict[str, float]:
    """Compute how well all previews fit, if the untouched object is natural with this trust."""
    untouched = previews[UNTOUCHED.name].view
    guesses = (each.best_guess for each in previews.values())
    best_guess = next(guess for guess in guesses if guess is not None)
    return {
        name: color_fit(each.view, untouched, best_guess, trust) for name, each in previews.items()
    }


def _choose(fits: dict[str, float], method: str) -> str:
    """Return the name of the candidate with the best color fit, or of the one that is requested."""
    if method == "auto":
        return max(fits, key=fits.__getitem__)
    if method not in fits:
        raise SettingError(
            f"harmonize.method is {method!r}, but there is no {method} result for this picture: "
            "make it first, or choose auto"
        )
    return method


def _judge(
    composite: Rgb, matte: Matte, view: ObjectView, lights: Lights | None
) -> tuple[LightChange | None, float | None]:
    """Compare the light of the object's own photo with the scene's, or else that on both."""
    if lights is not None:
        change = light_change(lights, composite, matte)
        return change, light_confidence(change, view.lab[view.inside])
    judgment = judge_light(composite, matte)
    return (None, None) if judgment is None else (judgment.change, judgment.confidence)


def _decide(request: Request, lights: Lights | None) -> tuple[Request, float]:
    """Decide by light or colors what changes, and how far; also return the confidence.

    The color model reads the seam, so its advice holds for objects in their own photo, and for
    paintings, whose palette it knows. Else light decides.
    """
    composite, matte, view = request.composite, request.matte, request.view
    method, light, confidence = request.settings.method, None, None
    by_light = not request.painting and (lights is not None or not is_in_place(view))
    if by_light or method == "light":
        light, confidence = _judge(composite, matte, view, lights)
    if light is None or confidence is None:
        confidence = request.advise().confidence
    share = share_to_apply(confidence) if method == "auto" else 1.0
    return replace(request, light=light, share=share), confidence


def _harmonize(
    composite: Rgb,
    matte: Matte,
    settings: HarmonizeSettings,
    harmonizer: Harmonizer,
    proposals: Proposals,
    lights: Lights | None,
) -> Harmonized:
    """Harmonize an object, whatever the scene's tone."""
    view = object_view(composite, matte)
    if view is None:
        return _undecided(settings, proposals, composite, why_no_view(matte))
    advise = cache(partial(harmonizer.advise, view))
    painting = should_paint(settings, proposals)
    request = Request(composite, matte, settings, proposals, view, advise, painting)
    request, confidence = _decide(request, lights)
    previews = _previews(request)
    fits = _color_fits(previews, 1 - request.share)
    chosen = _choose(fits, settings.method)
    image = previews[chosen].render()
    # Where light decides, the object is pasted: its edge and grain are another photo's, whether
    # or not its colors fit.
    if chosen != UNTOUCHED.name or (settings.method == "auto" and request.light is not None):
        is_painted = chosen == "painted"
        image = _finish(image, composite, matte, settings, is_painted=is_painted)
    return Harmonized(image, chosen, fits, confidence)


def _tone_to_match(composite: Rgb, matte: Matte, settings: HarmonizeSettings) -> Tone | None:
    """Find the scene's tone, unless the settings keep the object's colors."""
    if settings.keep_colors or settings.method == UNTOUCHED.name:
        return None
    return find_tone(composite, matte)


def _is_off_tone(composite: Rgb, matte: Matte, tone: Tone) -> bool:
    """Whether the object's colors visibly differ from the scene's tone."""
    view = object_view(composite, matte)
    if view is None:
        return False
    own, around = (tone.distance(view.lab[mask]) for mask in (view.inside, view.outside))
    return own > around + TONE.visible_distance


def _harmonize_in_tone(
    composite: Rgb,
    matte: Matte,
    settings: HarmonizeSettings,
    tone: Tone,
    harmonize_with: Callable[[Rgb, Matte, HarmonizeSettings], Harmonized],
) -> Harmonized:
    """Give an object the scene's tone, before and after it is harmonized."""
    # The strength holds for the tone, too, so it is applied last.
    whole = settings.model_copy(update={"strength": 1.0})
    result = harmonize_with(apply_tone(composite, matte, tone), matte, whole)
    image = apply_tone(result.image, matte, tone)
    image = recompose(composite, np.float32(settings.strength) * (matte > 0), image)
    confidence = max(result.confidence, TONE.certainty * _is_off_tone(composite, matte, tone))
    return replace(result, image=image, confidence=confidence, tone=tone.kind)


def harmonize(
    composite: Rgb,
    matte: Matte,
    settings: HarmonizeSettings,
    *,
    harmonizer: Harmonizer,
    proposals: Proposals = NO_PROPOSALS,
    lights: Lights | None = None,
) -> Harmonized:
    """Make an object look natural in its scene.

    Parameters
    ----------
    composite
        (height, width, 3) uint8 RGB.
    matte
        (height, width) float32, 0..1; where it is 0, no byte changes.
    settings
        `method` names the candidate; `auto` takes the one with the best color fit, which is
        `untouched` if no change of colors is expected to help; a pasted object's edge and grain are
        matched all the same. In a black-and-white or toned scene, the object takes the scene's tone
        in any case, unless the method is `untouched` or `keep_colors` is set. The other settings
        limit what may change.
    harmonizer
        Predicts the color change and the confidence in it.
    proposals
        What networks propose for the composite, by candidate; `painted` only if the scene is a
        painting.
    lights
        Of the object's own photo, and of the scene (`nst_pipeline.style.light_reader`). Where they
        are unknown, the light on the object is judged by its colors.

    Returns
    -------
    Harmonized
        If there is no object, or nothing around it, every color fit is `UNDECIDED`, and nothing but
        the tone changes.

    Raises
    ------
    SettingError
        The method needs a proposal that is not given.

    Examples
    --------
    >>> import numpy as np
    >>> from nst_pipeline.vision.harmonize.model.harmonizer import builtin
    >>> composite, matte = np.full((60, 60, 3), 200, np.uint8), np.zeros((60, 60), np.float32)
    >>> matte[20:40, 20:40] = 1
    >>> composite[20:40, 20:40] = 60, 90, 160
    >>> settings = HarmonizeSettings(method="ring", color_only=True)
    >>> result = harmonize(composite, matte, settings, harmonizer=builtin())
    >>> result.chosen, result.image[0, 0].tolist(), result.image[30, 30].tolist()
    ('ring', [200, 200, 200], [122, 131, 176])
    """
    harmonize_with = partial(_harmonize, harmonizer=harmonizer, proposals=proposals, lights=lights)
    tone = _tone_to_match(composite, matte, settings)
    if tone is None:
        return harmonize_with(composite, matte, settings)
    return _harmonize_in_tone(composite, matte, settings, tone, harmonize_with)
