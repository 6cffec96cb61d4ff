"""`nst export`: the dataset in a folder of its own, for YOLO or COCO detectors."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
import typer
from upath import UPath

from nst_pipeline.cli.output import Json, bars, busy, console, print_json, print_note
from nst_pipeline.errors import NstError
from nst_pipeline.pipeline.engine.workspace import Workspace, existing_workspace
from nst_pipeline.publish.coco import CocoDataset
from nst_pipeline.publish.export import Files, coco_files, write_export, yolo_files
from nst_pipeline.publish.splits import SIDES
from nst_pipeline.storage.keys import ALL


def _read(workspace: Workspace, name: str) -> bytes:
    try:
        return workspace.store.read("dataset", ALL, name)
    except FileNotFoundError:
        raise NstError(
            f"{workspace.root} holds no dataset yet: `nst run` makes it from the composites"
        ) from None


def _rows(workspace: Workspace) -> pd.DataFrame:
    rows = pd.read_parquet(io.BytesIO(_read(workspace, "annotations.parquet")))
    if "polygons" not in rows.columns:
        raise NstError(f"the dataset of {workspace.root} is an earlier version's: `nst run` first")
    if rows.empty:
        raise NstError(f"the dataset of {workspace.root} is empty: `nst status` says why")
    return rows


def _files(workspace: Workspace, rows: pd.DataFrame, kind: str, *, segments: bool) -> Files:
    artifacts = workspace.root / "artifacts"

    def picture(file_name: str) -> UPath:
        return artifacts / file_name.removeprefix("../")

    if kind == "coco":
        return coco_files(
            CocoDataset.model_validate_json(_read(workspace, "coco.json")), rows, picture
        )
    return yolo_files(rows, picture, segments=segments)


def _tell(folder: Path, counts: Counter[str], done: dict[str, Any]) -> None:
    said = ", ".join(f"{counts[side]} {side}" for side in SIDES)
    console.print(f"{folder}: {said}", highlight=False, markup=False, soft_wrap=True)
    console.print(
        f"{done['written']} files written, {done['kept']} kept, {done['removed']} removed"
    )
    if counts["mixed"]:
        print_note(
            f"{counts['mixed']} pictures are left out: their scene's photo and their objects' are "
            "on different sides of the split (docs/reference/dataset.md)"
        )
    for side in ("train", "val"):
        if not counts[side]:
            print_note(f"{side} is empty: most trainers want some; add photos")


def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Made if missing.")],
    kind: Annotated[
        Literal["yolo", "coco"], typer.Option("--format", help="yolo or coco.")
    ] = "yolo",
    segments: Annotated[
        bool, typer.Option("--segments", help="YOLO: outlines instead of boxes.")
    ] = False,
    copy: Annotated[
        bool, typer.Option("--copy", help="Copy pictures instead of linking them.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Lay the dataset into a folder as YOLO or COCO trainers read it; again, and it follows."""
    workspace = existing_workspace()
    if segments and kind == "coco":
        raise NstError("--segments is for YOLO: the COCO files hold outlines anyway")
    if Path(str(workspace.root)).resolve() in (folder.resolve(), *folder.resolve().parents):
        raise NstError(f"{folder} is part of the data in {workspace.root}: give another folder")
    with busy("reading the dataset"):
        rows = _rows(workspace)
        files = _files(workspace, rows, kind, segments=segments)
    with bars() as progress:
        task = progress.add_task("exporting", total=len(files))
        done = write_export(folder, files, copy=copy, on_file=lambda: progress.advance(task))
    counts = Counter(rows.drop_duplicates("image_id").split)
    if as_json:
        print_json({"folder": str(folder), "pictures": dict(counts), **vars(done)})
    else:
        _tell(folder, counts, vars(done))
