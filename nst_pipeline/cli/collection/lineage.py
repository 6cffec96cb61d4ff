"""`nst lineage`: what an artifact was made from, and what was made from it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape
from rich.tree import Tree

from nst_pipeline.cli.output import (
    LIST_LIMIT,
    Json,
    busy,
    console,
    print_json,
    print_line,
    printable,
)
from nst_pipeline.pipeline.engine.workspace import existing_workspace
from nst_pipeline.storage.lineage import MODELS, Lineage, Relative


def _label(relative: Relative, *, repeated: bool) -> str:
    key = escape(printable(relative.key))
    label = f"[bold]{relative.asset}[/] {key} [dim]{relative.digest[:12]}[/]"
    if relative.status not in ("ok", "file"):
        label += f" [yellow]{relative.status}[/]"
    return f"{label} [dim](see above)[/]" if repeated else label


def _tree(relative: Relative, drawn: set[tuple[str, str]], parent: Tree | None = None) -> Tree:
    """Build the tree of ancestors; an artifact that occurs again is not expanded again."""
    identity = (relative.asset, relative.key)
    repeated = identity in drawn and bool(relative.relatives)
    drawn.add(identity)
    label = _label(relative, repeated=repeated)
    branch = Tree(label) if parent is None else parent.add(label)
    for each in () if repeated else relative.relatives:
        _tree(each, drawn, branch)
    return branch


def lineage(
    key: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="Partition key, ASSET/KEY, path of a photo, or name of a network."
        ),
    ],
    as_json: Json = False,
) -> None:
    """Show what an artifact was made from, and what was made from it.

    For a photo, shows its stickers or results; for a network, everything made with it.
    """
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
    console.print(f"Used in: {len(made)}")
    for child_asset, child_key in made[:LIST_LIMIT]:
        print_line(f"  {child_asset} {child_key}")
