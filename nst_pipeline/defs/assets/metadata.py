"""Metadata for the UI: pictures, figures, and inputs of artifacts; counts and failures of runs."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from statistics import median
from typing import Any

import dagster as dg

from nst_pipeline.pipeline.engine.asset import Asset
from nst_pipeline.pipeline.engine.batch import Outcome
from nst_pipeline.pipeline.engine.pictures import WIDTH_PX
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.engine.workspace import Workspace
from nst_pipeline.pipeline.steps.gallery import gallery
from nst_pipeline.publish.contact_sheet import contact_sheet
from nst_pipeline.publish.thumbnails import inline_webp
from nst_pipeline.storage.artifact_files import GALLERY_PAGE, is_picture
from nst_pipeline.storage.catalog import Row, Status
from nst_pipeline.storage.keys import ALL
from nst_pipeline.vision.shapes import Picture

_MOST_LISTED = 50
"""Rows in a table of the UI; the catalog has them all."""
_DIGEST_SHOWN = 12
"""Hex digits that tell artifacts apart at a glance; the catalog has all 64."""
_FIGURES_SHOWN = 4
"""Significant digits of a score or a loss."""
_ON_SHEET, _SHEET_COLUMNS = 12, 4
"""Pictures of a run on one sheet, and its columns: about as wide as the UI's window for it."""


def _round(value: Any) -> Any:
    return float(f"{value:.{_FIGURES_SHOWN}g}") if isinstance(value, float) else value


def _rounded(figures: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _round(value) for name, value in figures.items()}


def table_metadata(rows: Iterable[Mapping[str, Any]]) -> dg.TableMetadataValue:
    """Return a table of rows of plain values, at most 50 of them; what a row lacks is empty."""
    listed = [*islice(rows, _MOST_LISTED)]
    columns = dict.fromkeys(name for row in listed for name in row)
    # Dagster refuses a table whose rows have different fields.
    records = [dg.TableRecord({name: row.get(name, "") for name in columns}) for row in listed]
    return dg.MetadataValue.table(
        records, schema=dg.TableSchema([dg.TableColumn(name) for name in columns])
    )


def picture_metadata(picture: Picture, label: str) -> dg.MarkdownMetadataValue:
    """Embed a picture in the UI's page."""
    return dg.MetadataValue.md(f"![{label}]({inline_webp(picture, side=WIDTH_PX)})")


def columns_metadata(asset: Asset) -> dict[str, Any]:
    """Describe the columns of the table that an asset writes, for its definition."""
    columns = asset.presentation.columns
    schema = dg.TableSchema(
        [dg.TableColumn(each.name, str(each.type), each.meaning) for each in columns]
    )
    return {"dagster/column_schema": schema} if columns else {}


def row_metadata(workspace: Workspace, asset: Asset, row: Row, *, rich: bool) -> dict[str, Any]:
    """Return the metadata of a materialization.

    Parameters
    ----------
    workspace, asset, row
        The artifact.
    rich
        Add pictures (at the top), tables, and inputs.
    """
    presentation, is_good = asset.presentation, row.status == "ok"
    pictures = presentation.pictures(workspace, row) if rich and is_good else {}
    metadata: dict[str, Any] = {
        label: picture_metadata(picture, f"{label} of {row.key}")
        for label, picture in pictures.items()
    }
    if page := _gallery_page(workspace, asset, row):
        metadata["gallery"] = page
    metadata["status"] = row.status
    if row.error:
        metadata["empty because"] = row.error
    metadata |= _rounded(row.figures)
    metadata["seconds"] = dg.MetadataValue.float(round(row.seconds, 3))
    metadata["made at"] = dg.MetadataValue.timestamp(row.made_at)
    if presentation.counts_rows in row.figures:
        metadata["dagster/row_count"] = int(row.figures[presentation.counts_rows])
    metadata["digest"] = row.digest[:_DIGEST_SHOWN]
    if row.path:
        metadata["path"] = dg.MetadataValue.path(str(workspace.root / row.path))
    return metadata | (_tables(workspace, asset, row) if rich else {})


def _gallery_page(workspace: Workspace, asset: Asset, row: Row) -> dg.MetadataValue | None:
    """Link to the gallery's page of a scene; name its file if the gallery has no address.

    Browsers open no file from a page of a server.
    """
    if asset.inbox != "scenes" and asset.name != gallery.name:
        return None
    page = f"scenes/{row.key}.html" if asset.inbox else GALLERY_PAGE
    if url := workspace.settings.run.gallery_url:
        return dg.MetadataValue.url(f"{url.rstrip('/')}/{page}")
    return dg.MetadataValue.path(str(workspace.store.path(gallery.name, ALL, page)))


def _tables(workspace: Workspace, asset: Asset, row: Row) -> dict[str, dg.TableMetadataValue]:
    tables = asset.presentation.tables(workspace, row) if row.status == "ok" else {}
    metadata = {
        title: table_metadata(_rounded(each) for each in rows) for title, rows in tables.items()
    }
    unused = asset.presentation.unused(workspace, row)
    for title, inputs in {
        "inputs": [each for each in row.inputs if each not in unused],
        "considered, but not used": unused,
    }.items():
        if inputs:
            metadata[title] = table_metadata(
                {"asset": each.asset, "key": each.key, "digest": each.digest[:_DIGEST_SHOWN]}
                for each in inputs
            )
    return metadata


def figures_metadata(rows: Sequence[Row], names: Iterable[str]) -> dict[str, float]:
    """Return the median and the lowest value of some figures, which the UI plots over time."""
    metadata: dict[str, float] = {}
    for name in names:
        values = [float(row.figures[name]) for row in rows if name in row.figures]
        if values:
            metadata |= {f"median {name}": median(values), f"lowest {name}": min(values)}
    return _rounded(metadata)


def without_result(
    snapshot: Snapshot, asset: Asset, outcome: Outcome
) -> dict[Status, dict[str, str]]:
    """Return the reasons, by key, of all the asset's images that failed or are empty after a run.

    Those of deleted photos are left out.
    """
    now = {**outcome.made, **outcome.failed}
    states = snapshot.workspace.catalog.without_result(asset.name)
    states |= {key: (row.status, row.error) for key, row in now.items()}
    found: dict[Status, dict[str, str]] = {"failed": {}, "empty": {}, "ok": {}}
    for key in sorted(states):
        if snapshot.has_key(asset, key):
            status, reason = states[key]
            found[status][key] = reason
    return found


def _worst(asset: Asset, made: Sequence[Row]) -> list[Row]:
    """Return the worst images of a run by the figure `ranked_by`, or the first ones without it."""
    good, ranked_by = [row for row in made if row.status == "ok"], asset.presentation.ranked_by
    worst_first = sorted(good, key=lambda row: row.figures[ranked_by] if ranked_by else row.key)
    return worst_first[:_ON_SHEET]


def _sheet(workspace: Workspace, rows: Sequence[Row]) -> Picture | None:
    """Put the first picture of each artifact on one sheet."""
    files = [(row, next(filter(is_picture, row.files), "")) for row in rows]
    pictures = [
        (row.key, workspace.store.picture(row.asset, row.key, name, state=row))
        for row, name in files
        if name
    ]
    return contact_sheet(pictures, columns=_SHEET_COLUMNS) if pictures else None


def reasons_metadata(found: Mapping[str, str]) -> dg.TableMetadataValue:
    """Return a table of images and why they failed, or are empty."""
    return table_metadata({"key": key, "reason": reason} for key, reason in found.items())


def quarantine_metadata(
    snapshot: Snapshot, asset: Asset, outcome: Outcome, failed: Mapping[str, str]
) -> dict[str, Any]:
    """Return a run's counts, the failed images with reasons, and the worst of several images."""
    made, ranked_by = list(outcome.made.values()), asset.presentation.ranked_by
    metadata: dict[str, Any] = {
        "quarantined": len(failed),
        "this run": f"{len(made)} made, {len(outcome.skipped)} up to date, "
        f"{len(outcome.waiting)} passed over",
        **figures_metadata(made, [ranked_by] if ranked_by else []),
    }
    if made:
        metadata["median seconds"] = _round(median(row.seconds for row in made))
    if failed:
        metadata["images"] = reasons_metadata(failed)
    rows = _worst(asset, made)
    if len(rows) > 1:
        metadata["look at first"] = table_metadata(
            {"key": row.key, **_rounded(row.figures)} for row in rows
        )
        sheet = _sheet(snapshot.workspace, rows)
        if sheet is not None:
            metadata["look at first: pictures"] = picture_metadata(
                sheet, "pictures to look at first"
            )
    return metadata
