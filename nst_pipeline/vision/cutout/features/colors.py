"""Whose colors a pixel has: the middle's, the box's, its rim's, the surroundings'."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.cutout.features.kind import Clue, Clues
from nst_pipeline.vision.cutout.features.position import superellipse
from nst_pipeline.vision.cutout.neighborhood import View

_COLORS = 64
"""Colors of the palette: enough to tell shades, few enough to count each of them."""
_NEAR = 6.0
"""Colors this near to each other (LAB units) share their counts."""
_ROUNDS, _SAMPLES, _SEED = 12, 6000, 0
"""k-means: rounds, pixels looked at, seed."""
_GRAIN = 1.0
"""Blur before colors are compared, pixels: grain and JPEG blocks are no colors."""
_FINE, _COARSE = (1.5, 10.0), (4.0, 12.0)
"""Texture: over how many pixels, and how much it weighs beside color."""
_LIGHT = 0.5
"""Weight of lightness beside color: shading changes it within an object."""
_FLOOR = 0.3 / _COLORS
"""Added to a color's shares, so that a color seen once decides nothing."""
_FEW = 20.0
"""A region of fewer pixels has no colors to speak of."""
_CORE, _RIM = 0.5, 0.85
"""The middle fades at this distance from the center; the rim begins at that one."""
_AROUND = (10.0, 40.0)
"""Surroundings' colors are carried into the box over these distances, pixels."""
_UNKNOWN = 15.0
"""Color difference (LAB) to surroundings that do not exist: neither near nor far."""


def texture(colors: NDArray[np.float32], reach: float) -> NDArray[np.float32]:
    """Log of lightness' standard deviation in a neighborhood, (height, width) float32."""
    light = colors[..., 0]
    mean = cv2.GaussianBlur(light, (0, 0), reach)
    variance = cv2.GaussianBlur(light * light, (0, 0), reach) - mean**2
    return np.asarray(np.log1p(np.sqrt(np.maximum(variance, 0))), np.float32)


def _palette(values: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """The index of each pixel's nearest palette color, and the palette."""
    flat = values.reshape(-1, values.shape[-1])
    sample = np.ascontiguousarray(flat[:: max(len(flat) // _SAMPLES, 1)])
    cv2.setRNGSeed(_SEED)
    stop = (cv2.TERM_CRITERIA_MAX_ITER + cv2.TERM_CRITERIA_EPS, _ROUNDS, 0.5)
    start = np.zeros((len(sample), 1), np.int32)
    count = min(_COLORS, len(sample))
    _, _, palette = cv2.kmeans(sample, count, start, stop, 1, cv2.KMEANS_PP_CENTERS)
    distance = (palette**2).sum(1) - 2 * flat @ palette.T
    return distance.argmin(1).reshape(values.shape[:2]), np.asarray(palette, np.float32)


def _nearness(palette: NDArray[np.float32]) -> NDArray[np.float64]:
    """(colors, colors): how a count of one color is shared with those near to it."""
    squared = ((palette[:, None] - palette[None]) ** 2).sum(-1)
    near = np.exp(-squared / (2 * _NEAR**2))
    return np.asarray(near / near.sum(0), np.float64)


def _odds(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log odds of each color between two regions' counts; 0 where a region has too few."""
    if min(ours.sum(), theirs.sum()) < _FEW:
        return np.zeros_like(ours)
    shares = [counts / counts.sum() + _FLOOR for counts in (ours, theirs)]
    return np.asarray(np.log(shares[0] / shares[1]), np.float64)


def _palette_clues(view: View, values: NDArray[np.float32]) -> Clues:
    index, palette = _palette(values)
    across, down = view.depths()
    ellipse, rounded = superellipse(across, down, 2), superellipse(across, down, 4)
    boxed, nearness = index[view.box.slices], _nearness(palette)

    def counts(where: NDArray[np.intp], weight: NDArray[np.floating]) -> NDArray[np.float64]:
        found = np.bincount(where.ravel(), weight.ravel(), len(palette))
        return np.asarray(nearness @ found, np.float64)

    inside = counts(boxed, np.ones_like(ellipse))
    outside = counts(index, (~view.inside).astype(np.float32))
    core = counts(boxed, np.exp(-((ellipse / _CORE) ** 2)))
    rim = counts(boxed, (rounded > _RIM).astype(np.float32))
    by_color = {
        "box_or_around": _odds(inside, outside),
        "core_or_around": _odds(core, outside),
        "core_or_box": _odds(core, inside),
        "rim_or_box": _odds(rim, inside),
        "color_in_box": inside / (inside + outside + 5),
        "color_distance": counts(boxed, ellipse) / np.maximum(inside, 1e-6),
        "color_size": np.log(inside / inside.sum() + _FLOOR),
    }
    return {name: each[boxed].astype(np.float32) for name, each in by_color.items()}


def _unlike_around(view: View, smooth: NDArray[np.float32], reach: float) -> Clue:
    """LAB difference to the surroundings' colors, carried into the box over `reach` pixels."""
    outside = (~view.inside).astype(np.float32)
    weight = cv2.GaussianBlur(outside, (0, 0), reach)
    carried = cv2.GaussianBlur(smooth * outside[..., None], (0, 0), reach)
    around = carried / np.maximum(weight, 1e-6)[..., None]
    difference = np.linalg.norm(smooth - around, axis=-1)
    known = np.where(weight > 1e-5, difference, _UNKNOWN)
    return np.asarray(known[view.box.slices], np.float32)


def _unlike_core(view: View, smooth: NDArray[np.float32]) -> Clue:
    """LAB difference to the middle's mean color."""
    boxed = smooth[view.box.slices]
    weight = np.exp(-((superellipse(*view.depths(), 2) / _CORE) ** 2))[..., None]
    core = (boxed * weight).sum((0, 1)) / max(float(weight.sum()), 1e-6)
    return np.asarray(np.linalg.norm(boxed - core, axis=-1), np.float32)


def color_clues(view: View) -> Clues:
    """Odds of a pixel's color and texture between regions; difference to what lies near by."""
    colors = view.colors
    smooth = np.asarray(cv2.GaussianBlur(colors, (0, 0), _GRAIN), np.float32)
    fine, coarse = (texture(colors, reach) for reach, _ in (_FINE, _COARSE))
    weights = np.array([_LIGHT, 1, 1], np.float32)
    textured = np.dstack([smooth * weights, fine * _FINE[1], coarse * _COARSE[1]])
    palettes = {"colors": smooth, "textures": textured.astype(np.float32)}
    odds = {
        f"{kind}_{name}": clue
        for kind, values in palettes.items()
        for name, clue in _palette_clues(view, values).items()
    }
    around = {f"unlike_{reach:.0f}": _unlike_around(view, smooth, reach) for reach in _AROUND}
    return {
        "fine": fine[view.box.slices],
        "coarse": coarse[view.box.slices],
        "unlike_core": _unlike_core(view, smooth),
        **odds,
        **around,
    }
