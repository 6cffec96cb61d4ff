"""Measure the results of one method, set by set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.images.color import to_lab
from nst_pipeline.vision.images.regions import dilate
from nst_pipeline.vision.shapes import Mask, Rgb

from .cases import ANOTHER_LIGHT, NATURAL, NO_SEAM, SEAMS, TONED, Case
from .folders import PAINTERLY, REALISTIC, TELLING

Figures = dict[str, float]

SEAM_PX, NEAR_PX = 6, 10
"""Width of the rim and ring whose colors are compared, and of the pixels near the outline."""
HARMED = 1.25
"""A result with more than this factor of the untouched composite's error counts as harmed."""
LEFT_ALONE = 2.0
"""Root mean square change of an object, 8-bit units, up to which it counts as left alone."""
SAME_CONFIDENCE = 0.1
"""Confidences that differ by no more count as the same."""
SAME_COLOR = 2.0
"""LAB units, within which two colors are the same."""


@dataclass(frozen=True)
class Result:
    """What a method made of a case; its confidence if it has one."""

    case: Case
    image: Rgb
    confidence: float | None = None

    @property
    def left_alone(self) -> bool:
        """Whether the object is as it was, but for what nobody sees."""
        case = self.case
        change = mean_squared_error(self.image, case.composite, case.inside)
        return bool(change <= LEFT_ALONE**2)


def mean_squared_error(image: Rgb, truth: Rgb, inside: Mask) -> float:
    """Compute the mean squared error over the object, 8-bit units (fMSE)."""
    return float(((image.astype(np.float64) - truth) ** 2)[inside].mean())


def chroma_jump(image: Rgb, inside: Mask) -> float:
    """Compute the distance of mean (a, b) on the two sides of the outline, LAB units."""
    lab = to_lab(image)
    rim, ring = inside & dilate(~inside, SEAM_PX), dilate(inside, SEAM_PX) & ~inside
    return float(np.linalg.norm((lab[rim].mean(0) - lab[ring].mean(0))[1:]))


def gradient_ratio(image: Rgb, inside: Mask) -> float:
    """Compute the ratio of the mean lightness gradient on the outline to that near it."""
    lightness = to_lab(image)[..., 0]
    slope = np.hypot(cv2.Sobel(lightness, -1, 1, 0), cv2.Sobel(lightness, -1, 0, 1))
    edge = dilate(inside, 1) & dilate(~inside, 1)
    near = dilate(inside, NEAR_PX) & dilate(~inside, SEAM_PX) & ~edge
    return float(slope[edge].mean() / (slope[near].mean() + 1e-3))


def structure(image: Rgb, composite: Rgb, inside: Mask) -> float:
    """Compute the SSIM of result and composite over the object (Wang et al. 2004)."""
    from skimage.metrics import structural_similarity

    grays = (cv2.cvtColor(each, cv2.COLOR_RGB2GRAY) for each in (image, composite))
    _, similar = structural_similarity(*grays, full=True)
    return float(similar[inside].mean())


def tone_distance(image: Rgb, truth: Rgb, inside: Mask) -> float:
    """Compute the mean distance of an object's (a, b) from the tone of the scene, LAB units.

    A tone is a color for each lightness. It is read from the true picture, so that an object that
    is too light or too dark, but has the tone, has no distance.
    """
    lab, shown = to_lab(truth).reshape(-1, 3), to_lab(image)[inside]
    level = np.rint(lab[:, 0]).astype(int)
    count = np.bincount(level)
    known = np.flatnonzero(count)
    tone = (
        np.interp(shown[:, 0], known, np.bincount(level, lab[:, channel])[known] / count[known])
        for channel in (1, 2)
    )
    return float(np.hypot(*(shown[:, 1:].T - list(tone))).mean())


def with_truth(results: Sequence[Result]) -> Figures:
    """Compare with the truth: the share of the error that remains; better and harmed cases.

    Where nothing was wrong: how many objects are left alone, and the error that was made.
    """
    errors: NDArray[np.float64] = np.array(
        [
            [
                mean_squared_error(image, each.case.truth, each.case.inside)
                for image in (each.case.composite, each.image)
            ]
            for each in results
            if each.case.truth is not None
        ]
    )
    before, after = errors.T
    if not before.any():
        alone = np.mean([each.left_alone for each in results])
        return {"left alone %": 100 * float(alone), "fMSE": float(after.mean())}
    return {
        "fMSE ratio": float(after.mean() / before.mean()),
        "better %": 100 * float((after < before).mean()),
        "harmed %": 100 * float((after > HARMED * before).mean()),
    }


def in_one_tone(results: Sequence[Result]) -> Figures:
    """Average the distances from the tone, and compare with the truth."""
    distances = [
        tone_distance(each.image, each.case.truth, each.case.inside)
        for each in results
        if each.case.truth is not None
    ]
    return {"chroma distance": float(np.mean(distances))} | with_truth(results)


def without_truth(results: Sequence[Result]) -> Figures:
    """Compute medians of the gradients at the outline and of the structure that remains."""
    rows = [
        (
            gradient_ratio(each.image, each.case.inside),
            structure(each.image, each.case.composite, each.case.inside),
        )
        for each in results
    ]
    ratio, similar = np.median(rows, axis=0)
    return {"gradient ratio": float(ratio), "SSIM": float(similar)}


def on_a_painting(results: Sequence[Result]) -> Figures:
    """Besides, compute the median jump of chroma across the outline."""
    jumps = [chroma_jump(each.image, each.case.inside) for each in results]
    return {"chroma jump": float(np.median(jumps))} | without_truth(results)


def _inner_color(result: Result) -> NDArray[np.float64]:
    """Return an object's mean LAB color away from the seam."""
    inside = result.case.inside
    core = inside & ~dilate(~inside, SEAM_PX)
    return np.asarray(to_lab(result.image)[core if core.any() else inside].mean(0), np.float64)


def seam_agreement(results: Sequence[Result]) -> Figures:
    """Compare the results for one object with different seams.

    They agree if neither confidence nor color differs visibly. The spread is the largest distance
    of the mean colors away from the seam, LAB units.
    """
    by_name = defaultdict(list)
    for each in results:
        by_name[each.case.name].append(each)
    agree, spreads = [], []
    for group in by_name.values():
        confidences = [each.confidence for each in group if each.confidence is not None]
        same = not confidences or max(confidences) - min(confidences) <= SAME_CONFIDENCE
        colors = np.array([_inner_color(each) for each in group])
        spreads.append(np.linalg.norm(colors[:, None] - colors, axis=-1).max())
        agree.append(same and spreads[-1] <= SAME_COLOR)
    return {"agree %": 100 * float(np.mean(agree)), "color spread": float(np.mean(spreads))}


MEASURES: dict[str, Callable[[Sequence[Result]], Figures]] = {
    NO_SEAM: with_truth,
    ANOTHER_LIGHT: with_truth,
    TONED: in_one_tone,
    SEAMS: seam_agreement,
    TELLING: with_truth,
    REALISTIC: without_truth,
    PAINTERLY: on_a_painting,
}
"""By protocol, in the order of the report."""


def _headings(case: Case) -> Iterator[str]:
    """Yield the headings under which a case counts."""
    if case.protocol in (ANOTHER_LIGHT, TONED) and case.kind != NATURAL:
        yield f"{case.protocol}, all"
    # Of seams, all kinds are compared with each other.
    whole = case.protocol == SEAMS or case.kind == case.protocol
    yield case.protocol if whole else f"{case.protocol}, {case.kind}"


def measure(results: Sequence[Result]) -> Figures:
    """Measure one method.

    Returns
    -------
    dict
        Figures named `protocol, kind: figure`; for lights and tones also those of all kinds that
        have an error.
    """
    groups = defaultdict(list)
    for each in results:
        for heading in _headings(each.case):
            groups[heading].append(each)
    figures: Figures = {}
    for heading, group in groups.items():
        measured = MEASURES[group[0].case.protocol](group)
        figures |= {f"{heading}: {name}": value for name, value in measured.items()}
    return figures
