"""`nst status`: how many artifacts there are, and which failed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd
import pyarrow.compute as pc

from nst_pipeline.cli.output import (
    LIST_LIMIT,
    Json,
    busy,
    print_json,
    print_line,
    print_note,
    print_table,
)
from nst_pipeline.pipeline.engine.photos import NOTES
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.engine.workspace import INBOXES, Workspace, existing_workspace
from nst_pipeline.pipeline.steps import ASSETS
from nst_pipeline.pipeline.steps.harmonized import harmonized
from nst_pipeline.pipeline.steps.reviewed import ReviewCounts, count_review
from nst_pipeline.pipeline.steps.stickers import stickers
from nst_pipeline.pipeline.upkeep.reporting import not_used
from nst_pipeline.storage.keys import variant_number

_STATUSES = ("ok", "empty", "failed")
_PHOTOS_SHOWN = 5
"""Of those with one reason."""
_RESULTS = {
    stickers.name: ("object photo", "without a sticker"),
    harmonized.name: ("scene", "left empty"),
}
"""What is said of the photos for which the last asset of their inbox is empty."""


def _current_rows(workspace: Workspace) -> pd.DataFrame:
    """Asset, key, status and error of every artifact whose photo is still in its inbox."""
    table = workspace.catalog.table(("asset", "key", "status", "error"))
    return _without_deleted(workspace, table.to_pandas())


def _without_deleted(workspace: Workspace, frame: pd.DataFrame) -> pd.DataFrame:
    """Leave out the rows of photos that are no longer in their inbox."""
    retired = pd.Series(False, index=frame.index)
    for inbox in INBOXES:
        assets = [asset.name for asset in ASSETS if asset.inbox == inbox]
        keys = workspace.index(inbox).photos.keys()
        retired |= frame["asset"].isin(assets) & ~frame["key"].isin(keys)
    return frame[~retired]


def notes(workspace: Workspace) -> list[list[str]]:
    """List what is noted about the user's annotations and placements: asset, key and note."""
    table = workspace.catalog.table(("asset", "key", "status", "figures"))
    found = table.filter(pc.match_substring(table["figures"], f'"{NOTES}"')).to_pandas()
    noted = _without_deleted(workspace, found)
    return [
        [row["asset"], row["key"], json.loads(row["figures"])[NOTES]]
        for row in noted.to_dict("records")
        if row["status"] != "failed"
    ]


def counts(workspace: Workspace, runs: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Count each asset's artifacts by status.

    Parameters
    ----------
    workspace
        The collection.
    runs
        Ids of Dagster runs. With them, each row also says how many artifacts these runs made
        (`made now`) and how long that took (`seconds`).

    Returns
    -------
    list of dict
        One row for each asset, in the order of the graph.
    """
    frame = _current_rows(workspace)
    by_status = frame.groupby(["asset", "status"]).size()
    made = workspace.catalog.made_by(runs or []).to_pandas()
    rows: list[dict[str, Any]] = []
    for asset in ASSETS:
        row: dict[str, Any] = {"asset": asset.name}
        row |= {status: int(by_status.get((asset.name, status), 0)) for status in _STATUSES}
        if runs is not None:
            own = made[made["asset"] == asset.name]
            row |= {"made now": len(own), "seconds": round(float(own["seconds"].sum()), 1)}
        rows.append(row)
    return rows


def without_result(workspace: Workspace) -> str:
    """Count the photos that gave nothing: no sticker, or no composite; empty if there are none.

    A step that is switched off, or lacks its network, leaves no photo without a result.
    """
    frame = _current_rows(workspace)
    empty = frame[frame["status"] == "empty"]["asset"].value_counts()
    return ", ".join(
        f"{empty[name]} {photo}{'' if empty[name] == 1 else 's'} {state}"
        for name, (photo, state) in _RESULTS.items()
        if name in empty
    )


def empty_photos(workspace: Workspace, frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Say of which photos nothing was made, and why, each at the first asset that is empty.

    Parameters
    ----------
    workspace
        The collection.
    frame
        Asset, key, status and error of its artifacts.

    Returns
    -------
    list of dict
        One row for each asset and reason, with the photos' paths, in the order of the graph.
    """
    inboxes = {asset.name: asset.inbox for asset in ASSETS}
    order = {asset.name: number for number, asset in enumerate(ASSETS)}
    empty = frame[frame["status"] == "empty"]
    empty = empty.assign(
        order=empty["asset"].map(order), inbox=empty["asset"].map(inboxes).fillna("")
    )
    # What follows from an empty artifact is empty for the same reason.
    first = empty.sort_values("order").drop_duplicates(["inbox", "key", "error"])
    rows: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for asset, key, error in first[["asset", "key", "error"]].itertuples(index=False):
        inbox = inboxes[asset]
        photo = None if inbox is None else workspace.index(inbox).photos.get(key)
        found = (key, 1) if photo is None else (photo.path, variant_number(key))
        rows.setdefault((asset, error), []).append(found)
    return [
        {"asset": asset, "count": len(found), "reason": reason}
        | {"photos": [_photo_name(*each) for each in sorted(found)]}
        for (asset, reason), found in rows.items()
    ]


def _photo_name(path: str, variant: int) -> str:
    return path if variant == 1 else f"{path} ~{variant}"


def _shortened(names: Sequence[str]) -> str:
    """List a few names, and count the others."""
    more = len(names) - _PHOTOS_SHOWN
    return ", ".join(names[:_PHOTOS_SHOWN]) + (f", and {more} more" if more > 0 else "")


def _grouped(noted: Sequence[Sequence[str]]) -> list[list[str]]:
    """Say each note once, with the keys that it is about."""
    keys: dict[tuple[str, str], list[str]] = {}
    for asset, key, note in noted:
        keys.setdefault((asset, note), []).append(key)
    return [
        [asset, str(len(about)), _shortened(about), note] for (asset, note), about in keys.items()
    ]


def print_counts(rows: list[dict[str, Any]]) -> None:
    """Print what `counts` returned as a table."""
    print_table("Artifacts", list(rows[0]), [list(row.values()) for row in rows])


def status(as_json: Json = False) -> None:
    """Count the artifacts; list what failed, is empty, unused, unreadable, or matches no photo.

    Photos without an object are listed under Empty, each reason once.
    """
    workspace = existing_workspace()
    with busy("reading the catalog"):
        frame = _current_rows(workspace)
    failed = frame[frame["status"] == "failed"][["asset", "key", "error"]].values.tolist()
    reasons = empty_photos(workspace, frame)
    unreadable = [
        [inbox, bad.path, bad.reason]
        for inbox in INBOXES
        for bad in workspace.index(inbox).unreadable
    ]
    unmatched = [
        [inbox, each.path, each.detail]
        for inbox in INBOXES
        for each in workspace.index(inbox).unmatched
    ]
    noted = notes(workspace)
    rows, unused = counts(workspace), not_used(workspace)
    review = count_review(Snapshot(workspace))
    if as_json:
        lists = {"failed": failed, "empty": reasons, "unreadable": unreadable}
        lists |= {"unmatched": unmatched, "notes": noted}
        not_used_figures = None if unused is None else asdict(unused)
        print_json(
            {"assets": rows, **lists, "not used": not_used_figures, "review": asdict(review)}
        )
        return
    print_counts(rows)
    if failed:
        print_table("Quarantined", ("asset", "key", "reason"), failed, limit=LIST_LIMIT)
    if reasons:
        shown = [[e["asset"], e["count"], _shortened(e["photos"]), e["reason"]] for e in reasons]
        print_table("Empty", ("asset", "count", "photos", "reason"), shown, limit=LIST_LIMIT)
    if unreadable:
        print_table("Unreadable", ("inbox", "file", "reason"), unreadable, limit=LIST_LIMIT)
    if unmatched:
        columns = ("inbox", "file", "what matches no photo")
        print_table("Unmatched", columns, unmatched, limit=LIST_LIMIT)
    if noted:
        about = ("asset", "count", "keys", "note about your annotations and placements")
        print_table("Notes", about, _grouped(noted), limit=LIST_LIMIT)
    if unused:
        print_line(f"Not used: {unused}. Draw boxes on the photos: {unused.page}")
    _print_review(review)


def _print_review(review: ReviewCounts) -> None:
    if review.begun:
        print_line(f"Review: {review}")
    if review.problems:
        print_note(review.problem())
