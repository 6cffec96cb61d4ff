"""Commands on a collection: samples, models, run, status, lineage."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd
import typer
from rich.markup import escape
from rich.tree import Tree

from nst_pipeline.cli.output import Json, bars, busy, console, print_error, print_json, print_table
from nst_pipeline.errors import NstError
from nst_pipeline.pipeline.graph import NODES
from nst_pipeline.pipeline.progress import LISTENER
from nst_pipeline.pipeline.reporting import last_report
from nst_pipeline.pipeline.workspace import Workspace, open_workspace
from nst_pipeline.settings import data_root
from nst_pipeline.storage.lineage import Family, Relative

if TYPE_CHECKING:
    import dagster as dg

    from nst_pipeline.defs.runs import RunPlan
    from nst_pipeline.defs.update import Ran

_MOST_LISTED = 20


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
    workspace = open_workspace()
    with _instance() as instance:
        said, ran = _update(workspace, instance)
    failed = [each for each in ran if not each.success]
    if as_json:
        print_json(
            {"scan": said, "runs": [vars(each) for each in ran], "status": counts(workspace)}
        )
    else:
        _tell(workspace, said, ran)
    for each in failed:
        print_error(f"run {each.run_id} ({each.phase}) failed: {each.error}")
    if failed:
        raise typer.Exit(1)


def _update(workspace: Workspace, instance: dg.DagsterInstance) -> tuple[list[str], list[Ran]]:
    from nst_pipeline.definitions import defs
    from nst_pipeline.defs.jobs import JOBS
    from nst_pipeline.defs.update import scan_inboxes, update

    with bars() as progress:
        tasks: dict[str, Any] = {}

        def show(asset: str, through: int, total: int) -> None:
            task = tasks.setdefault(asset, None) or progress.add_task(asset, total=total)
            tasks[asset] = task
            progress.update(task, completed=through, total=total)

        step = progress.add_task("scanning the inboxes", total=None)

        def say(run: RunPlan) -> None:
            progress.update(step, description=f"phase {run.phase}")

        token = LISTENER.set(show)
        try:
            said = scan_inboxes(workspace, instance)
            progress.update(step, description="planning")
            ran = update(
                workspace,
                instance,
                lambda phase: defs.resolve_job_def(JOBS[phase].name),
                announce=say,
            )
        finally:
            LISTENER.reset(token)
    return said, ran


def _tell(workspace: Workspace, said: list[str], ran: list[Ran]) -> None:
    for line in said:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if not ran:
        console.print("Everything is up to date: nothing was made.")
    found = _print_counts(workspace, {each.run_id for each in ran})
    if quarantined := sum(each["failed"] for each in found):
        console.print(f"{quarantined} quarantined: `nst status` names them and says why.")
    if empty := sum(each["empty"] for each in found):
        console.print(f"{empty} empty: `nst status` says why.")
    gallery = workspace.root / "artifacts" / "gallery" / "index.html"
    if gallery.exists():
        console.print(f"Gallery: {gallery}", soft_wrap=True, highlight=False)
    if ran and (reported := last_report(workspace)):
        console.print(f"Report: {reported[1]}", soft_wrap=True, highlight=False)


def counts(workspace: Workspace, runs: set[str] | None = None) -> list[dict[str, Any]]:
    """How many artifacts of each asset stand, and, given runs, what these made of them."""
    frame = workspace.catalogue.frame()
    found = []
    for node in NODES:
        rows = frame[frame["asset"] == node.name]
        count = {status: int((rows["status"] == status).sum()) for status in _STATUSES}
        found.append({"asset": node.name, **count, **_made_by(rows, runs)})
    return found


def _made_by(rows: pd.DataFrame, runs: set[str] | None) -> dict[str, Any]:
    if runs is None:
        return {}
    new = rows[rows["run_id"].isin(runs)]
    return {"made now": len(new), "seconds": round(float(new["seconds"].sum()), 1)}


_STATUSES = ("ok", "empty", "failed")


def _print_counts(workspace: Workspace, runs: set[str] | None = None) -> list[dict[str, Any]]:
    found = counts(workspace, runs)
    print_table("Artifacts", list(found[0]), (list(row.values()) for row in found))
    return found


def status(as_json: Json = False) -> None:
    """Count what there is, and name what failed or cannot be read."""
    workspace = open_workspace()
    with busy("reading the catalogue"):
        frame = workspace.catalogue.frame()
    failed = frame[frame["status"] == "failed"][["asset", "key", "error"]].values.tolist()
    empty = Counter(frame[frame["status"] == "empty"][["asset", "error"]].itertuples(index=False))
    reasons = [[row.asset, count, row.error] for row, count in empty.items()]
    unreadable = [
        [collection, bad.path, bad.reason]
        for collection in ("objects", "scenes")
        for bad in workspace.index(collection).unreadable
    ]
    if as_json:
        listed = {"failed": failed, "empty": reasons, "unreadable": unreadable}
        print_json({"assets": counts(workspace), **listed})
        return
    _print_counts(workspace)
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
    key: Annotated[str, typer.Argument(help="Partition key, asset/key, or a photo's path.")],
    as_json: Json = False,
) -> None:
    """Show an artifact's family tree: what it was made from, and what was made from it."""
    from dataclasses import asdict

    with busy("reading the catalogue"):
        family = Family(open_workspace().catalogue.rows())
    asset, at = family.find(key)
    tree, made = family.ancestors(asset, at), family.descendants(asset, at)
    if as_json:
        print_json({"made_from": asdict(tree), "made_of_it": [list(each) for each in made]})
        return
    console.print("Made from:")
    console.print(_tree(tree, set()), highlight=False)
    console.print(f"Made of it: {len(made)}")
    for child_asset, child_key in made[:_MOST_LISTED]:
        console.print(f"  {child_asset} {child_key}", highlight=False, markup=False)


COMMANDS = (samples, models, run, status, lineage)
