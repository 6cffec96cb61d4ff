"""Read a COCO file that `coco_pieces` wrote, without holding it in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any, TextIO

from nst_pipeline.publish.coco import (
    CocoAnnotation,
    CocoCategory,
    CocoDataset,
    CocoImage,
    CocoInfo,
    CocoLicense,
    LabeledImage,
)

_BLOCK = 1 << 20
"""Characters to read at once: more than an entry usually has."""

OpenFile = Callable[[], TextIO]


def _text_from(file: TextIO, name: str) -> str:
    """Skip to the value of a field of the file; return the text that was read of it.

    Entries have no field of such a name, and in a string its quotes would be escaped.
    """
    field, text = f'"{name}":', ""
    while (at := text.find(field)) < 0:
        block = file.read(_BLOCK)
        if not block:
            raise ValueError(f"the file has no field {name}")
        text = text[-len(field) :] + block
    return text[at + len(field) :]


def _values(file: TextIO, text: str) -> Iterator[Any]:
    """Decode values that are separated by one character each, for as long as they are wanted."""
    decode, at = json.JSONDecoder().raw_decode, 0
    while True:
        try:
            value, end = decode(text, at)
        except json.JSONDecodeError:
            end = len(text)
        if end < len(text):
            yield value, text[end]
            at = end + 1
        elif block := file.read(_BLOCK):
            text, at = text[at:] + block, 0
        else:
            raise ValueError("the file ends in the middle of an entry")


def _value(open_file: OpenFile, name: str) -> Any:
    with open_file() as file:
        value, _ = next(_values(file, _text_from(file, name)))
        return value


def _list(open_file: OpenFile, name: str) -> Iterator[Any]:
    with open_file() as file:
        text = _text_from(file, name) + file.read(2)
        if text.startswith("[]"):
            return
        for value, following in _values(file, text.removeprefix("[")):
            yield value
            if following == "]":
                return


def read_coco(open_file: OpenFile) -> CocoDataset:
    """Open a COCO file.

    Parameters
    ----------
    open_file
        Opens it, each time from its start.

    Raises
    ------
    ValueError
        It is not such a file, or incomplete; while entries are listed, too.

    Examples
    --------
    >>> import io
    >>> from nst_pipeline.publish.coco import coco_pieces, join_scenes
    >>> written = b"".join(coco_pieces(join_scenes([], description="demo"))).decode()
    >>> read_coco(lambda: io.StringIO(written)).info.description
    'demo'
    """

    def entries() -> Iterator[LabeledImage]:
        found = map(CocoAnnotation.model_validate, _list(open_file, "annotations"))
        groups = groupby(found, key=lambda each: each.image_id)
        image_id, annotations = next(groups, (0, iter(())))
        for image in map(CocoImage.model_validate, _list(open_file, "images")):
            if image.id == image_id:
                yield LabeledImage(image, tuple(annotations))
                image_id, annotations = next(groups, (0, iter(())))
            else:
                yield LabeledImage(image, ())

    return CocoDataset(
        info=CocoInfo.model_validate(_value(open_file, "info")),
        licenses=tuple(map(CocoLicense.model_validate, _list(open_file, "licenses"))),
        categories=tuple(map(CocoCategory.model_validate, _list(open_file, "categories"))),
        entries=entries,
    )
