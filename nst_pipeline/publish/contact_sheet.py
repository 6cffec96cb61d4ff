"""Many pictures on one sheet, each with its name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from nst_pipeline.publish.thumbnails import as_rgb, shrunk
from nst_pipeline.vision.shapes import Picture, Rgb

_PAPER, _INK = (250, 250, 250), (64, 64, 64)
_GAP_PX = 12
_LABEL_PX = 26
_TEXT_PX = 13
_ELLIPSIS = "..."

_Font = ImageFont.ImageFont | ImageFont.FreeTypeFont


def _fitting(label: str, font: _Font, width: int) -> str:
    """The label, cut in its middle where it is too wide: both ends of file names tell."""
    if font.getlength(label) <= width:
        return label
    for kept in range(len(label) - 1, 0, -1):
        head, tail = label[: (kept + 1) // 2], label[len(label) - kept // 2 :]
        if font.getlength(head + _ELLIPSIS + tail) <= width:
            return head + _ELLIPSIS + tail
    return ""


def _cell(label: str, picture: Picture, side: int, font: _Font) -> Image.Image:
    cell = Image.new("RGB", (side, side + _LABEL_PX), _PAPER)
    small = Image.fromarray(as_rgb(shrunk(picture, side)))
    cell.paste(small, ((side - small.width) // 2, (side - small.height) // 2))
    text = _fitting(label, font, side)
    place = (side / 2, side + _LABEL_PX / 2)
    ImageDraw.Draw(cell).text(place, text, fill=_INK, font=font, anchor="mm")
    return cell


def contact_sheet(
    pictures: Sequence[tuple[str, Picture]], *, columns: int = 6, cell_px: int = 200
) -> Rgb:
    """All pictures in rows, read as text is, each in a square cell over its label.

    Args:
        pictures: labels with RGB, RGBA (shown on a checkerboard) or gray pictures.
        columns: pictures in a row; fewer pictures make a narrower sheet.
        cell_px: side of a cell, pixels; smaller pictures are not enlarged.

    Returns:
        (height, width, 3) uint8 RGB; without pictures, an empty sheet of one cell.
    """
    font = ImageFont.load_default(_TEXT_PX)
    across = max(1, min(columns, len(pictures)))
    down = max(1, -(-len(pictures) // across))
    step_x, step_y = cell_px + _GAP_PX, cell_px + _LABEL_PX + _GAP_PX
    sheet = Image.new("RGB", (across * step_x + _GAP_PX, down * step_y + _GAP_PX), _PAPER)
    for number, (label, picture) in enumerate(pictures):
        row, column = divmod(number, across)
        place = (_GAP_PX + column * step_x, _GAP_PX + row * step_y)
        sheet.paste(_cell(label, picture, cell_px, font), place)
    return np.array(sheet)
