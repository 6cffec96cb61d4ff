"""Make a composite natural: several candidates, the best by the realism score, then its edge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from nst_pipeline.errors import SettingError
from nst_pipeline.settings import HarmonizeSettings
from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.harmonize.color_change import (
    ColorChange,
    add_change,
    lab_statistics,
    low_frequency_change,
    recolor,
    ring_change,
)
from nst_pipeline.vision.harmonize.finish.boundary import soften_boundary
from nst_pipeline.vision.harmonize.finish.compression import match_compression
from nst_pipeline.vision.harmonize.finish.grain import match_grain
from nst_pipeline.vision.harmonize.finish.sharpness import match_sharpness
from nst_pipeline.vision.harmonize.model.blacks import keep_blacks
from nst_pipeline.vision.harmonize.model.describe import View, view
from nst_pipeline.vision.harmonize.model.gate import taken_share
from nst_pipeline.vision.harmonize.model.harmonizer import Harmonizer
from nst_pipeline.vision.harmonize.painting import looks_painted
from nst_pipeline.vision.harmonize.realism import UNDECIDED, score_candidate
from nst_pipeline.vision.images.color import to_lab, to_rgb
from nst_pipeline.vision.images.regions import object_box
from nst_pipeline.vision.images.resize import resize, shrink_to_fit
from nst_pipeline.vision.shapes import Matte, Rgb

NETWORK_SIDE = 512
"""What a network changed is read at this longest side: its low frequencies are all there."""
NETWORK_SIGMA_SHARE = 0.03
"""Width of the blur that takes the network's texture away, share of that side."""
NETWORK_SHARE = 0.5
"""How much of a network's change is taken; all of it harms more often."""


@dataclass(frozen=True)
class Proposals:
    """What networks make of a composite; None where there is none.

    Attributes:
        magenta: the composite stylized by the scene, and by itself, (h, w, 3) uint8, any size.
        vgg19: the optimized composite, (h, w, 3) uint8, any size.
        painted: makes the composite with its object painted like the scene, at its own size; asked
            only where the scene is a painting.
    """

    magenta: tuple[Rgb, Rgb] | None = None
    vgg19: Rgb | None = None
    painted: Callable[[], Rgb] | None = None


NO_PROPOSALS = Proposals()


@dataclass(frozen=True)
class Harmonized:
    """The natural result at the composite's size, which candidate it is, and all scores.

    `confidence` is the gate's: the probability, 0..1, that a change was needed and helps.
    """

    image: Rgb
    chosen: str
    scores: dict[str, float]
    confidence: float


def _with_network_change(composite: Rgb, matte: Matte, after: Rgb, before: Rgb) -> Rgb:
    """Add the low frequencies of what a network changed to the object."""
    small = shrink_to_fit(before, NETWORK_SIDE)
    height, width = small.shape[:2]
    sigma = NETWORK_SIGMA_SHARE * max(height, width)
    weight = resize(shrink_to_fit(matte, NETWORK_SIDE), width, height)
    change = low_frequency_change(resize(after, width, height), small, weight, sigma)
    added = add_change(composite, change, NETWORK_SHARE, object_box(matte))
    return recompose(composite, matte, added)


def network_candidates(composite: Rgb, matte: Matte, proposals: Proposals) -> dict[str, Rgb]:
    """What networks propose, as natural results, by method.

    Args:
        composite: (height, width, 3) uint8 RGB.
        matte: (height, width) float32, 0..1; where it is 0, all keep the composite's bytes.
        proposals: `painted` is left out.
    """
    found = {}
    if proposals.magenta is not None:
        found["magenta"] = _with_network_change(composite, matte, *proposals.magenta)
    if proposals.vgg19 is not None:
        after = proposals.vgg19
        before = resize(composite, after.shape[1], after.shape[0])
        found["vgg19"] = _with_network_change(composite, matte, after, before)
    return found


def _is_painting(settings: HarmonizeSettings, composite: Rgb, matte: Matte) -> bool:
    """Whether the object is to be painted: as the settings say, else as the scene looks."""
    if settings.method == "painted":
        return True
    if settings.method != "auto" or settings.color_only or settings.look == "photo":
        return False
    return settings.look == "painting" or looks_painted(composite, matte)


def _with_own_colors(image: Rgb, composite: Rgb, matte: Matte) -> Rgb:
    """The image with the hue and colorfulness of the composite: only light and dark differ."""
    part = object_box(matte).slices
    lab = to_lab(composite[part])
    lab[..., 0] = to_lab(image[part])[..., 0]
    kept = composite.copy()
    kept[part] = to_rgb(lab)
    return recompose(composite, matte, kept)


def _finished(image: Rgb, composite: Rgb, matte: Matte, settings: HarmonizeSettings) -> Rgb:
    """The chosen candidate as the settings want it, with sharpness, edge and grain of the scene."""
    if settings.keep_colors:
        image = _with_own_colors(image, composite, matte)
    if not settings.color_only:
        for match in (match_sharpness, soften_boundary, match_grain, match_compression):
            image = match(image, matte)
    return recompose(composite, np.float32(settings.strength) * (matte > 0), image)


def _ring_change(seen: View) -> ColorChange:
    """Part of the way to the ring's LAB statistics."""
    own, ring = lab_statistics(seen.lab, seen.inside), lab_statistics(seen.lab, seen.ring)
    return keep_blacks(ring_change(own, ring), seen)


def _changed(seen: View, change: ColorChange) -> View:
    """What would be seen after a color change."""
    return replace(seen, lab=change.apply_to_lab(seen.lab))


def _unknown(settings: HarmonizeSettings, proposals: Proposals, composite: Rgb) -> Harmonized:
    """The result where there is nothing to judge by: no object, or nothing around it."""
    names = ["untouched", "ring", "model"]
    names += [name for name in ("magenta", "vgg19") if getattr(proposals, name) is not None]
    chosen = "untouched" if settings.method == "auto" else settings.method
    return Harmonized(composite, chosen, dict.fromkeys(names, UNDECIDED), UNDECIDED)


def harmonize(
    composite: Rgb,
    matte: Matte,
    settings: HarmonizeSettings,
    *,
    harmonizer: Harmonizer,
    proposals: Proposals = NO_PROPOSALS,
) -> Harmonized:
    """Make an object look natural in its scene; the background's bytes stay.

    Args:
        composite: (height, width, 3) uint8 RGB.
        matte: (height, width) float32, 0..1.
        settings: the method (`auto`: the best score, `untouched` where no change is expected to
            help), and what of its change is applied.
        harmonizer: advises on colors.
        proposals: what networks make of the composite.

    Raises:
        SettingError: the settings ask for a method whose picture is not given.
    """
    seen = view(composite, matte)
    if seen is None:
        return _unknown(settings, proposals, composite)
    advice = harmonizer.advise(seen)
    share = taken_share(advice.confidence) if settings.method == "auto" else 1.0
    advised = {"ring": _ring_change(seen), "model": advice.change}
    changes = {name: change.scaled(share) for name, change in advised.items()}
    pictures = {"untouched": composite} | network_candidates(composite, matte, proposals)
    best_guess = _changed(seen, advice.change)
    if proposals.painted and share > 0 and _is_painting(settings, composite, matte):
        pictures["painted"] = proposals.painted()
        best_guess = view(pictures["painted"], matte) or best_guess
    views = {name: view(picture, matte) or seen for name, picture in pictures.items()}
    views |= {name: _changed(seen, change) for name, change in changes.items()}
    # If the object is not natural as it is, it should look as the best guess does.
    scores = {n: score_candidate(each, seen, best_guess, 1 - share) for n, each in views.items()}
    chosen = max(scores, key=scores.__getitem__) if settings.method == "auto" else settings.method
    if chosen not in scores:
        raise SettingError(
            f"harmonize.method is {chosen!r}, but there is no {chosen} result for this picture: "
            "make it first, or choose auto"
        )
    if chosen == "untouched":
        return Harmonized(composite, chosen, scores, advice.confidence)
    change = changes.get(chosen)
    image = pictures[chosen] if change is None else recolor(composite, matte, change)
    image = _finished(image, composite, matte, settings)
    return Harmonized(image, chosen, scores, advice.confidence)
