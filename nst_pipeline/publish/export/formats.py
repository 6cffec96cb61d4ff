"""What an export holds: YOLO's labels from the table, COCO's from the JSON, and the scores."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

import pandas as pd
from upath import UPath

from nst_pipeline.publish.export.folder import Files
from nst_pipeline.publish.outlines import one_outline
from nst_pipeline.publish.splits import SIDES

Picture = Callable[[str], UPath]
"""From a dataset's `file_name` to the artifact."""

_SCORES = "composites.csv"


def _line(numbers: list[float], category: int) -> str:
    """A line of a label file."""
    return " ".join([str(category), *(f"{number:.6f}" for number in numbers)]) + "\n"


def _box(row: Any) -> list[float]:
    """Center and size as shares of the picture's sides, as YOLO has it."""
    x, y, width, height = (int(side) for side in row.bbox)
    across, down = row.width, row.height
    return [(x + width / 2) / across, (y + height / 2) / down, width / across, height / down]


def _outline(row: Any) -> list[float]:
    corners = one_outline([list(polygon) for polygon in row.polygons])
    return [
        min(max(place / side, 0.0), 1.0)
        for place, side in zip(corners, (row.width, row.height) * (len(corners) // 2), strict=True)
    ]


def _yaml(rows: pd.DataFrame) -> bytes:
    """`data.yaml`; without a `path`, its own folder is the root. JSON's strings are YAML's."""
    named = dict(zip(rows.category_id.tolist(), rows.label.tolist(), strict=True))
    # Ultralytics wants both of these, whatever is in them.
    splits = {"train", "val", *rows.split.unique()}
    listed = [side for side in SIDES if side in splits]
    lines = [f"{side}: images/{side}" for side in listed]
    lines += ["names:"]
    lines += [
        f"  {number - 1}: {json.dumps(named[number], ensure_ascii=False)}"
        for number in sorted(named)
    ]
    return ("\n".join(lines) + "\n").encode()


def scores_table(rows: pd.DataFrame) -> pd.DataFrame:
    """One row for each picture: where it is from, what was chosen, and all candidates' scores.

    Args:
        rows: the dataset's table.
    """
    columns = ["scene", "split", "scene_photo", "chosen", "scores"]
    pictures = rows.drop_duplicates("image_id")[columns].reset_index(drop=True)
    scores = pd.json_normalize([json.loads(each) for each in pictures.pop("scores")])
    return pictures.join(scores.add_prefix("score_"))


def _csv(rows: pd.DataFrame) -> bytes:
    text: str = scores_table(rows).to_csv(index=False)
    return text.encode()


def yolo_files(rows: pd.DataFrame, picture: Picture, *, segments: bool = False) -> Files:
    """The files of a YOLO dataset: `data.yaml`, `images/<split>/`, `labels/<split>/`.

    Args:
        rows: the dataset's table; pictures of the split `mixed` are left out, and crowds, which
            YOLO does not know.
        picture: finds the artifact of a `file_name`.
        segments: outlines instead of boxes.
    """
    files: dict[str, bytes | UPath] = {}
    labels: dict[str, list[str]] = {}
    numbers = _outline if segments else _box
    row: Any
    for row in rows[rows.split.isin(SIDES)].itertuples():
        name = PurePosixPath(row.file_name)
        files[f"images/{row.split}/{name.name}"] = picture(row.file_name)
        lines = labels.setdefault(f"labels/{row.split}/{name.stem}.txt", [])
        if not row.iscrowd:
            lines.append(_line(numbers(row), row.category_id - 1))
    files |= {name: "".join(lines).encode() for name, lines in labels.items()}
    return {"data.yaml": _yaml(rows), _SCORES: _csv(rows), **files}


def coco_files(dataset: Mapping[str, Any], rows: pd.DataFrame, picture: Picture) -> Files:
    """The files of a COCO dataset: `annotations/instances_<split>.json`, pictures in `<split>/`.

    Args:
        dataset: the content of `coco.json`; pictures of the split `mixed` are left out.
        rows: the same as a table.
        picture: finds the artifact of a `file_name`.
    """
    files: dict[str, bytes | UPath] = {_SCORES: _csv(rows)}
    shared = {name: dataset[name] for name in ("info", "licenses", "categories")}
    for split in SIDES:
        images = [image for image in dataset["images"] if image["split"] == split]
        ids = {image["id"] for image in images}
        named = [image | {"file_name": PurePosixPath(image["file_name"]).name} for image in images]
        within = [each for each in dataset["annotations"] if each["image_id"] in ids]
        document = shared | {"images": named, "annotations": within}
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        files[f"annotations/instances_{split}.json"] = text.encode()
        for image, given in zip(named, images, strict=True):
            files[f"{split}/{image['file_name']}"] = picture(given["file_name"])
    return files
