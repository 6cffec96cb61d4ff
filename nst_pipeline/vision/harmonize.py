"""Make a composite natural: several candidates, and the best by the realism score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nst_pipeline.errors import SettingError
from nst_pipeline.settings import HarmonizeSettings
from nst_pipeline.vision.colour import add_change, low_frequency_change
from nst_pipeline.vision.composite import recompose
from nst_pipeline.vision.describe import view
from nst_pipeline.vision.harmonizer import Harmonizer, fallback
from nst_pipeline.vision.realism import UNDECIDED, score_candidate
from nst_pipeline.vision.resize import fitted, resized
from nst_pipeline.vision.shapes import Matte, Rgb

NETWORK_SIDE = 512
"""What a network changed is read at this longest side: its low frequencies are all there."""
NETWORK_SIGMA_SHARE = 0.03
"""Width of the blur that takes the network's texture away, share of that side."""
NETWORK_SHARE = 0.5
"""How much of a network's change is taken; all of it harms more often."""

DOUBT = 0.5
"""Up to this realism the correction is trusted, which is small already where it is unsure."""


@dataclass(frozen=True)
class Harmonized:
    """The natural result at the composite's size, which candidate it is, and all scores."""

    image: Rgb
    chosen: str
    scores: dict[str, float]


def _with_network_change(composite: Rgb, matte: Matte, after: Rgb, before: Rgb) -> Rgb:
    """Add the low frequencies of what a network changed to the object."""
    small = fitted(before, NETWORK_SIDE)
    height, width = small.shape[:2]
    sigma = NETWORK_SIGMA_SHARE * max(height, width)
    weight = resized(fitted(matte, NETWORK_SIDE), width, height)
    change = low_frequency_change(resized(after, width, height), small, weight, sigma)
    return recompose(composite, matte, add_change(composite, change, NETWORK_SHARE))


def candidates(
    composite: Rgb,
    matte: Matte,
    harmonizer: Harmonizer,
    *,
    magenta: tuple[Rgb, Rgb] | None = None,
    vgg19: Rgb | None = None,
) -> dict[str, Rgb]:
    """All natural results that can be made, by method; `untouched` is the composite itself.

    Args:
        composite: (height, width, 3) uint8 RGB.
        matte: (height, width) float32, 0..1; where it is 0, all keep the composite's bytes.
        harmonizer: gives `model`, where it is calibrated; `ring` is always there.
        magenta: the composite stylised by the scene, and by itself, (h, w, 3) uint8, any size.
        vgg19: the optimised composite, (h, w, 3) uint8, any size.
    """
    found = {"untouched": composite, "ring": fallback().apply(composite, matte)}
    if harmonizer.model is not None:
        found["model"] = harmonizer.apply(composite, matte)
    if magenta is not None:
        found["magenta"] = _with_network_change(composite, matte, *magenta)
    if vgg19 is not None:
        before = resized(composite, vgg19.shape[1], vgg19.shape[0])
        found["vgg19"] = _with_network_change(composite, matte, vgg19, before)
    return found


def _scores(found: dict[str, Rgb], matte: Matte, harmonizer: Harmonizer) -> dict[str, float]:
    """Every candidate's score; all alike where there is nothing to judge by."""
    views = {name: view(image, matte) for name, image in found.items()}
    seen = {name: each for name, each in views.items() if each is not None}
    if not seen:
        return dict.fromkeys(found, UNDECIDED)
    untouched, corrected = seen["untouched"], seen.get("model", seen["ring"])
    trust = max(0.0, (harmonizer.realism(untouched) - DOUBT) / (1 - DOUBT))
    return {name: score_candidate(each, untouched, corrected, trust) for name, each in seen.items()}


def _method_candidate(
    found: dict[str, Rgb], method: str, composite: Rgb, matte: Matte, harmonizer: Harmonizer
) -> Rgb:
    if method in found:
        return found[method]
    if method == "model":
        return harmonizer.apply(composite, matte)
    raise SettingError(
        f"harmonize.method is {method!r}, but there is no {method} result for this picture: "
        "make it first, or choose auto"
    )


def harmonize(
    composite: Rgb,
    matte: Matte,
    settings: HarmonizeSettings,
    *,
    harmonizer: Harmonizer,
    magenta: tuple[Rgb, Rgb] | None = None,
    vgg19: Rgb | None = None,
) -> Harmonized:
    """Make an object look natural in its scene; the background's bytes stay.

    Args:
        composite: (height, width, 3) uint8 RGB.
        matte: (height, width) float32, 0..1.
        settings: the method (`auto`: the best score, `untouched` where no other is better) and
            the share of its change that is applied.
        harmonizer, magenta, vgg19: see `candidates`.

    Raises:
        SettingError: the settings ask for a method whose picture is not given.
    """
    found = candidates(composite, matte, harmonizer, magenta=magenta, vgg19=vgg19)
    scores = _scores(found, matte, harmonizer)
    if settings.method == "auto":
        chosen = max(scores, key=lambda name: scores[name])
        image = found[chosen]
    else:
        chosen = settings.method
        image = _method_candidate(found, chosen, composite, matte, harmonizer)
    share = np.float32(settings.strength) * (matte > 0)
    return Harmonized(recompose(composite, share, image), chosen, scores)
