"""An object as a sidecar describes it, and the checks that COCO files and boxes files share."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict, cast

from nst_pipeline.errors import SidecarError
from nst_pipeline.settings.sections import GREATEST_HEIGHT_M, LEAST_HEIGHT_M
from nst_pipeline.storage.labels import Polygon
from nst_pipeline.storage.sidecars.frames import Size
from nst_pipeline.vision.shapes import Box

DEFAULT_LABEL = "object"
MAX_OBJECTS = 1000
"""Per photo. A file with more lists something else than objects to cut out."""
_MAX_LABEL = 200
"""Characters. Labels name files, chips of the gallery, and categories."""
_NO_TEXT = ("Cc", "Cs")
"""Unicode categories of control characters and of halves of a character."""

Note = Callable[[str], object]
"""Take a sentence about something that was read, but not as it was written."""


def ignore_note(note: str) -> None:
    """Drop a note."""
    del note


class CocoRunLengths(TypedDict):
    """A mask in run-length encoding, as COCO files have it."""

    counts: str | list[int]
    size: list[int]
    """Height and width, pixels."""


@dataclass(frozen=True)
class SidecarObject:
    """An object as a sidecar describes it, in the pixels of the picture that was annotated."""

    edges: tuple[float, float, float, float] | None
    """Left, top, right, bottom; None if only the mask in `rle` tells."""
    label: str = DEFAULT_LABEL
    polygons: tuple[Polygon, ...] = ()
    """The object's outlines; empty if the file has none."""
    rle: CocoRunLengths | None = None
    """The object's mask, if the file has it in this form."""
    crowd: bool = False
    """Many objects annotated as one: COCO's `iscrowd`."""
    height_m: float | None = None
    """Real height, meters: the column `height_m`, or COCO's `attributes.height_m`."""
    frame: Size | None = None
    """Size of the picture that was annotated; None if the file does not say."""
    where: str = ""
    """The file and the row, for messages."""

    @property
    def box(self) -> Box:
        """The object's box in whole pixels, at least one."""
        assert self.edges is not None
        return box_of(self.edges)


def box_of(edges: tuple[float, float, float, float]) -> Box:
    """Round left, top, right and bottom to a box of at least one pixel."""
    left, top, right, bottom = map(round, edges)
    return Box(left, top, max(right - left, 1), max(bottom - top, 1))


def check_rows(rows: int, source: str, file_name: str) -> None:
    """Refuse more rows of a photo than it may have objects.

    Raises
    ------
    SidecarError
        The message names the limit, not the number: whoever splits a file stops counting there.
    """
    if rows > MAX_OBJECTS:
        raise SidecarError(
            f"{source} has more than {MAX_OBJECTS} objects of {file_name}: "
            f"leave {MAX_OBJECTS}, or divide the photo"
        )


def check_pixels(values: tuple[float, ...], where: str) -> None:
    """Refuse coordinates that are shares of the photo's size.

    Raises
    ------
    SidecarError
        No value is above 1. Shares are not scaled, because formats with shares differ in whether
        `x` and `y` are the corner or the center.
    """
    if values and max(values) <= 1:
        written = ",".join(f"{value:g}" for value in values[:4])
        raise SidecarError(
            f"{where}: {written} are shares of the photo's size, or a single pixel: give pixels"
        )


def parse_edges(values: object, where: str) -> tuple[float, float, float, float] | None:
    """Parse x, y, width, height; return left, top, right, bottom, or None if the area is zero.

    Raises
    ------
    SidecarError
        The values are not four numbers, or not pixels.
    """
    written = ",".join(map(str, values)) if isinstance(values, list) else values
    try:
        x, y, width, height = (float(value) for value in cast(list[float], values))
    except (TypeError, ValueError, OverflowError) as error:
        raise SidecarError(
            f"{where}: {written!r} is not a box: give the numbers x, y, width, height"
        ) from error
    if not all(map(math.isfinite, (x, y, width, height))):
        raise SidecarError(f"{where}: {written!r} is not a box: give finite numbers")
    if width <= 0 or height <= 0:
        return None
    check_pixels((x, y, width, height), where)
    return x, y, x + width, y + height


def parse_height(value: object, where: str) -> float | None:
    """Read a real height, meters; None if none is given.

    Raises
    ------
    SidecarError
        It is not one of a thing.
    """
    if value is None or value == "":
        return None
    try:
        height = float(cast(float, value))
    except (TypeError, ValueError, OverflowError):
        height = math.nan
    if not LEAST_HEIGHT_M <= height <= GREATEST_HEIGHT_M:
        raise SidecarError(
            f"{where}: the height {value!r} is not one of a thing: give height_m in meters, "
            f"{LEAST_HEIGHT_M:g} to {GREATEST_HEIGHT_M:g}"
        )
    return height


def parse_label(text: str, where: str) -> str:
    """Return a label on one line; the default one if it is empty.

    Raises
    ------
    SidecarError
        It is no text, or too long.
    """
    label = " ".join(text.replace("\ufeff", "").split())
    if len(label) > _MAX_LABEL:
        raise SidecarError(
            f"{where}: the label has {len(label)} characters: shorten it to {_MAX_LABEL}"
        )
    if any(unicodedata.category(character) in _NO_TEXT for character in label):
        raise SidecarError(
            f"{where}: the label {label!a} has characters that are no text: correct it"
        )
    return label or DEFAULT_LABEL
