"""Turn a user's annotations of a photo into detections: COCO, a CSV of boxes, or a mask image."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from nst_pipeline.errors import SidecarError
from nst_pipeline.storage.labels import Polygon
from nst_pipeline.storage.sidecars.boxes import parse_boxes_csv
from nst_pipeline.storage.sidecars.coco import parse_coco
from nst_pipeline.storage.sidecars.frames import Fit, Size, fit_frame
from nst_pipeline.storage.sidecars.objects import (
    DEFAULT_LABEL,
    CocoRunLengths,
    Note,
    SidecarObject,
    box_of,
    ignore_note,
)
from nst_pipeline.vision.shapes import Box, Detection, Mask

_SUBPIXEL_BITS = 4
"""Corners of polygons are drawn at a precision of 1/16 pixel."""
_FAR_PX = 100_000
"""Corners of polygons are moved this close to the photo: OpenCV counts 1/16 pixels in 32 bits."""
_MAX_MASK_PIXELS = 400_000_000
_MAX_RUNS = 2_000_000
"""A mask with more is noise. One has a character or more."""
_LONGEST_NUMBER_BITS = 60
_MAX_MASKS_PIXELS = 1_200_000_000
"""Of all masks of a photo, which are in memory together: a hundred of 12 megapixels."""


def _shape(size: Size) -> str:
    return " x ".join(f"{side:g}" for side in size)


def _fit(frame: Size | None, photo: Size, orientation: int, where: str) -> Fit:
    fit = fit_frame(frame, photo, orientation)
    if fit is None:
        assert frame is not None
        raise SidecarError(
            f"{where}: the annotated picture has {_shape(frame)} pixels, the photo "
            f"{_shape(photo)}, which is another aspect: annotate the photo itself"
        )
    return fit


def _draw(polygons: tuple[Polygon, ...], fit: Fit) -> Mask:
    width, height = (round(side) for side in fit.photo)
    canvas = np.zeros((height, width), np.uint8)
    for polygon in polygons:
        corners = fit.points(np.reshape(polygon, (-1, 2)).astype(np.float64))
        # COCO has 0 at the corner of the first pixel, OpenCV at its center.
        points = np.clip(corners - 0.5, -_FAR_PX, _FAR_PX) * 2**_SUBPIXEL_BITS
        cv2.fillPoly(canvas, [np.rint(points).astype(np.int32)], 1, shift=_SUBPIXEL_BITS)
    return canvas.astype(bool)


def _unpacked(counts: str) -> list[int]:
    """Unpack COCO's compressed run lengths.

    Each number has five bits in each character, the lowest first, and a sixth that says whether
    more follow. From the fourth on, numbers are differences from the last but one.
    """
    numbers: list[int] = []
    value = shift = 0
    for character in counts:
        bits = ord(character) - ord("0")
        value |= (bits & 0x1F) << shift
        shift += 5
        if shift > _LONGEST_NUMBER_BITS:
            raise ValueError("a number in it does not end")
        if not bits & 0x20:
            if bits & 0x10:
                value -= 1 << shift
            numbers.append(value + numbers[-2] if len(numbers) > 2 else value)
            value = shift = 0
    return numbers


def _decode(rle: CocoRunLengths, where: str) -> Mask:
    """Decode run lengths, which go down the columns and begin with those outside."""
    counts = rle["counts"]
    if isinstance(counts, str | list) and len(counts) > _MAX_RUNS:
        raise SidecarError(f"{where}: the RLE mask has more than {_MAX_RUNS} runs: smooth it")
    try:
        height, width = (int(side) for side in rle["size"])
        numbers = _unpacked(counts) if isinstance(counts, str) else [int(each) for each in counts]
    except (TypeError, ValueError, OverflowError) as error:
        raise SidecarError(
            f"{where}: the RLE mask is not one ({error}): export it again"
        ) from error
    if height < 1 or width < 1 or height * width > _MAX_MASK_PIXELS:
        raise SidecarError(f"{where}: the RLE mask has {width} x {height} pixels: export it again")
    if min(numbers, default=0) < 0 or sum(numbers) != height * width:
        raise SidecarError(
            f"{where}: the counts of the RLE mask do not add up to its {width} x {height} pixels: "
            "export it again"
        )
    values = np.arange(len(numbers)) % 2 == 1
    return np.repeat(values, numbers).reshape(width, height).T


def _mask_of(annotation: SidecarObject, photo: Size, orientation: int) -> Mask | None:
    """The annotation's mask; None if it has none, or an empty one."""
    if annotation.polygons:
        mask = _draw(
            annotation.polygons, _fit(annotation.frame, photo, orientation, annotation.where)
        )
    elif annotation.rle is not None:
        mask = _decode(annotation.rle, annotation.where)
        size = float(mask.shape[1]), float(mask.shape[0])
        mask = _fit(size, photo, orientation, f"{annotation.where}, RLE mask").mask(mask)
    else:
        return None
    return mask if mask.any() else None


def _moved(edges: tuple[float, float, float, float], fit: Fit) -> Box:
    corners = fit.points(np.reshape(edges, (2, 2)).astype(np.float64))
    (left, top), (right, bottom) = corners.min(0).tolist(), corners.max(0).tolist()
    return box_of((left, top, right, bottom))


def _frame(annotation: SidecarObject) -> Size | None:
    """Return the size of the annotated picture, if the file or a mask in it tells."""
    if annotation.frame is None and annotation.rle is not None:
        height, width = annotation.rle["size"]
        return float(width), float(height)
    return annotation.frame


def _detection(
    annotation: SidecarObject, photo: Size, orientation: int, note: Note
) -> Detection | None:
    """Lay an object on the photo; None if it has no pixel there."""
    where, (width, height) = annotation.where, (round(side) for side in photo)
    mask = _mask_of(annotation, photo, orientation)
    if annotation.edges is None:
        if mask is None:
            note(f"{where} is left out: its mask is empty")
            return None
        box = Box(*cv2.boundingRect(mask.astype(np.uint8)))
    else:
        box = _moved(annotation.edges, _fit(_frame(annotation), photo, orientation, where))
    clipped = box.clipped(width, height)
    if not clipped.width or not clipped.height:
        raise SidecarError(
            f"{where}: the box {box} lies outside the photo of {width} x {height} pixels: "
            "correct it"
        )
    if clipped != box:
        note(f"{where}: the box {box} is cut at the edges of the photo: {clipped}")
    return Detection(
        clipped,
        annotation.label,
        1.0,
        "sidecar",
        mask,
        annotation.crowd,
        height_m=annotation.height_m,
    )


def check_mask_size(mask: Size, photo: Size, source: str) -> None:
    """Refuse a mask that has neither the size of the upright photo nor that of the stored one.

    Raises
    ------
    SidecarError
        The message names both sizes.
    """
    if mask not in (photo, photo[::-1]):
        raise SidecarError(
            f"{source} is {_shape(mask)}, its photo {_shape(photo)} pixels: "
            "save the mask at the photo's size"
        )


def _mask_detection(mask: Mask, photo: Size, orientation: int, source: str) -> Detection:
    size = float(mask.shape[1]), float(mask.shape[0])
    check_mask_size(size, photo, source)
    fit = _fit(size, photo, orientation, source)
    if not mask.any():
        raise SidecarError(f"{source} is all black or transparent: paint the object white")
    upright = fit.mask(mask)
    box = Box(*cv2.boundingRect(upright.astype(np.uint8)))
    return Detection(box, DEFAULT_LABEL, 1.0, "sidecar", upright)


def _check_outlines(
    annotations: Sequence[SidecarObject], photo: Size, source: str, file_name: str
) -> None:
    pixels = photo[0] * photo[1]
    masks = sum(bool(each.polygons) or each.rle is not None for each in annotations)
    if masks * pixels > _MAX_MASKS_PIXELS:
        raise SidecarError(
            f"{source} has {masks} outlines of {file_name}, a photo of {pixels / 1e6:.4g} Mpx: "
            f"leave {_MAX_MASKS_PIXELS // pixels:g}, or use a smaller photo"
        )


def read_sidecar(
    file_name: str,
    width: int,
    height: int,
    *,
    orientation: int = 1,
    mask: Mask | None = None,
    coco: str | None = None,
    boxes_csv: str | None = None,
    source: str | None = None,
    crowds: bool = False,
    note: Note = ignore_note,
) -> list[Detection]:
    """Turn the content of a photo's sidecars into detections with score 1.

    Annotations of a copy of another size are scaled, those of the stored picture turned by EXIF.

    Parameters
    ----------
    file_name
        The photo's.
    width, height
        Size of the upright photo, pixels.
    orientation
        The photo's EXIF orientation, 1..8.
    mask
        `<photo stem>.mask.png`: (height, width) bool, true where the object is.
    coco
        Content of a COCO file with this photo, perhaps among others.
    boxes_csv
        Content of a CSV with the columns image,x,y,width,height[,label][,height_m].
    source
        What messages call the file.
    crowds
        Include COCO's crowds.
    note
        Called with a sentence for each object that is left out or clipped.

    Returns
    -------
    list of Detection
        From the first of mask, COCO and CSV that contains the photo; otherwise empty.

    Raises
    ------
    SidecarError
        An annotation cannot be used; the message names file and row.
    """
    photo = float(width), float(height)
    if mask is not None:
        return [_mask_detection(mask, photo, orientation, source or f"the mask of {file_name}")]
    source, annotations = source or f"the sidecar of {file_name}", list[SidecarObject]()
    if coco is not None:
        annotations = parse_coco(coco, file_name, source, crowds=crowds, note=note)
    if boxes_csv is not None and not annotations:
        annotations = parse_boxes_csv(boxes_csv, file_name, source, note=note)
    _check_outlines(annotations, photo, source, file_name)
    found = (_detection(each, photo, orientation, note) for each in annotations)
    return [each for each in found if each is not None]
