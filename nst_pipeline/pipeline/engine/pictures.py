"""Pictures of an artifact for the UI: its photo, its files, or two pictures side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from nst_pipeline.pipeline.engine.workspace import Inbox, Workspace
from nst_pipeline.publish.thumbnails import before_after, with_boxes
from nst_pipeline.storage import artifact_files as files
from nst_pipeline.storage.catalog import Row
from nst_pipeline.vision.shapes import Box, Picture

PicturesOf = Callable[[Workspace, Row], Mapping[str, Picture]]
"""Return the pictures of one artifact by label."""

WIDTH_PX = 900
"""Width of the UI's window for a picture, roughly."""


def picture_files(workspace: Workspace, row: Row) -> dict[str, Picture]:
    """Return every picture among an artifact's files, labeled with the file's name."""
    labels = {
        name: files.without_picture_suffix(name).strip(".").replace("_", " ")
        for name in row.files
        if files.is_picture(name)
    }
    return {
        f"sticker {label}" if label.isdigit() else label: workspace.store.picture(
            row.asset, row.key, name, state=row
        )
        for name, label in labels.items()
    }


def photo_itself(inbox: Inbox) -> PicturesOf:
    """Show the photo with the artifact's key."""
    return lambda workspace, row: {"photo": workspace.photo(inbox, row.key)}


def boxes_on_photo(inbox: Inbox, boxes: Callable[[Workspace, Row], Iterable[Box]]) -> PicturesOf:
    """Show the photo with the artifact's key, with boxes drawn on it."""

    def pictures(workspace: Workspace, row: Row) -> dict[str, Picture]:
        photo = workspace.photo(inbox, row.key)
        return {"boxes": with_boxes(photo, list(boxes(workspace, row)), side=WIDTH_PX)}

    return pictures


def beside_photo(inbox: Inbox, label: str) -> PicturesOf:
    """Show the artifact's picture to the right of the photo with its key."""

    def pictures(workspace: Workspace, row: Row) -> dict[str, Picture]:
        own = workspace.store.picture(row.asset, row.key, state=row)
        return {label: before_after(workspace.photo(inbox, row.key), own)}

    return pictures


def beside_picture(asset: str, pairs: Mapping[str, tuple[str, str]]) -> PicturesOf:
    """Show the artifact's pictures to the right of another asset's.

    Parameters
    ----------
    asset
        Name of the other asset.
    pairs
        For each label, the other asset's file and the artifact's own.
    """

    def pictures(workspace: Workspace, row: Row) -> dict[str, Picture]:
        read = workspace.store.picture
        return {
            label: before_after(read(asset, row.key, left), read(row.asset, row.key, right))
            for label, (left, right) in pairs.items()
        }

    return pictures


def single_picture(label: str, name: str) -> PicturesOf:
    """Show one file of the artifact."""
    return lambda workspace, row: {
        label: workspace.store.picture(row.asset, row.key, name, state=row)
    }


def in_turn(*parts: PicturesOf) -> PicturesOf:
    """Show the pictures of several functions, one after another."""

    def pictures(workspace: Workspace, row: Row) -> dict[str, Picture]:
        return {label: each for part in parts for label, each in part(workspace, row).items()}

    return pictures
