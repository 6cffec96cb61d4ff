"""YOLO's layout: `data.yaml`, `images/<part>/`, `labels/<part>/`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from nst_pipeline.publish.export.content import Content, Files
from nst_pipeline.publish.export.pictures import ExportObject, ExportPicture
from nst_pipeline.publish.outlines import one_outline
from nst_pipeline.publish.splits import SIDES


def _label_line(numbers: Sequence[float], category: int) -> str:
    return " ".join([str(category), *(f"{number:.6f}" for number in numbers)]) + "\n"


def _box_numbers(picture: ExportPicture, each: ExportObject) -> list[float]:
    """Center and size of the box as YOLO expects them: fractions of the picture's size."""
    x, y, width, height = each.bbox
    return [
        (x + width / 2) / picture.width,
        (y + height / 2) / picture.height,
        width / picture.width,
        height / picture.height,
    ]


def _outline_numbers(picture: ExportPicture, each: ExportObject) -> list[float]:
    """Corners of the outline as YOLO expects them: fractions of the picture's size."""
    corners = one_outline(each.polygons)
    sides = (picture.width, picture.height) * (len(corners) // 2)
    return [
        min(max(position / side, 0.0), 1.0) for position, side in zip(corners, sides, strict=True)
    ]


def _data_yaml(categories: Sequence[str], parts: set[str]) -> bytes:
    """`data.yaml`. Without a `path`, trainers take its own folder as the root."""
    lines = [f"{side}: images/{side}" for side in SIDES if side in parts]
    if "val" not in parts:
        # Ultralytics requires `val`: without a split, the training pictures take its place.
        lines += ["val: images/train"]
    lines += ["names:"]
    # A JSON string is also a YAML string.
    lines += [
        f"  {number}: {json.dumps(name, ensure_ascii=False)}"
        for number, name in enumerate(categories)
    ]
    return ("\n".join(lines) + "\n").encode()


def _label_lines(picture: ExportPicture, segments: bool) -> Iterator[str]:
    numbers = _outline_numbers if segments else _box_numbers
    for each in picture.objects:
        if not each.iscrowd:
            yield _label_line(numbers(picture, each), each.category)


def yolo_files(
    pictures: Sequence[ExportPicture], categories: Sequence[str], *, segments: bool = False
) -> Files:
    """List the files of a YOLO dataset. Crowds are left out: YOLO has no notion of them.

    Parameters
    ----------
    pictures
        Those of all parts. A negative picture has an empty file of labels.
    categories
        The labels, by number.
    segments
        Write outlines instead of boxes.
    """
    parts = {each.part for each in pictures}
    files: dict[str, Content] = {"data.yaml": _data_yaml(categories, set(parts))}
    for each in pictures:
        files[f"images/{each.part}/{each.name}.png"] = each.png
        labels = "".join(_label_lines(each, segments))
        files[f"labels/{each.part}/{each.name}.txt"] = labels.encode()
    return files
