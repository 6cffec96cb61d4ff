"""Looks at what was made; a complaint says what is wrong with it, an empty one that nothing is.

A file that is missing or damaged raises what the store raises.
"""

from __future__ import annotations

import json

import cv2
import numpy as np

from nst_pipeline.pipeline.engine.snapshot import View
from nst_pipeline.pipeline.steps.records import sticker_file
from nst_pipeline.storage.artifact_files import MASK, PICTURE_FORMAT, SHADOW, is_picture
from nst_pipeline.storage.catalog import Row
from nst_pipeline.vision.shapes import Rgba

_ALMOST_EMPTY, _ALMOST_ALL = 0.05, 0.98
"""Opaque share of a cut-out's own box: a matte that lost its object, or kept its background."""
_SOFT_PER_EDGE_PIXEL = 0.5
"""Half-transparent pixels for each pixel of outline; a hard mask has none."""


def unopenable(view: View, row: Row) -> str:
    """Whether the first picture, read from where it is stored, is not of its scene's size."""
    name = next(each for each in row.files if is_picture(each))
    picture = PICTURE_FORMAT.decode(view.workspace.store.read(row.asset, row.key, name))
    scene = view.workspace.store.record("scene_photos", row.key)
    expected = (scene["height"], scene["width"])
    if picture.shape[:2] != expected:
        found = f"{picture.shape[1]}x{picture.shape[0]}"
        return f"is {found} pixels, its scene {expected[1]}x{expected[0]}"
    return ""


def changed_background(view: View, row: Row) -> str:
    """How many pixels differ from the scene although neither object nor shadow is there."""
    store = view.workspace.store
    scene = view.workspace.photo("scenes", row.key)
    result = store.picture(row.asset, row.key)
    mask, shadow = (store.picture("composites", row.key, name) for name in (MASK, SHADOW))
    if scene.shape != result.shape:
        return "is not of its scene's size"
    differs = (scene != result).any(axis=2) & (mask == 0) & (shadow == 0)
    if not differs.any():
        return ""
    count = np.count_nonzero(differs)
    return f"{count} pixels outside the object and its shadow are not the scene's"


def _matte_complaint(pixels: Rgba, *, soft: bool) -> str:
    alpha = pixels[..., 3]
    share = float(alpha.mean()) / 255
    if share < _ALMOST_EMPTY:
        return f"only {share:.0%} of its box is opaque: the object was lost"
    if share > _ALMOST_ALL:
        return f"{share:.0%} of its box is opaque: the background was kept"
    solid = (alpha > 127).astype(np.uint8)
    outline = solid - cv2.erode(solid, np.ones((3, 3), np.uint8))
    half = np.count_nonzero((alpha > 0) & (alpha < 255))
    if soft and half < _SOFT_PER_EDGE_PIXEL * np.count_nonzero(outline):
        return "its edge is hard"
    return ""


def poor_matte(view: View, row: Row) -> str:
    """Cut-outs of a photo that are almost empty, almost their whole box, or hard-edged."""
    store = view.workspace.store
    soft = json.loads(row.settings)["cutout"]["matting"]
    complaints = []
    for record in store.record(row.asset, row.key):
        pixels = store.picture(row.asset, *sticker_file(record["sticker"]))
        said = _matte_complaint(pixels, soft=soft)
        complaints += [f"{record['sticker']}: {said}"] if said else []
    return "; ".join(complaints)


def worse_than_untouched(view: View, row: Row) -> str:
    """By how much the untouched composite would have been better."""
    del view
    gain = float(row.figures.get("gain", 0.0))
    return f"scores {-gain:.3g} less than the untouched composite" if gain < 0 else ""
