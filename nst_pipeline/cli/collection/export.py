"""`nst export`: the dataset in a separate folder, for YOLO or COCO detectors."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
import typer
from upath import UPath

from nst_pipeline.cli.output import Json, bars, busy, print_json, print_line, print_note
from nst_pipeline.errors import NstError
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.engine.workspace import Workspace, existing_workspace
from nst_pipeline.pipeline.steps.dataset import dataset
from nst_pipeline.pipeline.steps.reviewed import review_states
from nst_pipeline.publish.coco import CocoDataset
from nst_pipeline.publish.export import Exported, Files, coco_files, write_export, yolo_files
from nst_pipeline.publish.splits import SIDES
from nst_pipeline.storage import artifact_files as files
from nst_pipeline.storage.keys import ALL

Format = Literal["yolo", "coco"]


def _read(workspace: Workspace, name: str) -> bytes:
    try:
        return workspace.store.read(dataset.name, ALL, name)
    except FileNotFoundError:
        raise NstError(f"{workspace.root} has no dataset yet: run `nst run`") from None


def _annotations(workspace: Workspace) -> pd.DataFrame:
    rows = pd.read_parquet(io.BytesIO(_read(workspace, files.ANNOTATIONS_TABLE)))
    if "naturalness" not in rows.columns:
        raise NstError(
            f"an earlier version made the dataset in {workspace.root}: update it with `nst run`"
        )
    if rows.empty:
        raise NstError(f"the dataset in {workspace.root} is empty: `nst status` gives the reasons")
    return rows


def _natural_enough(workspace: Workspace, rows: pd.DataFrame, least: float) -> pd.DataFrame:
    """Keep the pictures from a naturalness on; without a limit, also those that have none."""
    if least == 0:
        return rows
    kept = rows[rows.naturalness >= least]
    if kept.empty:
        raise NstError(
            f"no picture in {workspace.root} has a naturalness of {least} or more; the highest is "
            f"{rows.naturalness.max():.2f}: lower --min-naturalness"
        )
    return kept


def _kept_in_review(workspace: Workspace, rows: pd.DataFrame, *, approved: bool) -> pd.DataFrame:
    """Leave out what was rejected; with `approved`, also what was not approved as it is now."""
    snapshot = Snapshot(workspace)
    kept = rows[~rows.scene.isin(snapshot.review.rejected)]
    if approved:
        states = review_states(snapshot)
        kept = kept[[states.get(key) == "approved" for key in kept.scene]]
    if kept.empty:
        raise NstError(
            f"no picture in {workspace.root} is {'approved' if approved else 'left'}: "
            "decide in `nst review`"
        )
    return kept


def _files(workspace: Workspace, rows: pd.DataFrame, kind: Format, *, segments: bool) -> Files:
    artifacts = workspace.store.folder(dataset.name).parent

    def picture(file_name: str) -> UPath:
        return artifacts / file_name.removeprefix("../")

    if kind == "coco":
        coco = CocoDataset.model_validate_json(_read(workspace, files.COCO))
        kept = [each for each in coco.images if each.id in set(rows.image_id)]
        return coco_files(coco.model_copy(update={"images": kept}), rows, picture)
    return yolo_files(rows, picture, segments=segments)


def _print_summary(folder: Path, counts: Counter[str], exported: Exported) -> None:
    sides = ", ".join(f"{counts[side]} {side}" for side in SIDES)
    print_line(f"{folder}: {sides}")
    print_line(
        f"{exported.written} files written, {exported.kept} unchanged, {exported.removed} removed"
    )
    if counts["mixed"]:
        print_note(
            f"{counts['mixed']} pictures are left out: their photos belong to different sides of "
            "the split (docs/reference/dataset.md)"
        )
    for side in ("train", "val"):
        if not counts[side]:
            print_note(f"{side} is empty, which most training tools refuse: add photos")


def export(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Output folder; created if missing.")
    ],
    kind: Annotated[Format, typer.Option("--format", help="Layout of the files.")] = "yolo",
    segments: Annotated[
        bool, typer.Option("--segments", help="YOLO: write outlines instead of boxes.")
    ] = False,
    min_naturalness: Annotated[
        float,
        typer.Option(min=0, max=1, help="Leave out pictures with a lower naturalness."),
    ] = 0.0,
    approved: Annotated[
        bool, typer.Option("--approved", help="Only pictures that `nst review` approved.")
    ] = False,
    copy: Annotated[
        bool, typer.Option("--copy", help="Copy pictures instead of hard-linking them.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Export the dataset to a folder in YOLO or COCO layout.

    Exporting again updates the folder: only files that changed are written or removed.
    """
    workspace = existing_workspace()
    if segments and kind == "coco":
        raise NstError("--segments is for YOLO; COCO files always contain outlines")
    if Path(str(workspace.root)).resolve() in (folder.resolve(), *folder.resolve().parents):
        raise NstError(f"{folder} is inside the data folder {workspace.root}: give another folder")
    with busy("reading the dataset"):
        rows = _kept_in_review(workspace, _annotations(workspace), approved=approved)
        rows = _natural_enough(workspace, rows, min_naturalness)
        content = _files(workspace, rows, kind, segments=segments)
    with bars() as display:
        task = display.add_task("exporting", total=len(content))
        exported = write_export(folder, content, copy=copy, on_file=lambda: display.advance(task))
    counts = Counter(rows.drop_duplicates("image_id").split)
    if as_json:
        print_json({"folder": str(folder), "pictures": dict(counts), **vars(exported)})
    else:
        _print_summary(folder, counts, exported)
