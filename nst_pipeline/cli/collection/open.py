"""`nst open`: the gallery in a browser."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from nst_pipeline.cli.output import Json, print_json, print_line
from nst_pipeline.errors import NstError
from nst_pipeline.pipeline.engine.workspace import existing_workspace
from nst_pipeline.pipeline.steps.gallery import gallery
from nst_pipeline.storage.artifact_files import GALLERY_PAGE
from nst_pipeline.storage.files import LOCAL
from nst_pipeline.storage.keys import ALL


def open_gallery(
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only print the path of the page.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Print the path of the gallery, and open it in a browser.

    The exit code is 1 if there is no gallery yet, if it is in an object store, or if there is no
    browser.
    """
    workspace = existing_workspace()
    page = workspace.store.path(gallery.name, ALL, GALLERY_PAGE)
    if not page.exists():
        raise NstError(f"{workspace.root} has no gallery yet: run `nst run`")
    if as_json:
        print_json({"gallery": str(page)})
    else:
        print_line(str(page))
    if no_browser:
        return
    if page.protocol not in LOCAL:
        raise NstError(
            "a browser cannot open pages in an object store: copy the folder artifacts to a disk, "
            "and open gallery/index.html in it"
        )
    if not webbrowser.open(Path(page.path).resolve().as_uri()):
        raise NstError(f"no browser could be started: open {page} yourself")
