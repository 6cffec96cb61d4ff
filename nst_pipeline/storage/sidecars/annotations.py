"""Parse a user's annotations of a photo: COCO JSON, a CSV of boxes, or a mask image."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import dataclass
from typing import TypedDict, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.errors import SidecarError
from nst_pipeline.settings.sections import GREATEST_HEIGHT_M, LEAST_HEIGHT_M
from nst_pipeline.storage.labels import Polygon
from nst_pipeline.storage.sidecars.names import normalized_name
from nst_pipeline.vision.shapes import Box, Detection, Mask

_DEFAULT_LABEL = "object"
_BOX_COLUMNS = ("x", "y", "width", "height")
_SUBPIXEL_BITS = 4
"""Corners of polygons are drawn at a precision of 1/16 pixel."""


class CocoRunLengths(TypedDict):
    """A mask in run-length encoding, as COCO files have it."""

    counts: str | list[int]
    size: list[int]
    """Height and width, pixels."""


@dataclass(frozen=True)
class SidecarObject:
    """An object as a sidecar describes it."""

    box: Box
    label: str = _DEFAULT_LABEL
    polygons: tuple[Polygon, ...] = ()
    """The object's outlines; empty if the file has none."""
    rle: CocoRunLengths | None = None
    """The object's mask, if the file has it in this form."""
    crowd: bool = False
    """Many objects annotated as one: COCO's `iscrowd`."""
    height_m: float | None = None
    """Real height, meters: the column `height_m`, or COCO's `attributes.height_m`."""


def _parse_box(values: object, where: str) -> Box:
    written = ",".join(map(str, values)) if isinstance(values, list) else values
    try:
        x, y, width, height = (float(value) for value in cast(list[float], values))
    except (TypeError, ValueError) as error:
        raise SidecarError(
            f"{where}: {written!r} is not a box: give the numbers x, y, width, height"
        ) from error
    if not all(map(math.isfinite, (x, y, width, height))) or width <= 0 or height <= 0:
        raise SidecarError(
            f"{where}: the box {written!r} has no area: give a width and a height above 0"
        )
    left, top = round(x), round(y)
    return Box(left, top, max(round(x + width) - left, 1), max(round(y + height) - top, 1))


def _parse_height(value: object, where: str) -> float | None:
    """Read a real height; None if none is given."""
    if value is None or value == "":
        return None
    try:
        height = float(cast(float, value))
    except (TypeError, ValueError):
        height = math.nan
    if not LEAST_HEIGHT_M <= height <= GREATEST_HEIGHT_M:
        raise SidecarError(
            f"{where}: the height {value!r} is not one of a thing: give height_m in meters, "
            f"{LEAST_HEIGHT_M:g} to {GREATEST_HEIGHT_M:g}"
        )
    return height


def _parse_segmentation(
    segmentation: object, where: str
) -> tuple[tuple[Polygon, ...], CocoRunLengths | None]:
    if not segmentation:
        return (), None
    if isinstance(segmentation, dict):
        if not {"counts", "size"} <= segmentation.keys():
            raise SidecarError(f"{where}: the RLE segmentation lacks `counts` or `size`: add them")
        return (), cast(CocoRunLengths, segmentation)
    try:
        polygons = tuple(
            tuple(float(value) for value in polygon)
            for polygon in cast(list[list[float]], segmentation)
        )
    except (TypeError, ValueError) as error:
        raise SidecarError(
            f"{where}: the segmentation is neither polygons nor RLE: give one of them, or none"
        ) from error
    if any(len(polygon) < 6 or len(polygon) % 2 for polygon in polygons):
        raise SidecarError(f"{where}: a polygon needs at least three points, with x and y for each")
    return polygons, None


def _parse_coco_tables(
    text: str, source: str
) -> tuple[list[object], list[object], dict[object, str]]:
    """The images, the annotations, and the category names by id."""
    try:
        content = json.loads(text)
        labels = {row["id"]: str(row["name"]) for row in content.get("categories", [])}
        return list(content["images"]), list(content["annotations"]), labels
    except json.JSONDecodeError as error:
        raise SidecarError(
            f"{source} is not valid JSON ({error}): export it again as COCO JSON"
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise SidecarError(
            f"{source} is not a COCO file: it needs `images`, `annotations`, and an id and a name "
            "for each of the `categories`"
        ) from error


def parse_coco(
    text: str, file_name: str, source: str = "COCO file", *, crowds: bool = False
) -> list[SidecarObject]:
    """Parse the annotations of one photo from COCO JSON.

    Parameters
    ----------
    text
        Content of the file.
    file_name
        The photo's; images are matched by file name, in whatever folder.
    source
        What error messages call the file.
    crowds
        Include crowds, which are not objects to cut out.

    Returns
    -------
    list of SidecarObject
        In the file's order.

    Raises
    ------
    SidecarError
        The text is not COCO JSON, or an annotation of this photo has no usable box.
    """
    images, rows, labels = _parse_coco_tables(text, source)
    wanted = normalized_name(file_name)
    ids = [
        image.get("id")
        for image in images
        if isinstance(image, dict) and normalized_name(str(image.get("file_name", ""))) == wanted
    ]
    found = []
    for number, row in enumerate(rows):
        if not isinstance(row, dict) or row.get("image_id") not in ids:
            continue
        crowd = bool(row.get("iscrowd"))
        if crowd and not crowds:
            continue
        where = f"{source}, annotations[{number}]"
        polygons, rle = _parse_segmentation(row.get("segmentation"), where)
        label = labels.get(row.get("category_id"), _DEFAULT_LABEL)
        box, attributes = _parse_box(row.get("bbox"), where), row.get("attributes")
        given = attributes.get("height_m") if isinstance(attributes, dict) else None
        height = _parse_height(given, where)
        found.append(SidecarObject(box, label, polygons, rle, crowd, height))
    return found


def boxes_reader(text: str) -> csv.DictReader[str]:
    """Read the rows of a boxes file, separated by commas or, as in many countries, semicolons."""
    text = text.removeprefix("\ufeff")
    header = text.partition("\n")[0]
    delimiter = ";" if ";" in header and "," not in header else ","
    return csv.DictReader(io.StringIO(text), skipinitialspace=True, delimiter=delimiter)


def parse_boxes_csv(text: str, file_name: str, source: str = "boxes file") -> list[SidecarObject]:
    """Parse the boxes of one photo from CSV.

    The columns are image,x,y,width,height and, if known, label and height_m.

    Parameters
    ----------
    text
        Content of the file.
    file_name
        The photo's; rows are matched by file name, in whatever folder.
    source
        What error messages call the file.

    Returns
    -------
    list of SidecarObject
        In the file's order.

    Raises
    ------
    SidecarError
        A column is missing, or a row of this photo has no usable box.

    Examples
    --------
    >>> [cup] = parse_boxes_csv("image,x,y,width,height,label\\na.jpg,1,2,30,40,cup\\n", "a.jpg")
    >>> cup.label, cup.box
    ('cup', Box(x=1, y=2, width=30, height=40))
    """
    reader = boxes_reader(text)
    missing = [name for name in ("image", *_BOX_COLUMNS) if name not in (reader.fieldnames or [])]
    if missing:
        raise SidecarError(f"{source} lacks the column(s) {', '.join(missing)}: add them")
    wanted = normalized_name(file_name)
    found: list[SidecarObject] = []
    for row in reader:
        if normalized_name(row["image"] or "") == wanted:
            values = [row[name] for name in _BOX_COLUMNS]
            # Not the line number: `text` may be only this photo's part of a file for many photos.
            where = f"{source}, row {len(found) + 1} of {file_name}"
            box, height = _parse_box(values, where), _parse_height(row.get("height_m"), where)
            label = row.get("label") or _DEFAULT_LABEL
            found.append(SidecarObject(box, label, height_m=height))
    return found


def _draw(polygons: tuple[Polygon, ...], width: int, height: int) -> Mask:
    canvas = np.zeros((height, width), np.uint8)
    for polygon in polygons:
        # COCO has 0 at the corner of the first pixel, OpenCV at its center.
        points = (np.reshape(polygon, (-1, 2)) - 0.5) * 2**_SUBPIXEL_BITS
        cv2.fillPoly(canvas, [np.rint(points).astype(np.int32)], 1, shift=_SUBPIXEL_BITS)
    return canvas.astype(bool)


def _decode(rle: CocoRunLengths, width: int, height: int) -> Mask:
    from pycocotools import mask as coco_mask

    if list(rle["size"]) != [height, width]:
        raise SidecarError(
            f"the RLE mask is {rle['size'][::-1]}, the photo {[width, height]} pixels: "
            "annotate the photo at its own size"
        )
    packed = coco_mask.frPyObjects(rle, height, width) if isinstance(rle["counts"], list) else rle
    return np.asarray(coco_mask.decode(packed)).astype(bool)


def _mask_of(annotation: SidecarObject, width: int, height: int) -> Mask | None:
    """The annotation's mask; None if it has none, or an empty one."""
    if annotation.polygons:
        mask = _draw(annotation.polygons, width, height)
    elif annotation.rle is not None:
        mask = _decode(annotation.rle, width, height)
    else:
        return None
    return mask if mask.any() else None


def _detection(annotation: SidecarObject, width: int, height: int, source: str) -> Detection:
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
    return Detection(
        box,
        annotation.label,
        1.0,
        "sidecar",
        mask,
        annotation.crowd,
        height_m=annotation.height_m,
    )


def _mask_detection(mask: NDArray[np.uint8], width: int, height: int, source: str) -> Detection:
    if mask.shape[:2] != (height, width):
        raise SidecarError(
            f"{source} is {mask.shape[1]} x {mask.shape[0]}, its photo {width} x {height} pixels: "
            "save the mask at the photo's size"
        )
    inside = (mask if mask.ndim == 2 else mask[..., :3].max(-1)) > 127
    if mask.ndim == 3 and mask.shape[2] == 4:
        inside &= mask[..., 3] > 127
    if not inside.any():
        raise SidecarError(f"{source} is all black or transparent: paint the object white")
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
    """Turn the content of a photo's sidecars into detections with score 1.

    Parameters
    ----------
    file_name
        The photo's.
    width, height
        Size of the upright photo, pixels.
    mask
        Content of `<photo stem>.mask.png`: (height, width) or (height, width, channels) uint8,
        white where the object is. Transparent pixels count as black.
    coco
        Content of a COCO file that contains this photo, perhaps among others.
    boxes_csv
        Content of a CSV with the columns image,x,y,width,height[,label][,height_m].
    source
        What error messages call the file; by default they name the photo.
    crowds
        Include COCO's crowds.

    Returns
    -------
    list of Detection
        From the first of mask, COCO and CSV that contains the photo; otherwise empty.

    Raises
    ------
    SidecarError
        An annotation cannot be used; the message names the file and the row.
    """
    if mask is not None:
        return [_mask_detection(mask, width, height, source or f"the mask of {file_name}")]
    source = source or f"the sidecar of {file_name}"
    annotations: list[SidecarObject] = []
    if coco is not None:
        annotations = parse_coco(coco, file_name, source, crowds=crowds)
    if boxes_csv is not None and not annotations:
        annotations = parse_boxes_csv(boxes_csv, file_name, source)
    return [_detection(annotation, width, height, source) for annotation in annotations]
