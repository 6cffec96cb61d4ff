"""Looks at what was made; a complaint says what is wrong with it, an empty one that nothing is.

A file that is missing or damaged raises what the store raises.
"""

from __future__ import annotations

import json

from nst_pipeline.pipeline.engine.snapshot import View
from nst_pipeline.pipeline.steps.records import sticker_file
from nst_pipeline.storage.artifact_files import MASK, PICTURE_FORMAT, SHADOW, is_picture
from nst_pipeline.storage.catalog import Row
from nst_pipeline.vision.compose.visibility import count_background_changes
from nst_pipeline.vision.cutout.matte_quality import find_matte_defect


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
    count = count_background_changes(scene, result, mask, shadow)
    return f"{count} pixels outside the object and its shadow are not the scene's" if count else ""


def poor_matte(view: View, row: Row) -> str:
    """Cut-outs of a photo that are almost empty, almost their whole box, or hard-edged."""
    store = view.workspace.store
    soft = json.loads(row.settings)["cutout"]["matting"]
    complaints = []
    for record in store.record(row.asset, row.key):
        pixels = store.picture(row.asset, *sticker_file(record["sticker"]))
        said = find_matte_defect(pixels, expect_soft_edge=soft)
        complaints += [f"{record['sticker']}: {said}"] if said else []
    return "; ".join(complaints)


def worse_than_untouched(view: View, row: Row) -> str:
    """By how much the untouched composite would have been better."""
    del view
    gain = float(row.figures.get("gain", 0.0))
    return f"scores {-gain:.3g} less than the untouched composite" if gain < 0 else ""
