"""Whose colours a pixel has: the middle's, the box's, its rim's, the surroundings'."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.cutout.clues.kind import Clue, Clues
from nst_pipeline.vision.cutout.clues.position import superellipse
from nst_pipeline.vision.cutout.view import View

_COLOURS = 64
"""Colours of the palette: enough to tell shades, few enough to count each of them."""
_NEAR = 6.0
"""Colours this near to each other (LAB units) share their counts."""
_ROUNDS, _SAMPLES, _SEED = 12, 6000, 0
"""k-means: rounds, pixels looked at, seed."""
_GRAIN = 1.0
"""Blur before colours are compared, pixels: grain and JPEG blocks are no colours."""
_FINE, _COARSE = (1.5, 10.0), (4.0, 12.0)
"""Texture: over how many pixels, and how much it weighs beside colour."""
_LIGHT = 0.5
"""Weight of lightness beside colour: shading changes it within an object."""
_FLOOR = 0.3 / _COLOURS
"""Added to a colour's shares, so that a colour seen once decides nothing."""
_FEW = 20.0
"""A region of fewer pixels has no colours to speak of."""
_CORE, _RIM = 0.5, 0.85
"""The middle fades at this distance from the centre; the rim begins at that one."""
_AROUND = (10.0, 40.0)
"""Surroundings' colours are carried into the box over these distances, pixels."""
_UNKNOWN = 15.0
"""Colour difference (LAB) to surroundings that do not exist: neither near nor far."""


def texture(colours: NDArray[np.float32], reach: float) -> NDArray[np.float32]:
    """Log of lightness' standard deviation in a neighbourhood, (height, width) float32."""
    light = colours[..., 0]
    mean = cv2.GaussianBlur(light, (0, 0), reach)
    variance = cv2.GaussianBlur(light * light, (0, 0), reach) - mean**2
    return np.asarray(np.log1p(np.sqrt(np.maximum(variance, 0))), np.float32)


def _palette(values: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """The index of each pixel's nearest palette colour, and the palette."""
    flat = values.reshape(-1, values.shape[-1])
    sample = np.ascontiguousarray(flat[:: max(len(flat) // _SAMPLES, 1)])
    cv2.setRNGSeed(_SEED)
    stop = (cv2.TERM_CRITERIA_MAX_ITER + cv2.TERM_CRITERIA_EPS, _ROUNDS, 0.5)
    start = np.zeros((len(sample), 1), np.int32)
    count = min(_COLOURS, len(sample))
    _, _, palette = cv2.kmeans(sample, count, start, stop, 1, cv2.KMEANS_PP_CENTERS)
    distance = (palette**2).sum(1) - 2 * flat @ palette.T
    return distance.argmin(1).reshape(values.shape[:2]), np.asarray(palette, np.float32)


def _nearness(palette: NDArray[np.float32]) -> NDArray[np.float64]:
    """(colours, colours): how a count of one colour is shared with those near to it."""
    squared = ((palette[:, None] - palette[None]) ** 2).sum(-1)
    near = np.exp(-squared / (2 * _NEAR**2))
    return np.asarray(near / near.sum(0), np.float64)


def _odds(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log odds of each colour between two regions' counts; 0 where a region has too few."""
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
    by_colour = {
        "box_or_around": _odds(inside, outside),
        "core_or_around": _odds(core, outside),
        "core_or_box": _odds(core, inside),
        "rim_or_box": _odds(rim, inside),
        "colour_in_box": inside / (inside + outside + 5),
        "colour_distance": counts(boxed, ellipse) / np.maximum(inside, 1e-6),
        "colour_size": np.log(inside / inside.sum() + _FLOOR),
    }
    return {name: each[boxed].astype(np.float32) for name, each in by_colour.items()}


def _unlike_around(view: View, smooth: NDArray[np.float32], reach: float) -> Clue:
    """LAB difference to the surroundings' colours, carried into the box over `reach` pixels."""
    outside = (~view.inside).astype(np.float32)
    weight = cv2.GaussianBlur(outside, (0, 0), reach)
    carried = cv2.GaussianBlur(smooth * outside[..., None], (0, 0), reach)
    around = carried / np.maximum(weight, 1e-6)[..., None]
    difference = np.linalg.norm(smooth - around, axis=-1)
    known = np.where(weight > 1e-5, difference, _UNKNOWN)
    return np.asarray(known[view.box.slices], np.float32)


def _unlike_core(view: View, smooth: NDArray[np.float32]) -> Clue:
    """LAB difference to the middle's mean colour."""
    boxed = smooth[view.box.slices]
    weight = np.exp(-((superellipse(*view.depths(), 2) / _CORE) ** 2))[..., None]
    core = (boxed * weight).sum((0, 1)) / max(float(weight.sum()), 1e-6)
    return np.asarray(np.linalg.norm(boxed - core, axis=-1), np.float32)


def colour_clues(view: View) -> Clues:
    """Odds of a pixel's colour and texture between regions; difference to what lies near by."""
    colours = view.colours
    smooth = np.asarray(cv2.GaussianBlur(colours, (0, 0), _GRAIN), np.float32)
    fine, coarse = (texture(colours, reach) for reach, _ in (_FINE, _COARSE))
    weights = np.array([_LIGHT, 1, 1], np.float32)
    textured = np.dstack([smooth * weights, fine * _FINE[1], coarse * _COARSE[1]])
    palettes = {"colours": smooth, "textures": textured.astype(np.float32)}
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
