"""Small images for pages and the Dagster UI: WebP files and data URIs."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import cv2
import numpy as np

from nst_pipeline.vision.images.codecs import encode_webp_thumbnail
from nst_pipeline.vision.images.dtype import premultiply, round_to_uint8, to_float
from nst_pipeline.vision.images.resize import fitted_size, resize
from nst_pipeline.vision.shapes import Box, Picture, Rgb, Rgba

INLINE_BYTES = 50_000
"""Maximum length of a data URI: the Dagster UI stays responsive with a page full of these."""

_CHECKER_PX = 8
_CHECKER_LIGHT, _CHECKER_DARK = 255, 224
_GAP_PX = 8
_QUALITY = 82
"""WebP quality, 1..100, at which small images show no block artifacts."""
_MIN_QUALITY, _QUALITY_STEP = 40, 14
_BOX_LINES = (((255, 255, 255), 5), ((214, 40, 57), 3))
"""RGB color and width in pixels: red on white is visible on any image."""


def checkerboard(height: int, width: int) -> Rgb:
    """Draw the light checker pattern that marks transparency, (height, width, 3) uint8."""
    rows, columns = np.indices((height, width)) // _CHECKER_PX
    gray = np.where((rows + columns) % 2 == 0, _CHECKER_LIGHT, _CHECKER_DARK)
    return np.repeat(gray[..., None], 3, axis=2).astype(np.uint8)


def _over_checkerboard(picture: Rgba) -> Rgb:
    below = checkerboard(*picture.shape[:2]).astype(np.float32)
    alpha = to_float(picture[..., 3:])
    return round_to_uint8(below + alpha * (picture[..., :3] - below))


def _resized(picture: Picture, width: int, height: int) -> Picture:
    if picture.ndim == 2 or picture.shape[2] == 3:
        return resize(picture, width, height)
    # Colors of transparent pixels must not bleed into the edge.
    small = resize(premultiply(picture), width, height)
    small[..., :3] *= 255 / np.maximum(small[..., 3:], 1)
    return round_to_uint8(small)


def thumbnail(picture: Picture, side: int) -> Picture:
    """Reduce an image to a longest side of at most `side` pixels; never enlarge it.

    Parameters
    ----------
    picture
        (height, width), (height, width, 3) or (height, width, 4) uint8.
    side
        Pixels.

    Returns
    -------
    Picture
        Same channels. Colors of RGBA images are averaged weighted by alpha.

    Examples
    --------
    >>> thumbnail(np.zeros((400, 300, 3), np.uint8), 200).shape
    (200, 150, 3)
    """
    if max(picture.shape[:2]) <= side:
        return picture
    return _resized(picture, *fitted_size(picture, side))


def as_rgb(picture: Picture) -> Rgb:
    """Convert to RGB: repeat gray in three channels, put a checkerboard under transparency."""
    if picture.ndim == 2:
        return np.repeat(picture[..., None], 3, axis=2)
    return _over_checkerboard(picture) if picture.shape[2] == 4 else picture


def webp_bytes(picture: Picture, *, side: int, quality: int = _QUALITY) -> bytes:
    """Encode a thumbnail as a WebP file; alpha is kept.

    Parameters
    ----------
    picture
        (height, width), (height, width, 3) or (height, width, 4) uint8.
    side
        Longest side of the thumbnail, pixels.
    quality
        WebP quality, 1..100.
    """
    return encode_webp_thumbnail(thumbnail(picture, side), side, quality)


def _data_uri(data: bytes) -> str:
    return f"data:image/webp;base64,{base64.b64encode(data).decode('ascii')}"


def inline_webp(picture: Picture, *, side: int = 640) -> str:
    """Encode a thumbnail as a data URI of at most `INLINE_BYTES` characters.

    An image that is too detailed is first compressed more, then made smaller.

    Parameters
    ----------
    picture
        (height, width), (height, width, 3) or (height, width, 4) uint8.
    side
        Longest side of the thumbnail, pixels.

    Examples
    --------
    >>> inline_webp(np.zeros((40, 30, 3), np.uint8))[:23]
    'data:image/webp;base64,'
    """
    rgb, quality = as_rgb(thumbnail(picture, side)), _QUALITY
    while len(uri := _data_uri(webp_bytes(rgb, side=side, quality=quality))) > INLINE_BYTES:
        if quality > _MIN_QUALITY:
            quality -= _QUALITY_STEP
        else:
            side = side * 4 // 5
    return uri


def with_boxes(picture: Picture, boxes: Sequence[Box], *, side: int) -> Rgb:
    """Draw boxes on a thumbnail.

    Parameters
    ----------
    picture
        (height, width), (height, width, 3) or (height, width, 4) uint8.
    boxes
        Boxes in pixels of `picture`.
    side
        Longest side of the thumbnail, pixels.

    Returns
    -------
    Rgb
        (height, width, 3) uint8.
    """
    drawn = as_rgb(thumbnail(picture, side)).copy()
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
    """Put two images side by side, at equal height, with a white gap between them.

    Parameters
    ----------
    before, after
        (height, width), (height, width, 3) or (height, width, 4) uint8.
    height_px
        Maximum height; neither image is enlarged.

    Returns
    -------
    Rgb
        (height, width, 3) uint8.
    """
    height = min(height_px, before.shape[0], after.shape[0])
    gap = np.full((height, _GAP_PX, 3), 255, np.uint8)
    return np.hstack([_at_height(before, height), gap, _at_height(after, height)])
