"""`nst report`: what was made, how long it took, how good it is, and what failed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from upath import UPath

from nst_pipeline.cli.output import Json, busy, console, print_json
from nst_pipeline.errors import NstError
from nst_pipeline.pipeline.engine.workspace import Workspace, existing_workspace
from nst_pipeline.pipeline.upkeep.reporting import report_batch, report_run, report_since


def _moment(text: str) -> datetime:
    """A time as people write it, in the local zone unless it names another."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise NstError(
            f"--since {text}: give a date or a time, 2026-11-24 or 2026-11-24T18:30"
        ) from None


def _reported(workspace: Workspace, since: str | None, run: str | None) -> UPath | None:
    if since is not None and run is not None:
        raise NstError("--since and --run: give one of them")
    if run is not None:
        found = report_run(workspace, run)
        if found is None:
            raise NstError(f"--run {run}: nothing that counts was made by such a run")
        return found
    return report_batch(workspace) if since is None else report_since(workspace, _moment(since))


def report(
    since: Annotated[
        str | None, typer.Option(help="Date or time: all that was made after it.")
    ] = None,
    run: Annotated[str | None, typer.Option(help="A Dagster run's id, or how it begins.")] = None,
    as_json: Json = False,
) -> None:
    """Report what was made since the last report, as a page and as Markdown."""
    with busy("writing the report"):
        page = _reported(existing_workspace(), since, run)
    if as_json:
        print_json({"report": None if page is None else str(page)})
    elif page is None:
        console.print("Nothing was made since then: there is nothing to report.")
    else:
        console.print(f"Report: {page}", soft_wrap=True, highlight=False, markup=False)
