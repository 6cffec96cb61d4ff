"""Notice writing on an object, which must not be mirrored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.images.dtype import to_float
from nst_pipeline.vision.images.regions import object_mask
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.shapes import Box, Mask, Rgba


@dataclass(frozen=True)
class TextParameters:
    """What counts as writing. Letters are compared with their own height."""

    side_px: int = 640
    """Stickers are reduced to this longest side; smaller letters cannot be read anyway."""
    height: tuple[float, float] = (0.012, 0.25)
    """Of the sticker's longer side: heights of letters."""
    least_px: int = 6
    """Least height of a letter."""
    aspect: tuple[float, float] = (0.08, 1.8)
    """Widths of letters, in heights."""
    filled: tuple[float, float] = (0.15, 0.95)
    """Share of its box that a letter fills."""
    contrast: float = 35.0
    """Least difference in gray between a letter and what surrounds it."""
    steps: tuple[int, int] = (4, 100)
    """MSER: step between thresholds, and the share of the picture, in 1/1000, of its largest
    region."""
    similar: float = 1.5
    """Largest ratio of the heights of neighboring letters."""
    aligned: float = 0.3
    """Largest offset of their middles, in heights."""
    gap: float = 1.3
    """Largest gap between them, in heights."""
    letters: int = 4
    """Letters in a row that make a word."""


def _letters(gray: NDArray[np.uint8], inside: Mask, p: TextParameters) -> list[Box]:
    """Find even, contrasting regions of the size and shape of letters.

    Matas, Chum, Urban, Pajdla, "Robust Wide Baseline Stereo from Maximally Stable Extremal
    Regions", 2002.
    """
    longest = max(gray.shape)
    mser = cv2.MSER.create(p.steps[0], p.least_px**2 // 4, gray.size * p.steps[1] // 1000)
    found: dict[Box, None] = {}
    regions, boxes = mser.detectRegions(gray)
    for region, corners in zip(regions, boxes, strict=True):
        points = np.asarray(region)
        box = Box(*(int(v) for v in corners))
        if not max(p.least_px, p.height[0] * longest) <= box.height <= p.height[1] * longest:
            continue
        if not p.aspect[0] <= box.width / box.height <= p.aspect[1]:
            continue
        if not p.filled[0] <= len(points) / (box.width * box.height) <= p.filled[1]:
            continue
        around = box.expanded(max(2, box.height // 5)).clipped(*gray.shape[::-1])
        if not inside[around.slices].all():
            continue
        letter = float(gray[points[:, 1], points[:, 0]].mean())
        total = float(gray[around.slices].sum(dtype=np.int64)) - letter * len(points)
        beside = total / max(1, around.width * around.height - len(points))
        if abs(letter - beside) >= p.contrast:
            found[box] = None
    return list(found)


def _distinct(boxes: Sequence[Box]) -> list[Box]:
    """Drop boxes that nearly repeat one that was found before: MSER finds a letter many times."""
    kept: list[Box] = []
    for box in sorted(boxes, key=lambda each: -each.width * each.height):
        middle = box.x + box.width / 2, box.y + box.height / 2
        inside = any(
            each.x <= middle[0] < each.right and each.y <= middle[1] < each.bottom for each in kept
        )
        if not inside:
            kept.append(box)
    return kept


def _are_neighbors(left: Box, right: Box, parameters: TextParameters) -> bool:
    height = max(left.height, right.height)
    return (
        height <= parameters.similar * min(left.height, right.height)
        and abs(left.y + left.height / 2 - right.y - right.height / 2)
        <= parameters.aligned * height
        and right.x >= left.x
        and right.x - left.right <= parameters.gap * height
    )


def _longest_row(boxes: Sequence[Box], parameters: TextParameters) -> int:
    """Count the letters of the longest row in which each is the next one's neighbor."""
    ordered = sorted(boxes, key=lambda each: (each.x, each.y))
    lengths: list[int] = []
    for number, box in enumerate(ordered):
        before = [
            lengths[other]
            for other in range(number)
            if _are_neighbors(ordered[other], box, parameters)
        ]
        lengths.append(1 + max(before, default=0))
    return max(lengths, default=0)


def may_show_text(sticker: Rgba, *, parameters: TextParameters = TextParameters()) -> bool:
    """Say whether there may be writing on a sticker.

    Writing is a row of small, contrasting shapes of similar height. The test is cautious: a fence
    or a row of windows counts as writing, too.

    Parameters
    ----------
    sticker
        (height, width, 4) uint8, RGB with straight alpha.
    parameters
        What counts as writing.

    Returns
    -------
    bool

    Examples
    --------
    >>> sign = np.full((80, 220, 4), 255, np.uint8)
    >>> _ = cv2.putText(sign, "PARKING", (12, 52), 0, 1.4, (20, 20, 20, 255), 4)
    >>> may_show_text(sign), may_show_text(np.full((80, 220, 4), 255, np.uint8))
    (True, False)
    """
    small = shrink_to_fit(sticker, parameters.side_px)
    inside = object_mask(to_float(small[..., 3]))
    gray = cv2.cvtColor(np.ascontiguousarray(small[..., :3]), cv2.COLOR_RGB2GRAY)
    letters = _distinct(_letters(np.asarray(gray, np.uint8), inside, parameters))
    return _longest_row(letters, parameters) >= parameters.letters
