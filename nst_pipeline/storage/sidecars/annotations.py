"""A user's own annotations beside a photo: COCO JSON, a CSV of boxes, or a mask picture."""

from __future__ import annotations

import csv
import io
import json
import math
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.errors import SidecarError
from nst_pipeline.vision.shapes import Box, Detection, Mask

MASK_SUFFIX = ".mask.png"
"""`cat.jpg` has its mask in `cat.mask.png`: white where the object is."""
_DEFAULT_LABEL = "object"
_BOX_COLUMNS = ("x", "y", "width", "height")
_SUB_PIXEL_BITS = 4
"""Polygons are drawn with corners to 1/16 pixel."""


@dataclass(frozen=True)
class Annotation:
    """One object of a sidecar: its box, its label and, where given, its outline.

    `polygons` are flat lists x0, y0, x1, y1, ... in pixels; `rle` is COCO's run-length form.
    """

    box: Box
    label: str = _DEFAULT_LABEL
    polygons: tuple[tuple[float, ...], ...] = ()
    rle: dict[str, Any] | None = None
    crowd: bool = False


def _named(name: str) -> str:
    """A file's name alone, in one Unicode form: systems store the same name differently."""
    return unicodedata.normalize("NFC", PurePosixPath(name.replace("\\", "/")).name)


def _box_of(values: Any, where: str) -> Box:
    try:
        x, y, width, height = (float(value) for value in values)
    except (TypeError, ValueError) as error:
        said = ",".join(map(str, values)) if isinstance(values, list) else values
        raise SidecarError(f"{where}: {said!r} is no box: give x, y, width, height") from error
    if not all(map(math.isfinite, (x, y, width, height))) or width <= 0 or height <= 0:
        raise SidecarError(f"{where}: the box {values!r} has no area: correct width and height")
    left, top = round(x), round(y)
    return Box(left, top, max(round(x + width) - left, 1), max(round(y + height) - top, 1))


def _outline_of(
    segmentation: Any, where: str
) -> tuple[tuple[tuple[float, ...], ...], dict[str, Any] | None]:
    if not segmentation:
        return (), None
    if isinstance(segmentation, dict):
        if not {"counts", "size"} <= segmentation.keys():
            raise SidecarError(f"{where}: the RLE segmentation needs `counts` and `size`")
        return (), segmentation
    try:
        polygons = tuple(tuple(float(value) for value in polygon) for polygon in segmentation)
    except (TypeError, ValueError) as error:
        raise SidecarError(f"{where}: the segmentation is neither polygons nor RLE") from error
    if any(len(polygon) < 6 or len(polygon) % 2 for polygon in polygons):
        raise SidecarError(f"{where}: a polygon needs three points or more, x and y for each")
    return polygons, None


def _coco_tables(text: str, source: str) -> tuple[list[Any], list[Any], dict[Any, str]]:
    try:
        content = json.loads(text)
        labels = {row["id"]: str(row["name"]) for row in content.get("categories", [])}
        return list(content["images"]), list(content["annotations"]), labels
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise SidecarError(
            f"{source} is no COCO file ({error!r}): it needs `images` and `annotations`"
        ) from error


def parse_coco(
    text: str, file_name: str, source: str = "COCO file", *, crowds: bool = False
) -> list[Annotation]:
    """Read the annotations of one photo from COCO JSON.

    Args:
        text: the file's content.
        file_name: the photo's; images are matched by name, whatever their folder.
        source: what error messages call the file.
        crowds: keep those as well; they are no objects to cut out.

    Returns:
        The photo's objects in the file's order.

    Raises:
        SidecarError: no JSON, no COCO, or an annotation of this photo without a usable box.
    """
    images, rows, labels = _coco_tables(text, source)
    wanted = _named(file_name)
    ids = [
        image.get("id")
        for image in images
        if isinstance(image, dict) and _named(str(image.get("file_name", ""))) == wanted
    ]
    found = []
    for number, row in enumerate(rows):
        if not isinstance(row, dict) or row.get("image_id") not in ids:
            continue
        crowd = bool(row.get("iscrowd"))
        if crowd and not crowds:
            continue
        where = f"{source}, annotations[{number}]"
        polygons, rle = _outline_of(row.get("segmentation"), where)
        label = labels.get(row.get("category_id"), _DEFAULT_LABEL)
        found.append(Annotation(_box_of(row.get("bbox"), where), label, polygons, rle, crowd))
    return found


def boxes_reader(text: str) -> csv.DictReader[str]:
    """The rows of a boxes file; spreadsheets of many countries separate columns by semicolons."""
    text = text.removeprefix("\ufeff")
    header = text.partition("\n")[0]
    delimiter = ";" if ";" in header and "," not in header else ","
    return csv.DictReader(io.StringIO(text), skipinitialspace=True, delimiter=delimiter)


def parse_boxes_csv(text: str, file_name: str, source: str = "boxes file") -> list[Annotation]:
    """Read the boxes of one photo from CSV with the columns image,x,y,width,height[,label].

    Args:
        text: the file's content.
        file_name: the photo's; rows are matched by name, whatever their folder.
        source: what error messages call the file.

    Raises:
        SidecarError: a column is missing, or a row of this photo holds no usable box.
    """
    reader = boxes_reader(text)
    missing = [name for name in ("image", *_BOX_COLUMNS) if name not in (reader.fieldnames or [])]
    if missing:
        raise SidecarError(f"{source} lacks the column(s) {', '.join(missing)}: add them")
    found: list[Annotation] = []
    for row in reader:
        if _named(row["image"] or "") == _named(file_name):
            values = [row[name] for name in _BOX_COLUMNS]
            # No line number: of a file for many photos this is the part for one.
            box = _box_of(values, f"{source}, row {len(found) + 1} of {file_name}")
            found.append(Annotation(box, row.get("label") or _DEFAULT_LABEL))
    return found


def _draw(polygons: tuple[tuple[float, ...], ...], width: int, height: int) -> Mask:
    canvas = np.zeros((height, width), np.uint8)
    for polygon in polygons:
        # COCO puts 0 at the first pixel's corner, OpenCV at its center.
        points = (np.reshape(polygon, (-1, 2)) - 0.5) * 2**_SUB_PIXEL_BITS
        cv2.fillPoly(canvas, [np.rint(points).astype(np.int32)], 1, shift=_SUB_PIXEL_BITS)
    return canvas.astype(bool)


def _decode(rle: dict[str, Any], width: int, height: int) -> Mask:
    from pycocotools import mask as coco_mask

    if list(rle["size"]) != [height, width]:
        raise SidecarError(
            f"the RLE mask is {rle['size'][::-1]}, the photo {[width, height]} pixels: "
            "annotate the photo as it is"
        )
    packed = coco_mask.frPyObjects(rle, height, width) if isinstance(rle["counts"], list) else rle
    return np.asarray(coco_mask.decode(packed)).astype(bool)


def _mask_of(annotation: Annotation, width: int, height: int) -> Mask | None:
    if annotation.polygons:
        return _draw(annotation.polygons, width, height)
    return None if annotation.rle is None else _decode(annotation.rle, width, height)


def _located(annotation: Annotation, width: int, height: int, source: str) -> Detection:
    box = annotation.box.clipped(width, height)
    if not box.width or not box.height:
        raise SidecarError(
            f"{source}: the box {annotation.box} lies outside the photo of {width} x {height} "
            "pixels: correct it"
        )
    try:
        mask = _mask_of(annotation, width, height)
    except (ValueError, TypeError, SidecarError) as error:
        raise SidecarError(f"{source}: {error}") from error
    shown = mask if _any(mask) else None
    return Detection(box, annotation.label, 1.0, "sidecar", shown, annotation.crowd)


def _any(mask: Mask | None) -> bool:
    return mask is not None and bool(mask.any())


def _from_mask(mask: NDArray[np.uint8], width: int, height: int, source: str) -> Detection:
    if mask.shape[:2] != (height, width):
        raise SidecarError(
            f"{source} is {mask.shape[1]} x {mask.shape[0]}, its photo {width} x {height} pixels: "
            "save the mask at the photo's size"
        )
    inside = (mask if mask.ndim == 2 else mask[..., :3].max(-1)) > 127
    if not inside.any():
        raise SidecarError(f"{source} is black all over: paint the object white")
    box = Box(*cv2.boundingRect(inside.astype(np.uint8)))
    return Detection(box, _DEFAULT_LABEL, 1.0, "sidecar", inside)


def read_sidecar(
    file_name: str,
    width: int,
    height: int,
    *,
    mask: NDArray[np.uint8] | None = None,
    coco: str | None = None,
    boxes_csv: str | None = None,
    source: str | None = None,
    crowds: bool = False,
) -> list[Detection]:
    """Turn what lies beside a photo into detections that are believed as they are (score 1).

    Args:
        file_name: the photo's.
        width, height: the upright photo's size, pixels.
        mask: the content of `<photo stem>.mask.png`, (height, width) or (height, width, channels)
            uint8, white where the object is.
        coco: the content of a COCO file that names this photo, perhaps among others.
        boxes_csv: the content of a CSV with the columns image,x,y,width,height[,label].
        source: what error messages call the file; by default the photo's name is part of it.
        crowds: COCO's crowds as well.

    Returns:
        Detections of the first of mask, COCO and CSV that names the photo; else none.

    Raises:
        SidecarError: an annotation cannot be used; the message names file and row.
    """
    if mask is not None:
        return [_from_mask(mask, width, height, source or f"the mask of {file_name}")]
    source = source or f"the sidecar of {file_name}"
    annotations: list[Annotation] = []
    if coco is not None:
        annotations = parse_coco(coco, file_name, source, crowds=crowds)
    if boxes_csv is not None and not annotations:
        annotations = parse_boxes_csv(boxes_csv, file_name, source)
    return [_located(annotation, width, height, source) for annotation in annotations]
