"""List the files of an export: YOLO labels from the dataset's table, COCO files from its JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import Protocol, cast

import pandas as pd
from upath import UPath

from nst_pipeline.publish.coco import CocoDataset, coco_json
from nst_pipeline.publish.export.folder import Files
from nst_pipeline.publish.outlines import one_outline
from nst_pipeline.publish.splits import SIDES

LocateImage = Callable[[str], UPath]
"""Return the artifact that a dataset's `file_name` refers to."""

_FIGURES = "composites.csv"


class _TableRow(Protocol):
    """The columns read here, of one row of the dataset's table."""

    file_name: str
    width: int
    height: int
    split: str
    category_id: int
    iscrowd: int
    bbox: Sequence[int]
    polygons: Sequence[Sequence[float]]


def _labeled_rows(rows: pd.DataFrame) -> Iterator[_TableRow]:
    """Rows of images that are in a split."""
    return cast(Iterator[_TableRow], rows[rows.split.isin(SIDES)].itertuples())


def _label_line(numbers: list[float], category: int) -> str:
    return " ".join([str(category), *(f"{number:.6f}" for number in numbers)]) + "\n"


def _box_numbers(row: _TableRow) -> list[float]:
    """Center and size of the box as YOLO expects them: fractions of the image's size."""
    x, y, width, height = (int(side) for side in row.bbox)
    return [
        (x + width / 2) / row.width,
        (y + height / 2) / row.height,
        width / row.width,
        height / row.height,
    ]


def _outline_numbers(row: _TableRow) -> list[float]:
    """Corners of the outline as YOLO expects them: fractions of the image's size."""
    corners = one_outline(row.polygons)
    sides = (row.width, row.height) * (len(corners) // 2)
    return [
        min(max(position / side, 0.0), 1.0) for position, side in zip(corners, sides, strict=True)
    ]


def _data_yaml(rows: pd.DataFrame) -> bytes:
    """`data.yaml`. Without a `path`, trainers take its own folder as the root."""
    names = dict(zip(rows.category_id.tolist(), rows.label.tolist(), strict=True))
    # Ultralytics requires `train` and `val` even if they are empty.
    splits = {"train", "val", *rows.split.unique()}
    lines = [f"{side}: images/{side}" for side in SIDES if side in splits]
    lines += ["names:"]
    # A JSON string is also a YAML string.
    lines += [
        f"  {number - 1}: {json.dumps(names[number], ensure_ascii=False)}"
        for number in sorted(names)
    ]
    return ("\n".join(lines) + "\n").encode()


def figures_table(rows: pd.DataFrame) -> pd.DataFrame:
    """List the images with their origin, their naturalness, and how well each candidate fits.

    Parameters
    ----------
    rows
        The dataset's table (`publish.dataset.COLUMNS`).

    Returns
    -------
    DataFrame
        One row per image; color fits are in columns `color_fit_<candidate>`.
    """
    columns = ["scene", "split", "scene_photo", "naturalness", "chosen", "color_fit"]
    images = rows.drop_duplicates("image_id")[columns].reset_index(drop=True)
    fits = pd.json_normalize([json.loads(each) for each in images.pop("color_fit")])
    return images.join(fits.add_prefix("color_fit_"))


def _figures_csv(rows: pd.DataFrame) -> bytes:
    text: str = figures_table(rows).to_csv(index=False)
    return text.encode()


def yolo_files(rows: pd.DataFrame, locate: LocateImage, *, segments: bool = False) -> Files:
    """List the files of a YOLO dataset: `data.yaml`, `images/<split>/`, `labels/<split>/`.

    Images of the split `mixed` are left out, and crowds, which YOLO has no notion of.

    Parameters
    ----------
    rows
        The dataset's table (`publish.dataset.COLUMNS`).
    locate
        Returns the artifact that a `file_name` refers to.
    segments
        Write outlines instead of boxes.
    """
    files: dict[str, bytes | UPath] = {}
    labels: dict[str, list[str]] = {}
    numbers = _outline_numbers if segments else _box_numbers
    for row in _labeled_rows(rows):
        name = PurePosixPath(row.file_name)
        files[f"images/{row.split}/{name.name}"] = locate(row.file_name)
        lines = labels.setdefault(f"labels/{row.split}/{name.stem}.txt", [])
        if not row.iscrowd:
            lines.append(_label_line(numbers(row), row.category_id - 1))
    files |= {name: "".join(lines).encode() for name, lines in labels.items()}
    return {"data.yaml": _data_yaml(rows), _FIGURES: _figures_csv(rows), **files}


def coco_files(dataset: CocoDataset, rows: pd.DataFrame, locate: LocateImage) -> Files:
    """List the files of a COCO export: `annotations/instances_<split>.json`, and the images.

    Images are in a folder per split. Those of the split `mixed` are left out.

    Parameters
    ----------
    dataset
        The content of `coco.json`.
    rows
        The same as a table (`publish.dataset.COLUMNS`).
    locate
        Returns the artifact that a `file_name` refers to.
    """
    files: dict[str, bytes | UPath] = {_FIGURES: _figures_csv(rows)}
    for split in SIDES:
        images = [image for image in dataset.images if image.split == split]
        names = {image.id: PurePosixPath(image.file_name).name for image in images}
        part = dataset.model_copy(
            update={
                "images": [
                    image.model_copy(update={"file_name": names[image.id]}) for image in images
                ],
                "annotations": [each for each in dataset.annotations if each.image_id in names],
            }
        )
        files[f"annotations/instances_{split}.json"] = coco_json(part)
        for image in images:
            files[f"{split}/{names[image.id]}"] = locate(image.file_name)
    return files
