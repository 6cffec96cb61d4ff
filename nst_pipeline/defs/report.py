"""What the UI shows of an artifact and of a batch: pictures, figures, inputs, failures."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dagster as dg

from nst_pipeline.pipeline.engine.batch import Outcome
from nst_pipeline.pipeline.engine.graph import Node
from nst_pipeline.pipeline.engine.snapshot import View
from nst_pipeline.pipeline.engine.workspace import Collection, Workspace
from nst_pipeline.publish.contact_sheet import contact_sheet
from nst_pipeline.publish.thumbnails import before_after, inline_webp, with_boxes
from nst_pipeline.storage.catalog import ArtifactState, Row
from nst_pipeline.vision.shapes import Box, Picture

_MOST_LISTED = 50
"""Rows in a table of the UI; the catalog has them all."""
_DIGEST_SHOWN = 12
"""Hex digits that tell artifacts apart at a glance; the catalog has all 64."""
_FIGURES_SHOWN = 4
"""Significant digits of a score or a loss."""
_ON_SHEET, _SHEET_COLUMNS = 12, 4
"""A batch shows so many pictures, as wide together as the UI's window for them."""
_SIDE_PX = 900
"""The UI's window for a picture is about so wide; most screens show it without loss."""
_RANKED_BY = ("score", "quality")
"""The figure that tells which pictures of a batch to look at first: those where it is low."""

_PHOTOS: dict[str, Collection] = {"object_photos": "objects", "scene_photos": "scenes"}
_PAIRS = {
    "composites": {"scene and composite": ("scene_photos", "", ".png")},
    "model_inputs": {
        f"{recipe}: content and style": (
            "model_inputs",
            f".{recipe}.content.png",
            f".{recipe}.style.png",
        )
        for recipe in ("left", "right")
    },
    "stylized_magenta": {
        f"{recipe}: before and after": ("model_inputs", f".{recipe}.content.png", f".{recipe}.png")
        for recipe in ("left", "right")
    },
    "stylized_vgg19": {"before and after": ("composites", ".png", ".png")},
    "harmonized": {"before and after": ("composites", ".png", ".png")},
}
"""What is best seen side by side: the left picture's asset and file, and the right one's file."""
_ALONE = {"composites": {"mask": ".mask.png"}, "stylized_vgg19": {"loss curve": ".loss.png"}}
"""What is shown besides the pairs."""

_RECORDED = {"detections": ("label", "score", "source"), "placements": ("label", "sticker")}
"""What a table tells of each object, besides its box in pixels."""
_BOXES_ON: dict[str, Collection] = {"detections": "objects", "placements": "scenes"}
"""The photo on which the boxes are drawn."""

_ROWS_COUNTED = {"sticker_library": "stickers", "dataset": "annotations"}
"""The figure that counts a table's rows."""


def _rounded(figures: Mapping[str, float | str]) -> dict[str, float | str]:
    return {
        name: float(f"{value:.{_FIGURES_SHOWN}g}") if isinstance(value, float) else value
        for name, value in figures.items()
    }


def table_metadata(rows: Iterable[Mapping[str, Any]]) -> dg.TableMetadataValue:
    """Rows of plain values as a table, cut where it would be too long to read."""
    records = [dg.TableRecord(dict(row)) for row in rows][:_MOST_LISTED]
    columns = dict.fromkeys(name for record in records for name in record.data)
    return dg.MetadataValue.table(
        records, schema=dg.TableSchema([dg.TableColumn(name) for name in columns])
    )


def picture_metadata(picture: Picture, label: str) -> dg.MarkdownMetadataValue:
    """A picture that the UI shows where it stands."""
    return dg.MetadataValue.md(f"![{label}]({inline_webp(picture, side=_SIDE_PX)})")


def _picture(workspace: Workspace, asset: str, key: str, name: str) -> Picture:
    if asset in _PHOTOS:
        return workspace.photo(_PHOTOS[asset], key)
    return workspace.store.picture(asset, key, name)


def _files_shown(row: Row) -> dict[str, str]:
    """Label to file of the pictures that stand alone."""
    if row.asset in _PHOTOS:
        return {"photo": ""}
    if row.asset in _PAIRS:
        return _ALONE.get(row.asset, {})
    labels = {name: name.strip(".").removesuffix(".png").replace("_", " ") for name in row.files}
    return {
        f"sticker {label}" if label.isdigit() else label: name
        for name, label in labels.items()
        if name.endswith(".png")
    }


def _boxes_drawn(workspace: Workspace, row: Row) -> Picture:
    boxes = [Box(**each["box"]) for each in workspace.store.record(row.asset, row.key)]
    return with_boxes(workspace.photo(_BOXES_ON[row.asset], row.key), boxes, side=_SIDE_PX)


def _pictures(workspace: Workspace, row: Row) -> dict[str, Picture]:
    if row.status != "ok":
        return {}
    if row.asset in _BOXES_ON:
        return {"boxes": _boxes_drawn(workspace, row)}
    pairs = _PAIRS.get(row.asset, {})
    return {
        label: before_after(
            _picture(workspace, left, row.key, name), _picture(workspace, row.asset, row.key, right)
        )
        for label, (left, name, right) in pairs.items()
    } | {
        label: _picture(workspace, row.asset, row.key, name)
        for label, name in _files_shown(row).items()
    }


def _recorded(workspace: Workspace, row: Row) -> dg.TableMetadataValue:
    """The objects that the artifact's record tells of, and where they are in the picture."""
    records = workspace.store.record(row.asset, row.key)
    return table_metadata(
        {name: each[name] for name in _RECORDED[row.asset]}
        | {name: each["box"][name] for name in ("x", "y", "width", "height")}
        for each in records
    )


def row_metadata(workspace: Workspace, row: Row, *, rich: bool) -> dict[str, Any]:
    """Metadata of a materialization; `rich` adds the pictures, which stand first, and inputs."""
    pictures = _pictures(workspace, row) if rich else {}
    metadata: dict[str, Any] = {
        label: picture_metadata(picture, f"{label} of {row.key}")
        for label, picture in pictures.items()
    }
    metadata |= {"status": row.status}
    if row.error:
        metadata["empty because"] = row.error
    metadata |= _rounded(row.figures)
    metadata["seconds"] = dg.MetadataValue.float(round(row.seconds, 3))
    metadata["made at"] = dg.MetadataValue.timestamp(row.made_at)
    if row.asset in _ROWS_COUNTED and _ROWS_COUNTED[row.asset] in row.figures:
        metadata["dagster/row_count"] = int(row.figures[_ROWS_COUNTED[row.asset]])
    metadata["digest"] = row.digest[:_DIGEST_SHOWN]
    if row.path:
        metadata["path"] = dg.MetadataValue.path(str(workspace.root / row.path))
    return metadata | (_tables(workspace, row) if rich else {})


def _tables(workspace: Workspace, row: Row) -> dict[str, dg.TableMetadataValue]:
    """What a table tells best: the objects, the candidates, the inputs."""
    metadata = {}
    if row.status == "ok" and row.asset in _RECORDED:
        metadata["objects shown"] = _recorded(workspace, row)
    if row.status == "ok" and row.asset == "harmonized":
        scores: Mapping[str, float] = workspace.store.record(row.asset, row.key)["scores"]
        best_first = sorted(scores, key=scores.__getitem__, reverse=True)
        metadata["candidates"] = table_metadata(
            {"candidate": name, **_rounded({"score": scores[name]})} for name in best_first
        )
    if row.inputs:
        metadata["inputs"] = table_metadata(
            {"asset": each.asset, "key": each.key, "digest": each.digest[:_DIGEST_SHOWN]}
            for each in row.inputs
        )
    return metadata


def quarantined(view: View, node: Node, outcome: Outcome) -> dict[str, str]:
    """Why all of the asset's images failed that did when last tried, in this run or before."""
    before = view.workspace.catalog.states(node.name)
    rows: dict[str, ArtifactState | Row] = {**before, **outcome.made, **outcome.failed}
    return {
        key: rows[key].error
        for key in sorted(view.keys(node))
        if key in rows and rows[key].status == "failed"
    }


def _to_look_at(made: Sequence[Row]) -> list[Row]:
    """The batch's weakest images by the asset's own figure; without one, its first."""
    ok = [row for row in made if row.status == "ok"]
    ranked = next((name for name in _RANKED_BY if ok and name in ok[0].figures), None)
    return sorted(ok, key=lambda row: row.figures[ranked] if ranked else row.key)[:_ON_SHEET]


def _sheet(workspace: Workspace, rows: Sequence[Row]) -> Picture | None:
    """One picture of each: that of its first picture file."""
    files = [(row, next((name for name in row.files if name.endswith(".png")), "")) for row in rows]
    pictures = [
        (row.key, workspace.store.picture(row.asset, row.key, name)) for row, name in files if name
    ]
    return contact_sheet(pictures, columns=_SHEET_COLUMNS) if pictures else None


def check_metadata(view: View, outcome: Outcome, failed: Mapping[str, str]) -> dict[str, Any]:
    """The run's counts, the quarantined images with their reasons, and a batch's weakest."""
    metadata: dict[str, Any] = {
        "made": len(outcome.made),
        "up to date": len(outcome.skipped),
        "passed over": len(outcome.waiting),
        "quarantined": len(failed),
    }
    if failed:
        metadata["images"] = table_metadata(
            {"key": key, "error": error} for key, error in failed.items()
        )
    rows = _to_look_at(list(outcome.made.values()))
    if len(rows) > 1:
        metadata["look at first"] = table_metadata(
            {"key": row.key, **_rounded(row.figures)} for row in rows
        )
        sheet = _sheet(view.workspace, rows)
        if sheet is not None:
            metadata["look at first: pictures"] = picture_metadata(
                sheet, "pictures to look at first"
            )
    return metadata
