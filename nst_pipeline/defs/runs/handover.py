"""Hands a run over to a process that waits for one, through a socket beside Dagster's storage.

Only the user who owns the folder can connect. The offer is one line of JSON, the answer one word.
"""

import json
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from nst_pipeline.errors import NstError

_TAKEN = "taken"
_REFUSED = "refused"
_SOCKET = "warm.sock"
_ANSWER_SECONDS = 60.0
"""How long to wait for an answer: a process that has just started first loads what runs need, which
takes it no longer than it would take another one."""
_OFFER_SECONDS = 5.0


@dataclass(frozen=True)
class Offer:
    """A run for the process that waits."""

    run_id: str
    environment: Mapping[str, str]
    """The settings where the run was launched, as `settings_of_environment` returns them."""


def settings_of_environment() -> dict[str, str]:
    """Return the `NST_` variables of this process."""
    return {name: value for name, value in os.environ.items() if name.startswith("NST_")}


def offer(home: Path, run_id: str) -> bool:
    """Offer a run to the process that waits, if there is one; return whether it took the run.

    Parameters
    ----------
    home
        Folder of the Dagster instance.
    run_id
        The run, which is stored there.
    """
    line = json.dumps(asdict(Offer(run_id, settings_of_environment())))
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(_ANSWER_SECONDS)
            client.connect(str(home / _SOCKET))
            client.sendall(f"{line}\n".encode())
            return client.makefile().readline() == f"{_TAKEN}\n"
    except (OSError, AttributeError):
        return False  # Nobody waits, or the system has no such sockets.


@contextmanager
def listening(home: Path) -> Iterator[socket.socket]:
    """Open the socket for `take`, and remove it at the end.

    Raises
    ------
    NstError
        Another process waits already, or there can be no socket here.
    """
    path = home / _SOCKET
    if not hasattr(socket, "AF_UNIX"):
        raise NstError("this system has no sockets in files: runs start in processes of their own")
    with socket.socket(socket.AF_UNIX) as server:
        _bind(server, path)
        try:
            server.listen()
            yield server
        finally:
            path.unlink(missing_ok=True)


def _bind(server: socket.socket, path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):
        probe.connect(str(path))
        raise NstError(f"{path.parent}: another process waits for its runs already")
    path.unlink(missing_ok=True)  # of a process that was killed
    mask = os.umask(0o177)
    try:
        server.bind(str(path))
    except OSError as error:
        raise NstError(f"{path}: {error}: use a shorter path for DAGSTER_HOME") from None
    finally:
        os.umask(mask)


def take(server: socket.socket, accept: Callable[[Offer], bool]) -> str | None:
    """Wait for an offer, answer it, and return the id of the run; None if it was refused.

    Parameters
    ----------
    server
        From `listening`.
    accept
        Decides about an offer, and stores with the run what must be known before the answer.
    """
    while True:
        client, _ = server.accept()
        with client, suppress(OSError, ValueError, TypeError):  # It went away, or was no launcher.
            client.settimeout(_OFFER_SECONDS)
            found = Offer(**json.loads(client.makefile().readline()))
            accepted = accept(found)
            client.sendall(f"{_TAKEN if accepted else _REFUSED}\n".encode())
            return found.run_id if accepted else None
