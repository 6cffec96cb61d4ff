"""`nst export`: the dataset in a separate folder, in the layouts that trainers read."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
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
from nst_pipeline.pipeline.upkeep.negatives import negative_scenes
from nst_pipeline.pipeline.upkeep.unlabeled import unlabeled_objects
from nst_pipeline.publish.coco import CocoDataset
from nst_pipeline.publish.coco_file import read_coco
from nst_pipeline.publish.export import (
    CATEGORIES,
    FIGURES,
    Exported,
    ExportPicture,
    Files,
    coco_files,
    composites_of,
    figures_csv,
    hugging_face_files,
    negatives_of,
    number_labels,
    read_labels,
    renumbered,
    voc_files,
    webdataset_files,
    write_export,
    yolo_files,
)
from nst_pipeline.publish.export.division import (
    Division,
    divide,
    own_division,
    parse_shares,
    photos_of,
    whole,
)
from nst_pipeline.storage import artifact_files as files
from nst_pipeline.storage.data_root import root_at
from nst_pipeline.storage.files import LOCAL
from nst_pipeline.storage.keys import ALL
from nst_pipeline.storage.objects.access import is_object_store

Format = Literal["yolo", "coco", "voc", "huggingface", "webdataset"]


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


def _coco(workspace: Workspace) -> CocoDataset:
    path = workspace.store.path(dataset.name, ALL, files.COCO)
    return read_coco(lambda: path.open("r", encoding="utf-8"))


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


def _division(rows: pd.DataFrame, split: str | None, *, everything: bool) -> Division:
    """Divide the pictures; by default by the dataset's own splits.

    Raises
    ------
    NstError
        Nothing would be left to train on, or to validate with.
    """
    if everything:
        return whole(rows)
    if split is not None:
        return divide(photos_of(rows), parse_shares(split))
    division = own_division(rows)
    counts = Counter(division.parts.values())
    missing = [side for side in ("train", "val") if not counts[side]]
    if missing:
        raise NstError(
            f"{' and '.join(missing)} would be empty, since the dataset's own splits are by chance "
            f"and need many photos: divide these {rows.scene.nunique()} pictures with "
            "--split 80/10/10, or export them in one part with --all"
        )
    return division


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


def _folder(place: str) -> Path | UPath:
    """Return the folder, or the URL of an object store, that an argument names."""
    scheme, separator, _ = place.partition("://")
    return root_at(place) if separator and is_object_store(scheme) else Path(place)


def _labels(folder: Path | UPath, given: Path | None, coco: CocoDataset) -> list[str]:
    """List the labels by number: as given, or as in the folder, and then the new ones."""
    before = folder / CATEGORIES
    source = given or (before if before.is_file() else None)
    kept = [] if source is None else read_labels(source)
    return number_labels((each.name for each in coco.categories), kept)


def _numbered(rows: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    numbers = {name: number for number, name in enumerate(labels, start=1)}
    return rows.assign(category_id=rows.label.map(numbers))


def _pictures(
    workspace: Workspace,
    rows: pd.DataFrame,
    division: Division,
    negatives: float,
    unlabeled: Collection[str],
) -> list[ExportPicture]:
    artifacts = workspace.store.folder(dataset.name).parent

    def locate(file_name: str) -> UPath:
        return artifacts / file_name.removeprefix("../")

    composites = [*composites_of(rows, division.parts, locate)]
    if not negatives:
        return composites
    sides = division.side_of_photo(photos_of(rows))
    scenes = negative_scenes(workspace, rows, unlabeled)
    return composites + negatives_of(scenes, composites, sides, division.shares, negatives)


def _files(
    kind: Format,
    coco: CocoDataset,
    pictures: Sequence[ExportPicture],
    labels: Sequence[str],
    *,
    segments: bool,
) -> Files:
    match kind:
        case "coco":
            return coco_files(renumbered(coco, labels), pictures)
        case "voc":
            return voc_files(pictures)
        case "huggingface":
            return hugging_face_files(pictures)
        case "webdataset":
            return webdataset_files(pictures)
        case _:
            return yolo_files(pictures, labels, segments=segments)


def _counts(pictures: Sequence[ExportPicture], shares: Division) -> dict[str, dict[str, int]]:
    """Count the pictures of each part, with and without objects."""
    counted = Counter((each.part, bool(each.objects)) for each in pictures)
    return {
        side: {"composites": counted[side, True], "negatives": counted[side, False]}
        for side in shares.shares
    }


def _unlabeled(shown: Mapping[str, set[str]], division: Division) -> dict[str, int]:
    """Count the exported pictures that show an unlabeled thing, by its label."""
    return dict(Counter(label for key in division.parts for label in sorted(shown.get(key, ()))))


def _print_summary(
    folder: Path | UPath,
    counts: dict[str, dict[str, int]],
    left_out: int,
    division: Division,
    exported: Exported,
    unlabeled: Mapping[str, int],
) -> None:
    without = {name: each["negatives"] for name, each in counts.items() if each["negatives"]}
    sides = ", ".join(f"{each['composites']} {name}" for name, each in counts.items())
    print_line(f"{folder}: {sides}")
    if without:
        listed = ", ".join(f"{count} {name}" for name, count in without.items())
        print_line(f"besides, scenes without objects: {listed}")
    print_line(
        f"{exported.written} files written, {exported.kept} unchanged, {exported.removed} removed"
    )
    if left_out:
        print_note(
            f"{left_out} pictures are left out: their photos belong to different sides of the "
            "dataset's own splits (docs/reference/dataset.md); --split uses them, too"
        )
    if division.shared_photos:
        print_note(
            f"photos whose objects are in more than one part: {division.shared_photos}, because "
            "too many scenes share them (docs/reference/dataset.md)"
        )
    if unlabeled:
        listed = ", ".join(f"{label} in {count}" for label, count in unlabeled.items())
        print_note(
            f"scene photos show things of the dataset's labels that nobody annotated: {listed} "
            "pictures; a detector learns that they are none (docs/reference/dataset.md)"
        )


def _finish(
    folder: Path | UPath,
    counts: dict[str, dict[str, int]],
    left_out: int,
    division: Division,
    exported: Exported,
    unlabeled: Mapping[str, int],
    *,
    as_json: bool,
) -> None:
    if not as_json:
        _print_summary(folder, counts, left_out, division, exported, unlabeled)
        return
    found = {"pictures": counts, "left out": left_out, **vars(exported)}
    shared = {"photos in more than one part": division.shared_photos}
    print_json({"folder": str(folder), **found, **shared, "unlabeled": unlabeled})


def _is_inside(folder: Path | UPath, root: UPath) -> bool:
    if isinstance(folder, Path) and root.protocol in LOCAL:
        return Path(root.path).resolve() in (folder.resolve(), *folder.resolve().parents)
    return f"{folder}/".startswith(f"{root}/")


def _check(
    folder: Path | UPath, workspace: Workspace, kind: Format, segments: bool, both: bool
) -> None:
    if segments and kind != "yolo":
        raise NstError("--segments is for YOLO; the other formats always contain outlines, or none")
    if both:
        raise NstError("--all puts all pictures into one part: leave out --split")
    if _is_inside(folder, workspace.root):
        raise NstError(f"{folder} is inside the data folder {workspace.root}: give another folder")


def export(
    place: Annotated[
        str,
        typer.Argument(
            metavar="DIR",
            help="Output folder, created if missing, or a URL such as s3://bucket/folder.",
        ),
    ],
    kind: Annotated[Format, typer.Option("--format", help="Layout of the files.")] = "yolo",
    segments: Annotated[
        bool, typer.Option("--segments", help="YOLO: write outlines instead of boxes.")
    ] = False,
    split: Annotated[
        str | None,
        typer.Option(
            metavar="SHARES",
            help="Divide the pictures by their photos into train, val and test, such as 80/10/10 "
            "or 80/20. Default: the dataset's own splits, which never change.",
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Export all pictures in one part, train.")
    ] = False,
    negatives: Annotated[
        float,
        typer.Option(
            min=0,
            max=0.9,
            metavar="SHARE",
            help="Share of each part's pictures that show a scene without objects.",
        ),
    ] = 0.0,
    min_naturalness: Annotated[
        float,
        typer.Option(min=0, max=1, help="Leave out pictures with a lower naturalness."),
    ] = 0.0,
    approved: Annotated[
        bool, typer.Option("--approved", help="Only pictures that `nst review` approved.")
    ] = False,
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            metavar="FILE",
            help="Labels by number, one a line or a JSON list; others follow. Default: as in an "
            "earlier export to DIR, else by name.",
        ),
    ] = None,
    copy: Annotated[
        bool, typer.Option("--copy", help="Copy pictures instead of hard-linking them.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Export the dataset to a folder in the layout that a trainer reads.

    There are always pictures to train on and to validate with, or the command fails. Exporting
    again updates the folder: only files that changed are written or removed.
    """
    workspace, folder = existing_workspace(), _folder(place)
    _check(folder, workspace, kind, segments, everything and split is not None)
    with busy("reading the dataset"):
        rows = _kept_in_review(workspace, _annotations(workspace), approved=approved)
        rows = _natural_enough(workspace, rows, min_naturalness)
        division = _division(rows, split, everything=everything)
        coco = _coco(workspace)
        names = _labels(folder, labels, coco)
        shown = unlabeled_objects(workspace, names)
        pictures = _pictures(workspace, _numbered(rows, names), division, negatives, shown.keys())
        content = dict(_files(kind, coco, pictures, names, segments=segments))
        content[FIGURES] = figures_csv(rows, division.parts)
        content[CATEGORIES] = json.dumps(names, ensure_ascii=False).encode()
    with bars() as display:
        task = display.add_task("exporting", total=len(content))
        exported = write_export(folder, content, copy=copy, on_file=lambda: display.advance(task))
    left_out = rows.scene.nunique() - len(division.parts)
    counts, unlabeled = _counts(pictures, division), _unlabeled(shown, division)
    _finish(folder, counts, left_out, division, exported, unlabeled, as_json=as_json)
