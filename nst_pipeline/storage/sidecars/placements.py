"""Parse a user's own placements: a JSON file beside a scene that lists stickers and their boxes."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from nst_pipeline.errors import SidecarError
from nst_pipeline.storage.sidecars.coco import load_json
from nst_pipeline.storage.sidecars.objects import MAX_OBJECTS
from nst_pipeline.vision.shapes import Box, Placement

_MAX_PX = 30_000
"""No image that OpenCV can hold is larger: a larger number is a mistake."""
_MAX_NAME = 1000
"""Characters of a sticker's name, which may be a path."""


class _PlacementEntry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    sticker: str = Field(min_length=1, max_length=_MAX_NAME)
    x: int = Field(ge=-_MAX_PX, le=_MAX_PX)
    y: int = Field(ge=-_MAX_PX, le=_MAX_PX)
    width: int = Field(ge=1, le=_MAX_PX)
    height: int = Field(ge=1, le=_MAX_PX)
    flip: bool = False


_ENTRIES = TypeAdapter(Annotated[list[_PlacementEntry], Field(max_length=MAX_OBJECTS)])


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    if not first["loc"]:
        return first["msg"]
    index, *fields = first["loc"]
    return ", ".join([f"entry {int(index) + 1}", *map(str, fields)]) + f": {first['msg']}"


def parse_placements(text: str, *, source: str = "placements") -> list[Placement]:
    """Parse placements from JSON text.

    Parameters
    ----------
    text
        A list of `{"sticker": NAME, "x": 0, "y": 0, "width": 100, "height": 200, "flip": false}`.
        NAME is a sticker's id or the file name of its object photo; the box is in scene pixels and
        may reach past the edges. An empty list means that nothing goes on this scene.
    source
        What error messages call the file.

    Returns
    -------
    list of Placement
        In the file's order.

    Raises
    ------
    SidecarError
        The text is not JSON, a field is missing or unknown, or a number is out of range.

    Examples
    --------
    >>> text = '[{"sticker": "cat.jpg", "x": 5, "y": 9, "width": 40, "height": 30}]'
    >>> parse_placements(text)[0].box
    Box(x=5, y=9, width=40, height=30)
    """
    try:
        entries = _ENTRIES.validate_python(load_json(text))
    except ValidationError as error:
        raise SidecarError(
            f"{source}: {_explain(error)}; give a list of entries like "
            '{"sticker": "photo.jpg", "x": 0, "y": 0, "width": 100, "height": 200}'
        ) from error
    except ValueError as error:
        raise SidecarError(f"{source} is not valid JSON ({error}): correct it") from error
    return [
        Placement(each.sticker, Box(each.x, each.y, each.width, each.height), each.flip)
        for each in entries
    ]
