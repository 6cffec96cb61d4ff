"""Small pictures to show: of any kind of artifact, as WebP files or inline."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.images.codecs import encode_webp_thumbnail
from nst_pipeline.vision.images.dtype import premultiply, round_to_uint8, to_float
from nst_pipeline.vision.images.resize import fitted_size, resize
from nst_pipeline.vision.shapes import Box, Picture, Rgb, Rgba

INLINE_BYTES = 50_000
"""Longest data URI: the Dagster UI stays quick with a page full of these."""

_CHECKER_PX = 8
_CHECKER_LIGHT, _CHECKER_DARK = 255, 224
_GAP_PX = 8
_QUALITY = 82
"""WebP quality at which small pictures show no blocks."""
_LOWEST_QUALITY = 40
_BOX_LINES = (((255, 255, 255), 5), ((214, 40, 57), 3))
"""Red on white: seen on any picture."""


def checkerboard(height: int, width: int) -> Rgb:
    """The usual light pattern that shows through where a picture is transparent."""
    rows, columns = np.indices((height, width)) // _CHECKER_PX
    gray = np.where((rows + columns) % 2 == 0, _CHECKER_LIGHT, _CHECKER_DARK)
    return np.repeat(gray[..., None], 3, axis=2).astype(np.uint8)


def _over_checkerboard(picture: Rgba) -> Rgb:
    below = checkerboard(*picture.shape[:2]).astype(np.float32)
    alpha = to_float(picture[..., 3:])
    return round_to_uint8(below + alpha * (picture[..., :3] - below))


def _resized(picture: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    if picture.ndim == 2 or picture.shape[2] == 3:
        return resize(picture, width, height)
    # Colors under a zero alpha must not bleed into the edge.
    small = resize(premultiply(picture), width, height)
    small[..., :3] *= 255 / np.maximum(small[..., 3:], 1)
    return round_to_uint8(small)


def shrunk(picture: Picture, side: int) -> NDArray[np.uint8]:
    """The picture in 8 bits with a longest side of at most `side` pixels; never enlarged."""
    if max(picture.shape[:2]) <= side:
        return picture
    return _resized(picture, *fitted_size(picture, side))


def as_rgb(picture: Picture) -> Rgb:
    """Any picture as 8-bit RGB: gray in three channels, a checkerboard under alpha."""
    if picture.ndim == 2:
        return np.repeat(picture[..., None], 3, axis=2)
    return _over_checkerboard(picture) if picture.shape[2] == 4 else picture


def webp_bytes(picture: Picture, *, side: int, quality: int = _QUALITY) -> bytes:
    """A WebP file of the picture, longest side at most `side` pixels; alpha is kept."""
    return encode_webp_thumbnail(shrunk(picture, side), side, quality)


def _data_uri(data: bytes) -> str:
    return f"data:image/webp;base64,{base64.b64encode(data).decode('ascii')}"


def inline_webp(picture: Picture, *, side: int = 640) -> str:
    """A data URI of at most `INLINE_BYTES` characters.

    A picture too busy for that is first compressed harder, then made smaller.
    """
    rgb, quality = as_rgb(shrunk(picture, side)), _QUALITY
    while len(uri := _data_uri(webp_bytes(rgb, side=side, quality=quality))) > INLINE_BYTES:
        if quality > _LOWEST_QUALITY:
            quality -= 14
        else:
            side = side * 4 // 5
    return uri


def with_boxes(picture: Picture, boxes: Sequence[Box], *, side: int) -> Rgb:
    """The picture with boxes, in its pixels, drawn on it; longest side at most `side` pixels."""
    drawn = as_rgb(shrunk(picture, side)).copy()
    scale = drawn.shape[1] / picture.shape[1]
    for box in boxes:
        corners = [(box.x, box.y), (box.right, box.bottom)]
        near, far = ((round(scale * x), round(scale * y)) for x, y in corners)
        for color, width in _BOX_LINES:
            cv2.rectangle(drawn, near, far, color, width, cv2.LINE_AA)
    return drawn


def _at_height(picture: Picture, height_px: int) -> Rgb:
    height, width = picture.shape[:2]
    return as_rgb(_resized(picture, max(1, round(width * height_px / height)), height_px))


def before_after(before: Picture, after: Picture, *, height_px: int = 400) -> Rgb:
    """Two pictures side by side, equally high, on white, with a gap between them.

    Neither is enlarged beyond its own height.
    """
    height = min(height_px, before.shape[0], after.shape[0])
    gap = np.full((height, _GAP_PX, 3), 255, np.uint8)
    return np.hstack([_at_height(before, height), gap, _at_height(after, height)])
