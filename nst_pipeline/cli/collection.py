"""Commands on a collection: samples, models, run, status, lineage."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import pandas as pd
import typer
from rich.markup import escape
from rich.tree import Tree

from nst_pipeline.cli.output import (
    Json,
    bars,
    busy,
    console,
    errors,
    print_error,
    print_json,
    print_note,
    print_table,
)
from nst_pipeline.errors import NstError
from nst_pipeline.pipeline.engine.graph import NODES
from nst_pipeline.pipeline.engine.progress import LISTENER, Progress
from nst_pipeline.pipeline.engine.stopping import STOPPED_EXIT_CODE, Stopped, run_until_stopped
from nst_pipeline.pipeline.engine.workspace import (
    COLLECTIONS,
    Workspace,
    existing_workspace,
    open_workspace,
)
from nst_pipeline.pipeline.upkeep.reporting import last_report
from nst_pipeline.settings import data_root
from nst_pipeline.storage.lineage import MODELS, Lineage, Relative

if TYPE_CHECKING:
    import dagster as dg

    from nst_pipeline.defs.update import Ran

Result = TypeVar("Result")

_MOST_LISTED = 20
_STOPPING = "stopping after the images in progress; press Ctrl-C again to quit at once"
_STOPPED = "stopped: what was made is kept, and `nst run` goes on from there"


def samples(as_json: Json = False) -> None:
    """Write sample photos into the inboxes."""
    from nst_pipeline.samples import write_samples

    root = data_root()
    written = [str(path) for path in write_samples(root)]
    if as_json:
        print_json({"written": written})
    else:
        said = f"{len(written)} sample photos written" if written else "the sample photos are there"
        console.print(f"{said}: {root}")


def models(
    build: Annotated[
        bool, typer.Option(help="Build Magenta's SavedModel if it is missing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show which models there are, and how to get the others."""
    from nst_pipeline.style.models import models_status, prepare_models

    settings = open_workspace().settings
    with busy("preparing the networks" if build else "looking at the networks"):
        if build:
            prepare_models(settings)
        found = models_status(settings)
    if as_json:
        print_json([vars(each) | {"path": str(each.path or "")} for each in found])
        return
    rows = [
        (each.name, each.handle, "yes" if each.available else "no", each.path or each.remedy)
        for each in found
    ]
    print_table("Models", ("model", "setting", "there", "where, or what to do"), rows)


def _instance() -> dg.DagsterInstance:
    """The Dagster instance of `DAGSTER_HOME`, or of `dagster_home` here."""
    import dagster as dg

    home = Path(os.environ.get("DAGSTER_HOME") or "dagster_home").resolve()
    if not (home / "dagster.yaml").is_file():
        raise NstError(
            f"DAGSTER_HOME: {home} holds no dagster.yaml: set it to the project's dagster_home"
        )
    os.environ["DAGSTER_HOME"] = str(home)
    return dg.DagsterInstance.get()


def run(as_json: Json = False) -> None:
    """Scan the inboxes and make what is new, changed or failed before, as Dagster runs."""
    workspace = existing_workspace()

    def scan_and_update(show: Progress) -> tuple[list[str], list[Ran]]:
        with _instance() as instance:
            return _scanned(workspace, instance, show), _updated(workspace, instance)

    said, ran = _stoppable(scan_and_update)
    _finish(workspace, said, ran, as_json=as_json)


def retry(as_json: Json = False) -> None:
    """Try once more what is quarantined, and what follows from it; nothing else is made."""
    workspace = existing_workspace()

    def update_quarantined(show: Progress) -> list[Ran]:
        del show
        with _instance() as instance:
            return _updated(workspace, instance, quarantined_only=True)

    _finish(workspace, [], _stoppable(update_quarantined), as_json=as_json)


def _stoppable(work: Callable[[Progress], Result]) -> Result:
    """Do work that Ctrl-C or SIGTERM ends at a safe point, with its progress on the terminal."""

    def quit_now() -> None:
        errors.show_cursor()
        print_error(_STOPPED)

    try:
        with _listened() as show:
            return run_until_stopped(
                partial(work, show), on_stop=lambda: print_note(_STOPPING), on_quit=quit_now
            )
    except Stopped:
        print_error(_STOPPED)
        raise typer.Exit(STOPPED_EXIT_CODE) from None


def _finish(workspace: Workspace, said: list[str], ran: list[Ran], *, as_json: bool) -> None:
    """Tell what was made; exit with 1 if a run failed."""
    found = counts(workspace, [each.run_id for each in ran])
    if as_json:
        print_json({"scan": said, "runs": [vars(each) for each in ran], "status": found})
    else:
        _tell(workspace, said, ran, found)
    failed = [each for each in ran if not each.success]
    for each in failed:
        print_error(f"run {each.run_id} ({each.phase}) failed: {each.error}")
    if failed:
        raise typer.Exit(1)


@contextmanager
def _listened() -> Iterator[Progress]:
    """Draw a bar for everything that reports progress in here."""
    with bars() as progress:
        tasks: dict[str, Any] = {}

        def show(name: str, through: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(name, total=total)
            progress.update(tasks[name], completed=through, total=total)

        # Planning and Dagster's own work cannot be counted: this one only shows that it goes on.
        progress.add_task("at work", total=None)
        token = LISTENER.set(show)
        try:
            yield show
        finally:
            LISTENER.reset(token)


def _scanned(workspace: Workspace, instance: dg.DagsterInstance, show: Progress) -> list[str]:
    from nst_pipeline.defs.update import scan_inboxes

    return scan_inboxes(workspace, instance, progress=show).said


def _updated(
    workspace: Workspace, instance: dg.DagsterInstance, *, quarantined_only: bool = False
) -> list[Ran]:
    from nst_pipeline.definitions import defs
    from nst_pipeline.defs.jobs import JOBS
    from nst_pipeline.defs.update import update

    return update(
        workspace,
        instance,
        lambda phase: defs.resolve_job_def(JOBS[phase].name),
        quarantined_only=quarantined_only,
    )


def _tell(
    workspace: Workspace, said: list[str], ran: list[Ran], found: list[dict[str, Any]]
) -> None:
    for line in said:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if not ran:
        console.print("Everything is up to date: nothing was made.")
    _print_counts(found)
    if quarantined := sum(each["failed"] for each in found):
        console.print(f"{quarantined} quarantined: `nst status` names them and says why.")
    if empty := sum(each["empty"] for each in found):
        console.print(f"{empty} empty: `nst status` says why.")
    gallery = workspace.root / "artifacts" / "gallery" / "index.html"
    if gallery.exists():
        console.print(f"Gallery: {gallery}", soft_wrap=True, highlight=False)
    if ran and (reported := last_report(workspace)):
        console.print(f"Report: {reported[1]}", soft_wrap=True, highlight=False)


_STATUSES = ("ok", "empty", "failed")


def _present(workspace: Workspace) -> pd.DataFrame:
    """Asset, key, status and error of all artifacts whose photos are in the inboxes."""
    table = workspace.catalog.table(("asset", "key", "status", "error"))
    frame: pd.DataFrame = table.to_pandas()
    retired = pd.Series(False, index=frame.index)
    for collection in COLLECTIONS:
        assets = [node.name for node in NODES if node.collection == collection]
        keys = workspace.index(collection).photos.keys()
        retired |= frame["asset"].isin(assets) & ~frame["key"].isin(keys)
    return frame[~retired]


def counts(workspace: Workspace, runs: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """How many artifacts of each asset stand, and, given runs, what these made of them."""
    frame = _present(workspace)
    stand = frame.groupby(["asset", "status"]).size()
    made = workspace.catalog.made_by(runs or []).to_pandas()
    found: list[dict[str, Any]] = []
    for node in NODES:
        row: dict[str, Any] = {"asset": node.name}
        row |= {status: int(stand.get((node.name, status), 0)) for status in _STATUSES}
        if runs is not None:
            own = made[made["asset"] == node.name]
            row |= {"made now": len(own), "seconds": round(float(own["seconds"].sum()), 1)}
        found.append(row)
    return found


def _print_counts(found: list[dict[str, Any]]) -> None:
    print_table("Artifacts", list(found[0]), (list(row.values()) for row in found))


def status(as_json: Json = False) -> None:
    """Count what there is, and name what failed or cannot be read."""
    workspace = existing_workspace()
    with busy("reading the catalog"):
        frame = _present(workspace)
    failed = frame[frame["status"] == "failed"][["asset", "key", "error"]].values.tolist()
    empty = frame[frame["status"] == "empty"].groupby(["asset", "error"]).size().reset_index()
    reasons = [[row[0], int(row[2]), row[1]] for row in empty.itertuples(index=False)]
    unreadable = [
        [collection, bad.path, bad.reason]
        for collection in COLLECTIONS
        for bad in workspace.index(collection).unreadable
    ]
    found = counts(workspace)
    if as_json:
        listed = {"failed": failed, "empty": reasons, "unreadable": unreadable}
        print_json({"assets": found, **listed})
        return
    _print_counts(found)
    if failed:
        print_table("Quarantined", ("asset", "key", "why"), failed[:_MOST_LISTED])
    if reasons:
        print_table("Empty", ("asset", "how many", "why"), reasons)
    if unreadable:
        print_table("Unreadable", ("inbox", "file", "why"), unreadable[:_MOST_LISTED])


def _name(relative: Relative, *, again: bool) -> str:
    name = f"[bold]{relative.asset}[/] {escape(relative.key)} [dim]{relative.digest[:12]}[/]"
    if relative.status not in ("ok", "file"):
        name += f" [yellow]{relative.status}[/]"
    return f"{name} [dim](see above)[/]" if again else name


def _tree(relative: Relative, drawn: set[tuple[str, str]], into: Tree | None = None) -> Tree:
    """A family tree; what was drawn already is named, but not unfolded again."""
    identity = (relative.asset, relative.key)
    again = identity in drawn and bool(relative.relatives)
    drawn.add(identity)
    name = _name(relative, again=again)
    branch = Tree(name) if into is None else into.add(name)
    for each in () if again else relative.relatives:
        _tree(each, drawn, branch)
    return branch


def lineage(
    key: Annotated[
        str,
        typer.Argument(help="Partition key, asset/key, a photo's path, or a network's name."),
    ],
    as_json: Json = False,
) -> None:
    """Show a family tree: what an artifact was made from, and what was made from it.

    Of a photo, its stickers or results are shown; of a network, all that was made with it.
    """
    from dataclasses import asdict

    with busy("reading the catalog"):
        known = Lineage(existing_workspace().catalog)
        asset, at = known.find(key)
        tree, made = known.ancestors(asset, at), known.descendants([(asset, at)])
    if as_json:
        print_json({"made_from": asdict(tree), "made_of_it": [list(each) for each in made]})
        return
    if asset != MODELS:
        console.print("Made from:")
        console.print(_tree(tree, set()), highlight=False)
    console.print(f"Made of it: {len(made)}")
    for child_asset, child_key in made[:_MOST_LISTED]:
        console.print(f"  {child_asset} {child_key}", highlight=False, markup=False)


COMMANDS = (samples, models, run, retry, status, lineage)
