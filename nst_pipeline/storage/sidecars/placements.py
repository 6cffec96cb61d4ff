"""A user's own placements: a JSON file beside a scene says what goes where."""

from __future__ import annotations

import json

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from nst_pipeline.errors import SidecarError
from nst_pipeline.vision.shapes import Box, Placement

LARGEST_PX = 30_000
"""Beyond any picture that OpenCV can hold; a larger number is a mistake."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    sticker: str = Field(min_length=1)
    x: int = Field(ge=-LARGEST_PX, le=LARGEST_PX)
    y: int = Field(ge=-LARGEST_PX, le=LARGEST_PX)
    width: int = Field(ge=1, le=LARGEST_PX)
    height: int = Field(ge=1, le=LARGEST_PX)
    flip: bool = False


_ENTRIES = TypeAdapter(list[_Entry])


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    where = [str(part) for part in first["loc"]]
    if not where:
        return first["msg"]
    return (
        f"entry {int(where[0]) + 1}"
        + "".join(f", {name}" for name in where[1:])
        + (f": {first['msg']}")
    )


def parse_placements(text: str, *, source: str = "placements") -> list[Placement]:
    """Read explicit placements from JSON text.

    A list of `{"sticker": NAME, "x": 0, "y": 0, "width": 100, "height": 200, "flip": false}`:
    the sticker's id or its object photo's name, and its box in scene pixels, which may reach past
    the edges. An empty list is allowed: nothing goes on this scene.

    Args:
        source: the file's name, for errors.

    Raises:
        SidecarError: no JSON, a wrong or unknown name, or a number out of range.
    """
    try:
        entries = _ENTRIES.validate_python(json.loads(text))
    except json.JSONDecodeError as error:
        raise SidecarError(f"{source} is no valid JSON ({error}): correct it") from error
    except ValidationError as error:
        raise SidecarError(
            f"{source}: {_explain(error)}; expected a list of entries like "
            '{"sticker": "photo.jpg", "x": 0, "y": 0, "width": 100, "height": 200}'
        ) from error
    return [
        Placement(each.sticker, Box(each.x, each.y, each.width, each.height), each.flip)
        for each in entries
    ]
