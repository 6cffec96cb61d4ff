"""How detections, stickers and placements are written down."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

from nst_pipeline.vision.shapes import Box, Composite, Detection, Mask, Placement, Rgba

PROVENANCE = "nst:provenance"
"""The PNG text chunk that tells where a sticker comes from."""


def _encode_mask(mask: Mask) -> dict[str, Any]:
    from pycocotools import mask as coco_mask

    encoded = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": list(encoded["size"]), "counts": encoded["counts"].decode("ascii")}


def _decode_mask(encoded: Mapping[str, Any]) -> Mask:
    from pycocotools import mask as coco_mask

    return np.asarray(coco_mask.decode(dict(encoded)), np.bool_)


def detection_record(detection: Detection) -> dict[str, Any]:
    """A detection as JSON values; a mask as COCO run lengths."""
    return {
        "box": asdict(detection.box),
        "label": detection.label,
        "score": round(float(detection.score), 6),
        "source": detection.source,
        "mask": None if detection.mask is None else _encode_mask(detection.mask),
    }


def read_detection(record: Mapping[str, Any]) -> Detection:
    """The reverse of `detection_record`."""
    return Detection(
        Box(**record["box"]),
        record["label"],
        record["score"],
        record["source"],
        None if record["mask"] is None else _decode_mask(record["mask"]),
    )


def placement_record(placement: Placement) -> dict[str, Any]:
    """A placement as JSON values."""
    return asdict(placement)


def read_placement(record: Mapping[str, Any]) -> Placement:
    """The reverse of `placement_record`; what else the record tells is left aside."""
    return Placement(record["sticker"], Box(**record["box"]), record["flip"])


def sticker_png(pixels: Rgba, provenance: Mapping[str, Any]) -> bytes:
    """A sticker's PNG file, with its provenance as JSON in a text chunk."""
    text = PngImagePlugin.PngInfo()
    text.add_itxt(PROVENANCE, json.dumps(provenance, sort_keys=True, ensure_ascii=False))
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", pnginfo=text)
    return file.getvalue()


def sticker_id(object_key: str, number: int) -> str:
    """The name of a photo's nth sticker."""
    return f"{object_key}.{number}"


def sticker_file(sticker: str) -> tuple[str, str]:
    """The object key of a sticker, and what follows it in the sticker's file name."""
    object_key, _, number = sticker.rpartition(".")
    return object_key, f".{number}.png"


def layer_files(composite: Composite) -> dict[str, Rgba]:
    """The unblended layers, by what follows the key in their file names."""
    return {f".layer{n}.png": each.pixels for n, each in enumerate(composite.layers)}


def layer_records(composite: Composite) -> list[dict[str, Any]]:
    """Which sticker each layer shows, and where the layer lies on the scene."""
    return [{"sticker": each.sticker, "box": asdict(each.box)} for each in composite.layers]
