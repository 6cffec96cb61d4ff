"""`nst samples` and `nst models`: photos and networks to start with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nst_pipeline.cli.output import (
    Json,
    busy,
    download_bars,
    print_json,
    print_line,
    print_table,
)
from nst_pipeline.errors import NstError
from nst_pipeline.pipeline.engine.workspace import open_workspace
from nst_pipeline.storage.data_root import data_root

if TYPE_CHECKING:
    from nst_pipeline.style.models import ZooStatus
    from nst_pipeline.style.weights.download import Progress, RemoteFile


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


def _get_from_zoo(name: str, given: Path | None) -> Path:
    """Download a model of the zoo, or take the user's own copy of it."""
    from nst_pipeline.style.zoo.store import adopt_model, get_model, zoo_model

    model = zoo_model(name)
    if given is not None:
        return adopt_model(model, given)
    with download_bars() as display:

        def report(file: RemoteFile) -> Progress:
            task = display.add_task(file.name, total=file.size_bytes)
            return lambda arrived: display.update(task, completed=arrived)

        return get_model(model, report)


def _print_got(name: str, path: Path, as_json: bool) -> None:
    from nst_pipeline.style.models import zoo_status

    [got] = (each for each in zoo_status() if each.name == name)
    if as_json:
        print_json(vars(got) | {"path": str(path)})
    else:
        print_line(f"{name} is here ({path}): set {got.handle} to {name}")


def _print_zoo(found: Sequence[ZooStatus]) -> None:
    rows = [
        (
            each.name,
            each.purpose,
            each.handle,
            f"{each.size_bytes / 1e6:,.0f} MB",
            each.license,
            "yes" if each.available else "no",
        )
        for each in found
    ]
    columns = ("model", "what for", "setting that takes it", "size", "license", "here")
    print_table("Stronger models: `nst models --get NAME`", columns, rows)


def models(
    build: Annotated[
        bool, typer.Option("--build", help="Build or download the networks that are missing.")
    ] = False,
    get: Annotated[
        str,
        typer.Option("--get", metavar="NAME", help="Download a stronger model of the list."),
    ] = "",
    given: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="PATH",
            help="With --get: take this copy of the model's file, or this folder of its files, "
            "instead of downloading.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the networks, whether each is installed, and how to get the missing ones."""
    from nst_pipeline.style.models import models_status, prepare_models, zoo_status

    if given is not None and not get:
        raise NstError("--from needs --get NAME: say which model the file is")
    if get:
        path = _get_from_zoo(get, given)
        _print_got(get, path, as_json)
        return
    settings = open_workspace().settings
    with busy("preparing the networks" if build else "checking the networks"):
        if build:
            prepare_models(settings)
        found, zoo = models_status(settings), zoo_status()
    if as_json:
        print_json([vars(each) | {"path": str(each.path or "")} for each in (*found, *zoo)])
        return
    rows = [
        (each.name, each.handle, "yes" if each.available else "no", each.path or each.remedy)
        for each in found
    ]
    print_table(
        "Models", ("model", "setting or package", "installed", "path, or how to get it"), rows
    )
    _print_zoo(zoo)
