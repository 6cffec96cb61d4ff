"""Commands that look after a collection: what is stale, whether all is whole, what can go."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any

import typer

from nst_pipeline.cli.output import Json, bars, console, print_json, print_table
from nst_pipeline.errors import NstError
from nst_pipeline.pipeline.engine.workspace import COLLECTIONS, Workspace, existing_workspace
from nst_pipeline.pipeline.upkeep.garbage import find_garbage, remove_garbage
from nst_pipeline.pipeline.upkeep.stale import Stale, stale_artifacts, stale_of
from nst_pipeline.pipeline.upkeep.verify import verify as find_problems

_MOST_LISTED = 20
_KEEP_DAYS = 7


def _stale_of(workspace: Workspace, name: str) -> list[Stale]:
    found: list[Stale] = []
    known = False
    for collection in COLLECTIONS:
        photos = workspace.index(collection).photos
        for key in (k for k, photo in photos.items() if name in (k, photo.path)):
            known = True
            found += stale_of(workspace, collection, key)
    if not known:
        raise NstError(f"no photo is called {name!r}: give its path in the inbox or its key")
    return found


def stale(
    name: Annotated[str, typer.Argument(help="A photo's path or key; without it, all.")] = "",
    as_json: Json = False,
) -> None:
    """Show what `nst run` would make, and why: by the inboxes as they were last scanned."""
    workspace = existing_workspace()
    found = _stale_of(workspace, name) if name else list(stale_artifacts(workspace))
    if as_json:
        print_json([asdict(each) for each in found])
        return
    if not found:
        console.print(
            "Everything is up to date, as the inboxes were last scanned; `nst run` scans them."
        )
        return
    if name:
        print_table("Stale", ("asset", "key", "why"), [list(asdict(e).values()) for e in found])
        return
    counts = Counter((each.asset, each.reason) for each in found)
    rows = [(asset, count, why) for (asset, why), count in counts.most_common(_MOST_LISTED)]
    print_table("Stale", ("asset", "how many", "why"), rows)


def verify(as_json: Json = False) -> None:
    """Read every artifact and compare it with the catalog; exit with 1 if something is wrong.

    Nothing may be at work on the collection meanwhile.
    """
    workspace = existing_workspace()
    with bars() as progress:
        task = progress.add_task("artifacts", total=None)
        found = find_problems(
            workspace,
            on_artifact=lambda read, total: progress.update(task, completed=read, total=total),
        )
    if as_json:
        print_json([asdict(each) for each in found])
    elif not found:
        console.print("Every artifact is as it was written, and has its row.")
    else:
        counts = Counter(each.kind for each in found)
        console.print(", ".join(f"{count} {kind}" for kind, count in counts.items()))
        rows = [list(asdict(each).values()) for each in found[:_MOST_LISTED]]
        print_table("Problems", ("kind", "asset", "name", "what is wrong"), rows)
        console.print("`nst run` makes missing and damaged ones anew, `nst gc` removes the rest.")
    if found:
        raise typer.Exit(1)


def gc(
    dry_run: Annotated[bool, typer.Option(help="Only say what would be removed.")] = False,
    as_json: Json = False,
) -> None:
    """Remove artifacts of deleted photos, old rows, and files that nothing refers to.

    Photos are never touched. Of what a present result was made from nothing is removed.
    """
    workspace = existing_workspace()
    garbage = find_garbage(workspace)
    said: dict[str, Any] = {
        "artifacts of deleted photos": garbage.retired.num_rows,
        "rows of what was made anew": garbage.superseded.num_rows,
        "stray files": len(garbage.strays),
    }
    if not dry_run:
        remove_garbage(workspace, garbage)
        did = workspace.catalog.maintain(timedelta(days=_KEEP_DAYS))
        said |= {f"catalog: {name}": count for name, count in did.items()}
    if as_json:
        print_json(said)
    else:
        print_table("To be removed" if dry_run else "Removed", ("what", "how many"), said.items())


COMMANDS = (stale, verify, gc)
