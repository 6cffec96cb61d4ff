"""What the UI shows of an artifact: its photo, its files, or two pictures side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from nst_pipeline.pipeline.engine.workspace import Collection, Workspace
from nst_pipeline.publish.thumbnails import before_after, with_boxes
from nst_pipeline.storage import artifact_files as files
from nst_pipeline.storage.catalog import Row
from nst_pipeline.vision.shapes import Box, Picture

PicturesOf = Callable[[Workspace, Row], Mapping[str, Picture]]
"""Returns, for one artifact, label to picture."""

WIDTH_PX = 900
"""The UI's window for a picture is about this wide."""


def picture_files(workspace: Workspace, row: Row) -> dict[str, Picture]:
    """Return every picture among an artifact's files, labeled by its name."""
    labels = {
        name: files.without_picture_suffix(name).strip(".").replace("_", " ")
        for name in row.files
        if files.is_picture(name)
    }
    return {
        f"sticker {label}" if label.isdigit() else label: workspace.store.picture(
            row.asset, row.key, name
        )
        for name, label in labels.items()
    }


def photo_itself(collection: Collection) -> PicturesOf:
    """Show the photo of an inbox that the artifact describes."""
    return lambda workspace, row: {"photo": workspace.photo(collection, row.key)}


def boxes_on_photo(
    collection: Collection, boxes: Callable[[Workspace, Row], Iterable[Box]]
) -> PicturesOf:
    """Show the artifact's photo with boxes drawn on it."""

    def pictures(workspace: Workspace, row: Row) -> dict[str, Picture]:
        photo = workspace.photo(collection, row.key)
        return {"boxes": with_boxes(photo, list(boxes(workspace, row)), side=WIDTH_PX)}

    return pictures


def beside_photo(collection: Collection, label: str) -> PicturesOf:
    """Show the artifact's picture to the right of its photo."""

    def pictures(workspace: Workspace, row: Row) -> dict[str, Picture]:
        own = workspace.store.picture(row.asset, row.key)
        return {label: before_after(workspace.photo(collection, row.key), own)}

    return pictures


def beside_picture(asset: str, pairs: Mapping[str, tuple[str, str]]) -> PicturesOf:
    """Show the artifact's pictures to the right of another asset's.

    Parameters
    ----------
    asset
        The other asset.
    pairs
        Label to the other asset's file and the artifact's own file.
    """

    def pictures(workspace: Workspace, row: Row) -> dict[str, Picture]:
        read = workspace.store.picture
        return {
            label: before_after(read(asset, row.key, left), read(row.asset, row.key, right))
            for label, (left, right) in pairs.items()
        }

    return pictures


def single_picture(label: str, name: str) -> PicturesOf:
    """Show one file of the artifact by itself."""
    return lambda workspace, row: {label: workspace.store.picture(row.asset, row.key, name)}


def in_turn(*parts: PicturesOf) -> PicturesOf:
    """Show the pictures of several parts, one after another."""

    def pictures(workspace: Workspace, row: Row) -> dict[str, Picture]:
        return {label: each for part in parts for label, each in part(workspace, row).items()}

    return pictures
