"""`nst stale`, `verify`, `repair` and `gc`: find stale, damaged, and unused artifacts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from nst_pipeline.cli.output import (
    LIST_LIMIT,
    Json,
    bars,
    print_json,
    print_line,
    print_table,
)
from nst_pipeline.errors import NstError
from nst_pipeline.pipeline.engine.workspace import (
    INBOXES,
    Inbox,
    Workspace,
    existing_workspace,
)
from nst_pipeline.pipeline.steps import ASSETS
from nst_pipeline.pipeline.upkeep.garbage import find_garbage, remove_garbage
from nst_pipeline.pipeline.upkeep.stale import StaleArtifact, stale_artifacts, stale_artifacts_of
from nst_pipeline.pipeline.upkeep.verify import mark_for_run
from nst_pipeline.pipeline.upkeep.verify import verify as find_problems
from nst_pipeline.storage.catalog.repair import repair_catalog

_KEEP_DAYS = 7
"""Days to keep the superseded files of the catalog, which a reader may still have open."""


def photo_named(workspace: Workspace, name: str) -> tuple[Inbox, list[str]]:
    """Find the inbox and the keys, with those of its variants, of a photo.

    Parameters
    ----------
    workspace
        The collection, as of the last scan of its inboxes.
    name
        The photo's path in its inbox, with or without the inbox before it; its file name, if no
        other photo has it; or its key.

    Raises
    ------
    NstError
        No photo has this name, or several have.
    """
    within = name.removeprefix(f"{workspace.root}/")
    found: dict[tuple[Inbox, str], list[str]] = {}
    for inbox in INBOXES:
        own = within.removeprefix(f"{inbox}/")
        for key, photo in workspace.index(inbox).photos.items():
            if name == key or own in (photo.path, photo.path.rpartition("/")[2]):
                found.setdefault((inbox, photo.path), []).append(key)
    exact = {at: keys for at, keys in found.items() if within in ("/".join(at), *keys)}
    chosen = exact or found
    if not chosen:
        raise NstError(f"no photo is named {name!r}: give its path in the inbox, or its key")
    if len(chosen) > 1:
        listed = " or ".join(sorted("/".join(at) for at in chosen))
        raise NstError(f"{name!r} may be {listed}: give its path with the inbox, or its key")
    (((inbox, _), keys),) = chosen.items()
    return inbox, keys


def print_stale(title: str, found: Sequence[StaleArtifact], *, whole: bool) -> None:
    """Print stale artifacts as a table: counted by reason for a whole collection, else by key."""
    if not whole:
        rows = [list(asdict(each).values()) for each in found]
        print_table(title, ("asset", "key", "reason"), rows)
        return
    groups = Counter((each.asset, each.reason) for each in found)
    order = {asset.name: number for number, asset in enumerate(ASSETS)}
    ranked = sorted(groups.items(), key=lambda each: (order[each[0][0]], -each[1]))
    grouped = [(asset, count, reason) for (asset, reason), count in ranked]
    print_table(title, ("asset", "count", "reason"), grouped, limit=LIST_LIMIT)


def stale(
    name: Annotated[
        str,
        typer.Argument(
            metavar="PHOTO", help="Path of a photo in its inbox, or its key. Default: all photos."
        ),
    ] = "",
    as_json: Json = False,
) -> None:
    """List what `nst run` would make, and why.

    Uses the last scan of the inboxes; photos added since then are not listed.
    """
    workspace = existing_workspace()
    if name:
        inbox, keys = photo_named(workspace, name)
        found = [each for key in keys for each in stale_artifacts_of(workspace, inbox, key)]
    else:
        found = list(stale_artifacts(workspace))
    if as_json:
        print_json([asdict(each) for each in found])
    elif not found:
        print_line("Everything is up to date as of the last scan; `nst run` scans again.")
    else:
        print_stale("Stale", found, whole=not name)


def verify(as_json: Json = False) -> None:
    """Compare every artifact and photo with the catalog; exit with code 1 if they disagree.

    `nst run` makes anew what is missing or damaged, and reads changed photos again. Do not run
    this while a run is in progress.
    """
    workspace = existing_workspace()
    with bars() as display:
        task = display.add_task("artifacts", total=None)
        found = find_problems(
            workspace,
            on_artifact=lambda read, total: display.update(task, completed=read, total=total),
        )
    mark_for_run(workspace, found)
    if as_json:
        print_json([asdict(each) for each in found])
    elif not found:
        print_line("All artifacts are intact, and the catalog has them all.")
    else:
        kinds = Counter(each.kind for each in found)
        print_line(", ".join(f"{count} {kind}" for kind, count in kinds.items()))
        rows = [list(asdict(each).values()) for each in found]
        print_table("Problems", ("kind", "asset", "name", "problem"), rows, limit=LIST_LIMIT)
        print_line(
            "`nst run` makes anew what is missing or damaged, and reads changed photos again. "
            "`nst gc` removes the rest."
        )
    if found:
        raise typer.Exit(1)


def repair(as_json: Json = False) -> None:
    """Rebuild a damaged catalog from its data files; the damaged one is moved aside.

    Do not run this while a run is in progress.
    """
    done = repair_catalog(existing_workspace().root)
    if as_json:
        print_json(asdict(done))
        return
    print_line(f"The new catalog has {done.rows} rows. The damaged one is {done.kept or 'gone'}.")
    if done.unreadable:
        print_line(f"{len(done.unreadable)} data files are lost: `nst run` makes their artifacts.")


def gc(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only print what would be removed.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Remove artifacts of deleted photos, superseded catalog rows, and stray files.

    Never removes photos or anything from which a current result was made.
    """
    workspace = existing_workspace()
    garbage = find_garbage(workspace)
    removed = {
        "artifacts of deleted photos": garbage.retired.num_rows,
        "superseded rows": garbage.superseded.num_rows,
        "stray files": len(garbage.strays),
    }
    if not dry_run:
        remove_garbage(workspace, garbage)
        maintained = workspace.catalog.maintain(timedelta(days=_KEEP_DAYS))
        removed |= {f"catalog: {name}": count for name, count in maintained.items()}
    if as_json:
        print_json(removed)
        return
    title = "Would be removed" if dry_run else "Removed"
    print_table(title, ("what", "count"), list(removed.items()))
