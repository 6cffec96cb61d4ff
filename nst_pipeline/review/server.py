"""Serves the app on this machine only."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress

import uvicorn
from upath import UPath

from nst_pipeline.errors import NstError
from nst_pipeline.review.app import review_app

HOST = "127.0.0.1"


def _listening(port: int) -> socket.socket:
    listening = socket.socket()
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        raise NstError(
            f"port {port} of {HOST} cannot be used ({error.strerror}): choose another with --port"
        ) from error
    return listening


def serve(root: UPath, port: int, on_start: Callable[[str], object]) -> None:
    """Serve the app until Ctrl-C.

    Parameters
    ----------
    root
        The data root.
    port
        0 for any that is free.
    on_start
        Called with the app's address as soon as it can be opened.

    Raises
    ------
    NstError
        The port is in use.
    """
    with _listening(port) as listening:
        port = listening.getsockname()[1]
        app = review_app(root, hosts=(f"{HOST}:{port}", f"localhost:{port}"))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", server_header=False))
        listening.listen()
        on_start(f"http://{HOST}:{port}/")
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listening])
