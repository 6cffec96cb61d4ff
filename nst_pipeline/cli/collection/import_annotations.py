"""`nst import`: annotations of other tools as sidecars of the photos."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from nst_pipeline.cli.output import (
    LIST_LIMIT,
    Json,
    print_json,
    print_line,
    print_note,
    print_table,
)
from nst_pipeline.errors import NstError
from nst_pipeline.pipeline.engine.workspace import Inbox, existing_workspace
from nst_pipeline.storage.annotation_files.annotated import AnnotatedPicture, Note
from nst_pipeline.storage.annotation_files.read import by_name, read_annotation_file
from nst_pipeline.storage.listing import list_inbox
from nst_pipeline.storage.sidecars.marked import write_marked
from nst_pipeline.storage.sidecars.matching import match_names
from nst_pipeline.storage.sidecars.names import normalized_path

_SUFFIXES = (".json", ".xml", ".zip")


def _files_in(paths: Sequence[Path]) -> list[Path]:
    """Return the files, and those in the folders, with a suffix of an annotation file."""
    files: list[Path] = []
    for path in paths:
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        found = [each for each in inside if each.suffix.lower() in _SUFFIXES and each.is_file()]
        if not found:
            raise NstError(f"{path} has no file {', '.join(_SUFFIXES)}: give what a tool exported")
        files += found
    return files


def _read(paths: Sequence[Path], note: Note) -> list[AnnotatedPicture]:
    pictures = [each for path in _files_in(paths) for each in read_annotation_file(path, note)]
    joined = by_name([each for each in pictures if each.objects])
    return list(joined.values())


def import_annotations(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="What LabelMe, Label Studio, CVAT, FiftyOne or another tool exported: JSON, XML, "
            "ZIP, or a folder of such files.",
        ),
    ],
    inbox: Annotated[
        Inbox, typer.Option(help="The folder of the photos that are annotated.")
    ] = "objects",
    as_json: Json = False,
) -> None:
    """Import annotations of other tools: write `NAME.coco.json` beside each photo NAME.

    Importing again writes them again. A file that is there already is kept as `.bak`.
    """
    notes: list[str] = []
    folder = existing_workspace().inbox_folder(inbox)
    photos = [each.path for each in list_inbox(folder).photos]
    pictures = {normalized_path(each.name): each for each in _read(paths, notes.append)}
    matched = match_names(pictures, photos)
    if not matched:
        raise NstError(
            f"none of the {len(pictures)} annotated pictures is a photo in {folder}: copy the "
            "photos there, under the names that they had in the tool"
        )
    rows: list[dict[str, Any]] = []
    for photo, name in sorted(matched.items()):
        each = pictures[name]
        path = write_marked(folder, photo, each.width, each.height, each.objects, is_edit=False)
        rows.append({"photo": photo, "objects": len(each.objects), "file": path.name})
    lost = sorted(pictures.keys() - set(matched.values()))
    if as_json:
        print_json({"imported": rows, "unmatched": lost, "notes": notes})
        return
    values = [list(row.values()) for row in rows]
    print_table("Imported", list(rows[0]), values, limit=LIST_LIMIT)
    for note in notes:
        print_note(note)
    if lost:
        print_note(f"{len(lost)} pictures are no photos in {folder}: {', '.join(lost[:5])}")
    print_line("Now run `nst run`.")
