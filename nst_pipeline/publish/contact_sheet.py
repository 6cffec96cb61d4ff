"""Arrange images with their labels on one sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from nst_pipeline.publish.thumbnails import as_rgb, thumbnail
from nst_pipeline.vision.shapes import Picture, Rgb

_BACKGROUND, _TEXT_COLOR = (250, 250, 250), (64, 64, 64)
_GAP_PX = 12
_LABEL_PX = 26
"""Height of the label below an image."""
_FONT_PX = 13
_HEADING_PX, _HEADING_FONT_PX = 56, 20
_HEADING_COLOR = (20, 20, 20)
_ELLIPSIS = "..."

_Font = ImageFont.ImageFont | ImageFont.FreeTypeFont


def _fitting(label: str, font: _Font, width: int) -> str:
    """Shorten a label in the middle to fit `width` pixels: both ends of a file name matter."""
    if font.getlength(label) <= width:
        return label
    for kept in range(len(label) - 1, 0, -1):
        head, tail = label[: (kept + 1) // 2], label[len(label) - kept // 2 :]
        if font.getlength(head + _ELLIPSIS + tail) <= width:
            return head + _ELLIPSIS + tail
    return ""


def _cell(label: str, picture: Picture, side: int, font: _Font) -> Image.Image:
    cell = Image.new("RGB", (side, side + _LABEL_PX), _BACKGROUND)
    small = Image.fromarray(as_rgb(thumbnail(picture, side)))
    cell.paste(small, ((side - small.width) // 2, (side - small.height) // 2))
    text = _fitting(label, font, side)
    center = (side / 2, side + _LABEL_PX / 2)
    ImageDraw.Draw(cell).text(center, text, fill=_TEXT_COLOR, font=font, anchor="mm")
    return cell


def contact_sheet(
    pictures: Sequence[tuple[str, Picture]], *, columns: int = 6, cell_px: int = 200
) -> Rgb:
    """Arrange images in rows, each in a square cell above its label.

    Parameters
    ----------
    pictures
        Labels and images: gray, RGB, or RGBA (shown on a checkerboard), uint8.
    columns
        Maximum number of images in a row; fewer images make a narrower sheet.
    cell_px
        Side of a cell, pixels; smaller images are not enlarged.

    Returns
    -------
    Rgb
        (height, width, 3) uint8; without images, an empty sheet of one cell.

    Examples
    --------
    >>> gray = np.full((50, 80), 128, np.uint8)
    >>> contact_sheet([("cat", gray), ("dog", gray)], cell_px=100).shape
    (150, 236, 3)
    """
    font = ImageFont.load_default(_FONT_PX)
    across = max(1, min(columns, len(pictures)))
    down = max(1, -(-len(pictures) // across))
    step_x, step_y = cell_px + _GAP_PX, cell_px + _LABEL_PX + _GAP_PX
    sheet = Image.new("RGB", (across * step_x + _GAP_PX, down * step_y + _GAP_PX), _BACKGROUND)
    for number, (label, picture) in enumerate(pictures):
        row, column = divmod(number, across)
        corner = (_GAP_PX + column * step_x, _GAP_PX + row * step_y)
        sheet.paste(_cell(label, picture, cell_px, font), corner)
    return np.array(sheet)


def _heading(text: str) -> Image.Image:
    font = ImageFont.load_default(_HEADING_FONT_PX)
    width = round(font.getlength(text)) + 2 * _GAP_PX
    band = Image.new("RGB", (width, _HEADING_PX), _BACKGROUND)
    corner = (_GAP_PX, _HEADING_PX - _GAP_PX)
    ImageDraw.Draw(band).text(corner, text, fill=_HEADING_COLOR, font=font, anchor="ls")
    return band


def sectioned_sheet(sections: Mapping[str, Sequence[tuple[str, Picture]]]) -> Rgb:
    """Stack contact sheets, each below its heading.

    Parameters
    ----------
    sections
        Labels and images, as `contact_sheet` takes them, by heading; at least one section.

    Returns
    -------
    Rgb
        (height, width, 3) uint8.

    Examples
    --------
    >>> gray = np.full((50, 80), 128, np.uint8)
    >>> sectioned_sheet({"Used": [("cat", gray)], "Not used": []}).shape
    (362, 224, 3)
    """
    parts = [
        part
        for heading, pictures in sections.items()
        for part in (
            _heading(heading),
            *([Image.fromarray(contact_sheet(pictures))] if pictures else []),
        )
    ]
    size = max(part.width for part in parts), sum(part.height for part in parts)
    sheet, top = Image.new("RGB", size, _BACKGROUND), 0
    for part in parts:
        sheet.paste(part, (0, top))
        top += part.height
    return np.array(sheet)
