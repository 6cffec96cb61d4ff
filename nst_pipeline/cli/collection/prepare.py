"""`nst samples` and `nst models`: photos and networks to start with."""

from __future__ import annotations

from typing import Annotated

import typer

from nst_pipeline.cli.output import Json, busy, print_json, print_line, print_table
from nst_pipeline.pipeline.engine.workspace import open_workspace
from nst_pipeline.settings import data_root


def samples(as_json: Json = False) -> None:
    """Copy sample photos into the inboxes."""
    from nst_pipeline.samples import write_samples

    root = data_root()
    written = [str(path) for path in write_samples(root)]
    if as_json:
        print_json({"written": written})
        return
    summary = f"{len(written)} sample photos written" if written else "sample photos already there"
    print_line(f"{summary}: {root}")


def models(
    build: Annotated[
        bool, typer.Option("--build", help="Build Magenta's SavedModel if it is missing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the networks, whether each is installed, and how to get the missing ones."""
    from nst_pipeline.style.models import models_status, prepare_models

    settings = open_workspace().settings
    with busy("preparing the networks" if build else "checking the networks"):
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
    print_table("Models", ("model", "setting", "installed", "path, or how to get it"), rows)
