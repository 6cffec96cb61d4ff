"""The methods that are compared: common ones, and those of this package."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from nst_pipeline.settings import HarmonizeSettings, Settings
from nst_pipeline.style.light_reader import read_light, read_lights
from nst_pipeline.style.proposals import proposals_for
from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.harmonize.candidates import CANDIDATES
from nst_pipeline.vision.harmonize.color_change import ColorChange, lab_statistics, recolor
from nst_pipeline.vision.harmonize.harmonize import harmonize
from nst_pipeline.vision.harmonize.model.harmonizer import Harmonizer
from nst_pipeline.vision.images.color import to_lab
from nst_pipeline.vision.images.regions import object_mask
from nst_pipeline.vision.shapes import Matte, Rgb

from .cases import Case
from .figures import Result

Method = Callable[[Case], Result]


def reinhard(composite: Rgb, matte: Matte) -> Rgb:
    """Transfer the background's statistics to the object (Reinhard et al. 2001)."""
    lab, inside = to_lab(composite), object_mask(matte)
    own, around = lab_statistics(lab, inside), lab_statistics(lab, matte == 0)
    gain = around.std / np.maximum(own.std, 1)
    return recolor(composite, matte, ColorChange(own.mean, gain, around.mean - own.mean))


def histogram(composite: Rgb, matte: Matte) -> Rgb:
    """Match the object's histograms to the background's, channel by channel."""
    from skimage.exposure import match_histograms

    inside, result = matte > 0, composite.copy()
    object_pixels, around = composite[inside][:, None], composite[~inside][:, None]
    result[inside] = match_histograms(object_pixels, around, channel_axis=-1)[:, 0]
    return recompose(composite, matte, result)


def poisson(composite: Rgb, matte: Matte) -> Rgb:
    """Integrate the object's gradients from the scene at its outline (Pérez et al. 2003)."""
    inner = (matte > 0).astype(np.uint8)
    inner[[0, -1]] = inner[:, [0, -1]] = 0
    x, y, width, height = cv2.boundingRect(inner)
    hole = cv2.inpaint(composite, (matte > 0).astype(np.uint8), 3, cv2.INPAINT_TELEA)
    center = (x + width // 2, y + height // 2)
    cloned = cv2.seamlessClone(composite, hole, inner * 255, center, cv2.NORMAL_CLONE)
    return recompose(composite, matte, np.asarray(cloned, np.uint8))


BASELINES: dict[str, Callable[[Rgb, Matte], Rgb]] = {
    "reinhard": reinhard,
    "histogram": histogram,
    "poisson": poisson,
}
OURS = (*(each.name for each in CANDIDATES), "auto")


def method_named(
    name: str, harmonizer: Harmonizer, network: str, *, knows_source: bool = False
) -> Method:
    """Return a baseline, or a method of this package as `nst harmonize` runs it.

    `network` is the harmonization network of the method of that name. `knows_source` gives the
    method the light of the object's own photo, where the case has it, as collections do.
    """
    if name in BASELINES:
        return lambda case: Result(case, BASELINES[name](case.composite, case.matte))
    settings = HarmonizeSettings.model_validate({"method": name, "network": network})

    def ours(case: Case) -> Result:
        source = None
        if knows_source and case.source is not None:
            source = read_light(case.source, case.source_matte)
        lights = read_lights(source, case.composite, case.matte)
        proposals = proposals_for(case.composite, case.matte, Settings(harmonize=settings))
        made = harmonize(
            case.composite,
            case.matte,
            settings,
            harmonizer=harmonizer,
            proposals=proposals,
            lights=lights,
        )
        return Result(case, made.image, made.confidence)

    return ours
