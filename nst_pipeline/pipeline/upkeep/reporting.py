"""Reports of batches, under `reports/` of the data root.

A batch is all that was made since the report before it. The name of a report begins with the
time up to which it goes, so that nothing else needs to be remembered.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pandas as pd
from upath import UPath

from nst_pipeline.errors import UnreadableImageError
from nst_pipeline.pipeline.engine.graph import HARMONIZED, NODES
from nst_pipeline.pipeline.engine.progress import tracked
from nst_pipeline.pipeline.engine.workspace import Workspace
from nst_pipeline.publish.report import Shown, html_page, markdown_page, summarize, to_show
from nst_pipeline.publish.thumbnails import as_rgb, inline_webp
from nst_pipeline.storage.files import write_atomically

_THUMB_SIDE = 320
_TIME = "%Y-%m-%dT%H%M%S"
_NAME = re.compile(r"(\d{4}-\d\d-\d\dT\d{6})\.(\d{3})Z-.*\.html")
_RUN_DIGITS = 8


def _named(moment: datetime) -> str:
    """A moment as it stands in a name, in UTC, up to the next millisecond."""
    up = moment.astimezone(UTC) + timedelta(microseconds=-moment.microsecond % 1000)
    return f"{up.strftime(_TIME)}.{up.microsecond // 1000:03d}Z"


def last_report(workspace: Workspace) -> tuple[datetime, UPath] | None:
    """The newest batch's report, and up to when it goes; None before the first."""
    folder = workspace.root / "reports"
    paths = folder.iterdir() if folder.exists() else ()
    found = [(each, path) for path in paths if (each := _NAME.fullmatch(path.name))]
    if not found:
        return None
    name, path = max(found, key=lambda each: each[1].name)
    moment = datetime.strptime(name[1], _TIME).replace(tzinfo=UTC)
    return moment + timedelta(milliseconds=int(name[2])), path


def _with_picture(workspace: Workspace, shown: Shown) -> Shown:
    """The result with a small picture, its photo's name, and the way to its gallery page."""
    photo = workspace.index("scenes").photos.get(shown.key)
    page = f"../artifacts/gallery/scenes/{quote(shown.key)}.html" if photo else ""
    titled = replace(shown, title=photo.path if photo else shown.key, page=page)
    try:
        picture = workspace.store.picture(HARMONIZED.name, shown.key)
    except (OSError, UnreadableImageError):
        return titled  # It is gone by now; the figures still count.
    return replace(titled, picture=inline_webp(as_rgb(picture), side=_THUMB_SIDE))


def write_report(workspace: Workspace, rows: pd.DataFrame, name: str) -> UPath:
    """Write a report on rows of the catalog as `<name>.html` and `<name>.md`.

    Args:
        workspace: the collection.
        rows: as `Catalog.made_after` gives them, at least one.
        name: of the files.

    Returns:
        The HTML page.
    """
    batch = summarize(rows, [node.name for node in NODES])
    best, worst = to_show(rows)
    total = len(best) + len(worst)
    shown = (
        _with_picture(workspace, each) for each in tracked("report pictures", best + worst, total)
    )
    best, worst = list(itertools.islice(shown, len(best))), list(shown)
    folder = workspace.root / "reports"
    write_atomically(folder / f"{name}.md", markdown_page(batch, best, worst))
    write_atomically(folder / f"{name}.html", html_page(batch, best, worst))
    return folder / f"{name}.html"


def report_batch(workspace: Workspace) -> UPath | None:
    """Report what was made since the last report; None if nothing was."""
    last = last_report(workspace)
    rows = workspace.catalog.made_after(last and last[0])
    if rows.empty:
        return None
    newest = rows.iloc[-1]
    run = str(newest.run_id)[:_RUN_DIGITS]
    return write_report(workspace, rows, f"{_named(newest.made_at.to_pydatetime())}-{run}")


def report_since(workspace: Workspace, moment: datetime) -> UPath | None:
    """Report what was made after a moment, whether it was reported before or not."""
    rows = workspace.catalog.made_after(moment)
    return None if rows.empty else write_report(workspace, rows, f"since-{_named(moment)}")


def report_run(workspace: Workspace, run_id: str) -> UPath | None:
    """Report what counts of what one run made; its first digits are enough."""
    rows = workspace.catalog.made_after(None)
    rows = rows[rows.run_id.str.startswith(run_id)]
    return None if rows.empty else write_report(workspace, rows, f"run-{rows.run_id.iloc[0]}")
