"""`nst report`: what was made, how long it took, how good it is, and what failed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from upath import UPath

from nst_pipeline.cli.output import Json, busy, print_json, print_line
from nst_pipeline.errors import NstError
from nst_pipeline.pipeline.engine.workspace import Workspace, existing_workspace
from nst_pipeline.pipeline.upkeep.reporting import report_batch, report_run, report_since


def parse_time(text: str) -> datetime:
    """Parse the value of `--since`: an ISO 8601 date or time, by default in the local time zone.

    Raises
    ------
    NstError
        The text is not a date or time.

    Examples
    --------
    >>> parse_time("2026-11-24T18:30+00:00").timestamp()
    1795545000.0
    """
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise NstError(
            f"--since {text}: give a date or time, such as 2026-11-24 or 2026-11-24T18:30"
        ) from None


def _write_report(workspace: Workspace, since: str | None, run: str | None) -> UPath | None:
    """Write the report asked for; return its page, or None if there is nothing to report."""
    if since is not None and run is not None:
        raise NstError("--since and --run exclude each other: give only one")
    if run is not None:
        page = report_run(workspace, run)
        if page is None:
            raise NstError(f"--run {run}: no current artifact was made by a run with this id")
        return page
    return report_batch(workspace) if since is None else report_since(workspace, parse_time(since))


def report(
    since: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Report everything made after this date or time."),
    ] = None,
    run: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Report one Dagster run: its id, or the start of it."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a report (HTML and Markdown) of everything made since the last report."""
    with busy("writing the report"):
        page = _write_report(existing_workspace(), since, run)
    if as_json:
        print_json({"report": None if page is None else str(page)})
    elif page is None:
        print_line("Nothing to report: nothing was made in that time.")
    else:
        print_line(f"Report: {page}")
