"""`nst run` and `nst retry`: bring a collection up to date."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.progress import Progress as ProgressBars
from rich.progress import TaskID

from nst_pipeline.cli.collection.status import counts, notes, print_counts, without_result
from nst_pipeline.cli.collection.upkeep import photo_named, print_stale
from nst_pipeline.cli.output import (
    SOME_FAILED,
    Json,
    bars,
    busy,
    direct_console,
    print_error,
    print_json,
    print_line,
)
from nst_pipeline.errors import NstError
from nst_pipeline.pipeline.engine.progress import LISTENER, Progress
from nst_pipeline.pipeline.engine.stopping import STOPPED_EXIT_CODE, Stopped, run_until_stopped
from nst_pipeline.pipeline.engine.workspace import INBOXES, Workspace, existing_workspace
from nst_pipeline.pipeline.steps.gallery import gallery
from nst_pipeline.pipeline.upkeep.reporting import last_report
from nst_pipeline.pipeline.upkeep.stale import stale_artifacts, stale_artifacts_of
from nst_pipeline.storage.artifact_files import GALLERY_PAGE
from nst_pipeline.storage.keys import ALL

if TYPE_CHECKING:
    import dagster as dg

    from nst_pipeline.defs.runs.update import RunResult

Result = TypeVar("Result")

_STOPPING = "stopping after the images in progress; press Ctrl-C again to quit at once"
_SHOW_CURSOR = "\x1b[?25h" if sys.stderr.isatty() else ""
_STOPPED = "stopped: finished work is kept; continue with `nst run`"


def _missing_home(home: Path) -> NstError:
    """Say how to get a folder for Dagster's runs, as a command to copy."""
    project = Path(__file__).parents[3]
    # Installed from a wheel, the package has no project around it.
    own = project / "dagster_home" if (project / "dagster_home").is_dir() else Path("dagster_home")
    if not os.environ.get("DAGSTER_HOME"):
        return NstError(
            f"DAGSTER_HOME is not set, and {home} has no dagster.yaml: work in the project's "
            f"folder, or `export DAGSTER_HOME={quote(str(own))}`"
        )
    source, target = quote(str(own / "dagster.yaml")), quote(str(home))
    return NstError(
        f"DAGSTER_HOME: {home} has no dagster.yaml: `mkdir -p {target} && cp {source} {target}`"
    )


def dagster_home() -> Path:
    """Return the folder that `DAGSTER_HOME` names, or `dagster_home` in the current folder.

    Raises
    ------
    NstError
        The folder has no `dagster.yaml`.
    """
    home = Path(os.environ.get("DAGSTER_HOME") or "dagster_home").resolve()
    if not (home / "dagster.yaml").is_file():
        raise _missing_home(home)
    os.environ["DAGSTER_HOME"] = str(home)
    return home


def _instance() -> dg.DagsterInstance:
    """Open the Dagster instance of `dagster_home`."""
    import dagster as dg

    dagster_home()
    return dg.DagsterInstance.get()


def run(
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Only list what would be made, and why."),
    ] = False,
    only: Annotated[
        str | None,
        typer.Option(
            metavar="PHOTO",
            help="Make only what is made of one photo: its path, name, or key. The dataset and the "
            "gallery follow.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Scan the inboxes and, in Dagster runs, make whatever is new, changed, or failed before.

    Ctrl-C stops after the images in progress; the next run continues from there. The exit code is 1
    if a run failed, and 3 if the run succeeded, but photos are quarantined.
    """
    workspace = existing_workspace()
    if dry_run:
        _print_due(workspace, only, as_json=as_json)
        return

    def scan_and_update(progress: Progress) -> tuple[list[str], list[RunResult]]:
        with _instance() as instance:
            lines = _scan(workspace, instance, progress)
            return lines, _update(workspace, instance, only=only)

    scan_lines, ran = _stoppable(scan_and_update)
    _finish(workspace, scan_lines, ran, as_json=as_json)


def _print_due(workspace: Workspace, only: str | None, *, as_json: bool) -> None:
    """Scan the inboxes without keeping the result, and list what a run would make."""
    with bars() as display:
        for inbox in INBOXES:
            task = display.add_task(f"{inbox}/", total=None)
            workspace.look(inbox, on_file=partial(_update_task, display, task))
    with busy("planning"):
        if only is None:
            found = list(stale_artifacts(workspace, files=True))
        else:
            inbox, keys = photo_named(workspace, only)
            found = [each for key in keys for each in stale_artifacts_of(workspace, inbox, key)]
    if as_json:
        print_json([asdict(each) for each in found])
    elif not found:
        print_line("Everything is up to date; nothing would be made.")
    else:
        print_stale("Would be made", found, whole=only is None)
        print_line("What depends on these is made, too, where they turn out different.")


def retry(as_json: Json = False) -> None:
    """Retry only the quarantined artifacts, and make whatever depends on them."""
    workspace = existing_workspace()

    def update_quarantined(progress: Progress) -> list[RunResult]:
        del progress
        with _instance() as instance:
            return _update(workspace, instance, quarantined_only=True)

    _finish(workspace, [], _stoppable(update_quarantined), as_json=as_json)


def _stoppable(work: Callable[[Progress], Result]) -> Result:
    """Do work under progress bars; Ctrl-C or SIGTERM stops it at a safe point."""
    try:
        with _direct_errors() as print_direct, _progress_bars() as progress:
            return run_until_stopped(
                partial(work, progress),
                on_stop=lambda: print_direct(f"note: {_STOPPING}"),
                on_quit=lambda: print_direct(f"{_SHOW_CURSOR}error: {_STOPPED}"),
            )
    except Stopped:
        print_error(_STOPPED)
        raise typer.Exit(STOPPED_EXIT_CODE) from None


@contextmanager
def _direct_errors() -> Iterator[Callable[[str], object]]:
    """Yield a function that prints a line on standard error even while an asset is made.

    Dagster redirects the file descriptor of standard error to its log then.
    """
    descriptor = os.dup(2)
    try:
        yield lambda line: os.write(descriptor, f"\n{line}\n".encode())
    finally:
        os.close(descriptor)


def _finish(
    workspace: Workspace, scan_lines: list[str], ran: list[RunResult], *, as_json: bool
) -> None:
    """Print what was made; exit with code 1 if a run failed, with 3 if photos are quarantined."""
    rows = counts(workspace, [each.run_id for each in ran])
    if as_json:
        print_json({"scan": scan_lines, "runs": [vars(each) for each in ran], "status": rows})
    else:
        _print_summary(workspace, scan_lines, ran, rows)
    failed = [each for each in ran if not each.success]
    for each in failed:
        print_error(f"run {each.run_id} ({each.phase}) failed: {each.error}")
    if failed:
        raise typer.Exit(1)
    if any(each["failed"] for each in rows):
        raise typer.Exit(SOME_FAILED)


def _update_task(display: ProgressBars, task: TaskID, through: int, total: int) -> None:
    display.update(task, completed=through, total=total)


@contextmanager
def _progress_bars() -> Iterator[Progress]:
    """Draw one bar for each name that reports progress while the context is open."""
    with direct_console() as console, bars(console) as display:
        tasks: dict[str, TaskID] = {}

        def report(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = display.add_task(name, total=total)
            display.update(tasks[name], completed=done, total=total)

        # Shows activity during planning and Dagster's own work, which have no count.
        display.add_task("working", total=None)
        token = LISTENER.set(report)
        try:
            yield report
        finally:
            LISTENER.reset(token)


def _scan(workspace: Workspace, instance: dg.DagsterInstance, progress: Progress) -> list[str]:
    """Scan both inboxes; return the summary lines."""
    from nst_pipeline.defs.runs.inboxes import scan_inboxes

    return scan_inboxes(workspace, instance, progress=progress).messages


def _update(
    workspace: Workspace,
    instance: dg.DagsterInstance,
    *,
    quarantined_only: bool = False,
    only: str | None = None,
) -> list[RunResult]:
    """Run every phase with due artifacts."""
    from nst_pipeline.definitions import defs
    from nst_pipeline.defs.jobs import JOBS
    from nst_pipeline.defs.runs.update import update

    inbox, keys = (None, []) if only is None else photo_named(workspace, only)
    return update(
        workspace,
        instance,
        lambda phase: defs.resolve_job_def(JOBS[phase].name),
        quarantined_only=quarantined_only,
        only=None if inbox is None else {inbox: set(keys)},
    )


def _print_summary(
    workspace: Workspace, scan_lines: list[str], ran: list[RunResult], rows: list[dict[str, Any]]
) -> None:
    for line in scan_lines:
        print_line(line)
    if not ran:
        print_line("Everything is up to date; nothing was made.")
    print_counts(rows)
    if quarantined := sum(each["failed"] for each in rows):
        print_line(f"{quarantined} quarantined: `nst status` lists them with the reason.")
    if empty := without_result(workspace):
        print_line(f"{empty}: `nst status` gives the reasons.")
    if noted := len(notes(workspace)):
        what = "1 note" if noted == 1 else f"{noted} notes"
        print_line(f"{what} on your annotations and placements: see `nst status`.")
    page = workspace.store.path(gallery.name, ALL, GALLERY_PAGE)
    if page.exists():
        print_line(f"Gallery: {page}")
    if ran and (last := last_report(workspace)):
        print_line(f"Report: {last[1]}")
