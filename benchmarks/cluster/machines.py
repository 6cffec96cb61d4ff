"""Where the processes of a cluster run: on this machine as it is, or in network namespaces of it.

A namespace has an address and a host name of its own, as a machine has; the disk, the memory and
the processors are this machine's. Only root may create one.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

_GRACE_SECONDS = 15.0
_BRIDGE = "nst0"
_NETWORK = "10.83.0"
"""The first three numbers of the namespaces' addresses."""


@dataclass
class Machine:
    """This machine as it is."""

    name: str
    address: str = "127.0.0.1"
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def prefix(self) -> list[str]:
        """Return the command that starts another command on the machine."""
        return []

    def start(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> None:
        """Start a process that goes on; its output is appended to a file."""
        with log.open("ab") as output:
            self.processes[name] = subprocess.Popen(
                [*self.prefix(), *command],
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def call(self, command: Sequence[str], environment: Mapping[str, str]) -> str:
        """Run a command to its end, and return its output.

        Raises
        ------
        RuntimeError
            The command failed; the message has its output.
        """
        ran = subprocess.run(
            [*self.prefix(), *command],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            raise RuntimeError(f"{' '.join(command)} failed:\n{ran.stdout}{ran.stderr}")
        return ran.stdout

    def end(self, name: str, *, kill: bool = False) -> None:
        """End a process with those that it started; `kill` gives it no chance to clean up."""
        process = self.processes.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL if kill else signal.SIGTERM)
        try:
            process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def close(self) -> None:
        """End all processes that were started on the machine, the newest first."""
        for name in reversed(list(self.processes)):
            self.end(name)


class Namespace(Machine):
    """A network namespace with a host name of its own."""

    def __init__(self, name: str, number: int) -> None:
        super().__init__(name, f"{_NETWORK}.{number}")
        self._namespace, self._link = f"nst-{name}", f"nst-{name}"
        _ip("netns", "add", self._namespace)
        _ip(
            "link",
            "add",
            self._link,
            "type",
            "veth",
            "peer",
            "name",
            "eth0",
            "netns",
            self._namespace,
        )
        _ip("link", "set", self._link, "master", _BRIDGE, "up")
        self._inside("addr", "add", f"{self.address}/24", "dev", "eth0")
        self._inside("link", "set", "eth0", "up")
        self._inside("link", "set", "lo", "up")

    def _inside(self, *arguments: str) -> None:
        _ip("-netns", self._namespace, *arguments)

    def prefix(self) -> list[str]:
        """Return the command that starts another command in the namespace."""
        own_name = f'hostname {self.name} && exec "$@"'
        return [
            "ip",
            "netns",
            "exec",
            self._namespace,
            "unshare",
            "--uts",
            "sh",
            "-c",
            own_name,
            "-",
        ]

    def connect(self, *, connected: bool) -> None:
        """Plug the network cable in, or pull it out."""
        _ip("link", "set", self._link, "up" if connected else "down")

    def crash(self) -> None:
        """End everything that runs on the machine at once, as a power cut would."""
        for process in _ip("netns", "pids", self._namespace).split():
            with suppress(ProcessLookupError):
                os.kill(int(process), signal.SIGKILL)
        for process in self.processes.values():
            process.wait()
        self.processes.clear()

    def close(self) -> None:
        """End everything on the machine, and remove it."""
        self.crash()
        _ip("link", "delete", self._link)
        _ip("netns", "delete", self._namespace)


def _ip(*arguments: str) -> str:
    """Run `ip` of the package iproute2."""
    return subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True).stdout


def why_no_namespaces() -> str:
    """Say why no machines can be made here; an empty string if they can."""
    try:
        with network():
            Namespace("trial", 99).close()
    except FileNotFoundError:
        return "`ip` is missing: install iproute2"
    except subprocess.CalledProcessError as error:
        return f"network namespaces are not allowed here ({error.stderr.strip()})"
    return ""


@contextmanager
def network() -> Iterator[None]:
    """Provide the switch that connects the namespaces."""
    _ip("link", "add", _BRIDGE, "type", "bridge")
    try:
        _ip("addr", "add", f"{_NETWORK}.254/24", "dev", _BRIDGE)
        _ip("link", "set", _BRIDGE, "up")
        yield
    finally:
        _ip("link", "delete", _BRIDGE)
