"""Batch reports, written to `reports/` under the data root.

A batch is everything made since the previous report. A report's file name begins with the time
at which its batch ends, so no other state is kept.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pandas as pd
from upath import UPath

from nst_pipeline.errors import UnreadableImageError
from nst_pipeline.pipeline.engine.progress import tracked
from nst_pipeline.pipeline.engine.workspace import Workspace
from nst_pipeline.pipeline.steps import ASSETS
from nst_pipeline.pipeline.steps.gallery import gallery
from nst_pipeline.pipeline.steps.harmonized import harmonized
from nst_pipeline.publish.report import (
    ExampleResult,
    NotUsedSummary,
    best_and_worst,
    html_page,
    markdown_page,
    summarize_batch,
)
from nst_pipeline.publish.thumbnails import as_rgb, inline_webp
from nst_pipeline.storage.artifact_files import GALLERY_NOT_USED
from nst_pipeline.storage.files import write_atomically
from nst_pipeline.storage.keys import ALL

_PLOTS = tuple(plot for asset in reversed(ASSETS) for plot in asset.presentation.plots)
"""Results first."""
_THUMBNAIL_PX = 320
"""Longest side of an example's image."""
_TIME = "%Y-%m-%dT%H%M%S"
_NAME = re.compile(r"(\d{4}-\d\d-\d\dT\d{6})\.(\d{3})Z-.*\.html")
_RUN_ID_DIGITS = 8
"""Digits of the run id in a report's name."""


def _timestamp(moment: datetime) -> str:
    """Format a time for a file name: UTC, rounded up to the next millisecond."""
    rounded = moment.astimezone(UTC) + timedelta(microseconds=-moment.microsecond % 1000)
    return f"{rounded.strftime(_TIME)}.{rounded.microsecond // 1000:03d}Z"


def last_report(workspace: Workspace) -> tuple[datetime, UPath] | None:
    """Find the newest batch report.

    Returns
    -------
    tuple or None
        End of its batch (UTC) and its HTML page; None if there is no report yet.
    """
    folder = workspace.root / "reports"
    paths = folder.iterdir() if folder.exists() else ()
    reports = [(match, path) for path in paths if (match := _NAME.fullmatch(path.name))]
    if not reports:
        return None
    newest, path = max(reports, key=lambda report: report[1].name)
    end = datetime.strptime(newest[1], _TIME).replace(tzinfo=UTC)
    return end + timedelta(milliseconds=int(newest[2])), path


def _illustrated(workspace: Workspace, example: ExampleResult) -> ExampleResult:
    """Add the scene's file name, a thumbnail, and the link to the gallery page."""
    is_here = example.key in workspace.index("scenes").photos
    title = workspace.scene_title(example.key) if is_here else example.key
    page = f"../artifacts/gallery/scenes/{quote(example.key)}.html" if is_here else ""
    try:
        result = workspace.store.picture(harmonized.name, example.key)
    except (OSError, UnreadableImageError):
        # The file was deleted or damaged since; the figures still count.
        return replace(example, title=title, page=page)
    image = inline_webp(as_rgb(result), side=_THUMBNAIL_PX)
    return replace(example, title=title, page=page, image=image)


def not_used(workspace: Workspace) -> NotUsedSummary | None:
    """Say how much of the object photos no scene got when the gallery was last written.

    Returns
    -------
    NotUsedSummary or None
        With the path of the page; None if scenes may get everything.
    """
    row = workspace.catalog.latest(gallery.name).get(ALL)
    figures = {} if row is None else row.figures
    photos, stickers = (
        int(figures.get(name, 0)) for name in ("photos_without_sticker", "stickers_not_used")
    )
    page = str(workspace.store.path(gallery.name, ALL, GALLERY_NOT_USED))
    return NotUsedSummary(photos, stickers, page) if photos or stickers else None


def write_report(workspace: Workspace, rows: pd.DataFrame, name: str) -> UPath:
    """Write a report on catalog rows as `<name>.html` and `<name>.md`.

    Parameters
    ----------
    workspace
        The collection.
    rows
        At least one row, as returned by `Catalog.frame_since`.
    name
        File name without suffix.

    Returns
    -------
    UPath
        The HTML page.
    """
    batch = summarize_batch(
        rows, [asset.name for asset in ASSETS], result=harmonized.name, plots=_PLOTS
    )
    unused = not_used(workspace)
    if unused is not None:
        relative = f"../artifacts/{gallery.name}/{GALLERY_NOT_USED}"
        batch = replace(batch, not_used=replace(unused, page=relative))
    best, worst = best_and_worst(rows, result=harmonized.name)
    examples = tracked("report pictures", [*best, *worst], len(best) + len(worst))
    illustrated = [_illustrated(workspace, example) for example in examples]
    shown = illustrated[: len(best)], illustrated[len(best) :]
    folder = workspace.root / "reports"
    write_atomically(folder / f"{name}.md", markdown_page(batch, *shown))
    write_atomically(folder / f"{name}.html", html_page(batch, *shown))
    return folder / f"{name}.html"


def report_batch(workspace: Workspace) -> UPath | None:
    """Report what was made since the last report; None if nothing was."""
    last = last_report(workspace)
    rows = workspace.catalog.frame_since(last[0] if last else None)
    if rows.empty:
        return None
    newest = rows.iloc[-1]
    run_id = str(newest.run_id)[:_RUN_ID_DIGITS]
    return write_report(workspace, rows, f"{_timestamp(newest.made_at.to_pydatetime())}-{run_id}")


def report_since(workspace: Workspace, moment: datetime) -> UPath | None:
    """Report what was made after a time, including what earlier reports cover; None if nothing."""
    rows = workspace.catalog.frame_since(moment)
    return None if rows.empty else write_report(workspace, rows, f"since-{_timestamp(moment)}")


def report_run(workspace: Workspace, run_id: str) -> UPath | None:
    """Report the current artifacts of one run; None if there are none.

    Parameters
    ----------
    workspace
        The collection.
    run_id
        The run's id, or its first digits.
    """
    rows = workspace.catalog.frame_since(None)
    selected = rows[rows.run_id.str.startswith(run_id)]
    if selected.empty:
        return None
    return write_report(workspace, selected, f"run-{selected.run_id.iloc[0]}")
