"""`nst review`: a page in the browser to decide about results."""

from __future__ import annotations

import webbrowser
from typing import Annotated

import typer

from nst_pipeline.cli.output import print_line
from nst_pipeline.pipeline.engine.workspace import existing_workspace

_PORT = 3100


def review(
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Port on this machine; 0 for any free one.")
    ] = _PORT,
    open_browser: Annotated[
        bool, typer.Option("--open", help="Also open the page in the browser.")
    ] = False,
) -> None:
    """Approve and reject results in the browser, or ask for others; Ctrl-C ends it.

    Only this machine can open the page. Decisions are kept in `review.jsonl` in the data folder;
    the next `nst run` follows them.
    """
    from nst_pipeline.review.server import serve

    root = existing_workspace().root

    def started(address: str) -> None:
        print_line(f"Review at {address} (Ctrl-C ends it)")
        if open_browser:
            webbrowser.open(address)

    serve(root, port, started)
