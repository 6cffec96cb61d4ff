"""An S3 server on this machine, before which faults can be made.

    python tests/object_server.py FOLDER [--port 9000]

serves until Ctrl-C, and prints the environment that `nst` needs. `rclone serve s3` keeps each
bucket as a folder, and checks signatures. It ignores the conditions of puts, by which Delta's
writers learn that another one was faster; what stands before it here checks them, and gives parts
of objects the status that clients expect.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import json
import math
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

KEY, SECRET = "key", "secret"
_HOST = "127.0.0.1"
_RCLONE = Path(sys.executable).with_name("rclone")
_START_SECONDS = 20.0
_WITHOUT_BODY = (204, 304)
_CONTROL = "/-control"
"""Target of requests that are to the server itself; no bucket is called so."""
NEVER = -1
_PER_HOP = ("connection", "transfer-encoding", "content-length")


@dataclass(frozen=True)
class Answer:
    """What the server answers.

    Attributes
    ----------
    status
        HTTP's number.
    body
        Content.
    headers
        Without the content's length.
    """

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Fault:
    """What goes wrong with requests.

    Attributes
    ----------
    status
        HTTP's number of the answer; 0 breaks the connection, `NEVER` answers nothing.
    code
        S3's name of the error.
    times
        How many requests it concerns.
    until
        When it ends, by `time.time`.
    matching
        Part of the targets that it concerns.
    """

    status: int
    code: str
    times: float = math.inf
    until: float = math.inf
    matching: str = ""


def _refusal(status: int, code: str) -> Answer:
    """Return an error as S3 tells it."""
    body = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code></Error>".encode()
    return Answer(status, body, (("Content-Type", "application/xml"),))


_CONDITION_FAILED = _refusal(412, "PreconditionFailed")


def _without(listing: bytes, name: str) -> bytes:
    """Leave out of a listing the objects whose keys have a text in them."""
    entry = rb"<Contents>(?:(?!</Contents>).)*</Contents>"
    found = re.findall(entry, listing, re.DOTALL)
    for each in found:
        if name.encode() in each:
            listing = listing.replace(each, b"")
    return listing


class _Handler(BaseHTTPRequestHandler):
    """Hands the requests of one connection on to rclone."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.rclone = http.client.HTTPConnection(_HOST, self.server.rclone_port)

    def finish(self) -> None:
        self.rclone.close()
        with suppress(OSError):
            super().finish()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith(_CONTROL):
            answer = self._controlled(body)
        else:
            self.server.requests[self.command] += 1
            fault = self.server.next_fault(self.path)
            if fault is not None and fault.status <= 0:
                self.close_connection = True
                while fault.status == NEVER and not self.rfile.closed and time.time() < fault.until:
                    time.sleep(0.1)
                return
            answer = self._checked(body) if fault is None else _refusal(fault.status, fault.code)
        lines = [f"{self.protocol_version} {answer.status} {http.client.responses[answer.status]}"]
        lines += [f"{name}: {value}" for name, value in answer.headers]
        if self.command != "HEAD" and answer.status not in _WITHOUT_BODY:
            lines.append(f"Content-Length: {len(answer.body)}")
        with suppress(OSError):  # The client has gone.
            self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + answer.body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815

    def _controlled(self, body: bytes) -> Answer:
        """Set what the tests send, and tell them how many requests there were since the last."""
        for name, value in json.loads(body or b"{}").items():
            setattr(self.server, name, Fault(**value) if name == "fault" else value)
        counted, self.server.requests = self.server.requests, Counter()
        return Answer(200, json.dumps(counted).encode())

    def _checked(self, body: bytes) -> Answer:
        """Hand a request on, unless it is a put whose condition does not hold."""
        has_condition = self.headers["If-None-Match"] or self.headers["If-Match"]
        if self.command != "PUT" or not has_condition or not self.server.checks_conditions:
            return self._handed_on(body)
        with self.server.one_at_a_time:
            return self._handed_on(body) if self._holds() else _CONDITION_FAILED

    def _holds(self) -> bool:
        file = self.server.folder / unquote(urlsplit(self.path).path).lstrip("/")
        if self.headers["If-None-Match"]:
            return not file.exists()
        if not file.exists():
            return False
        digest = hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()
        return digest == self.headers["If-Match"].strip('"')

    def _handed_on(self, body: bytes) -> Answer:
        self.rclone.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            self.rclone.putheader(name, value)
        self.rclone.endheaders(body or None)
        response = self.rclone.getresponse()
        dropped = _PER_HOP[:2] if self.command == "HEAD" else _PER_HOP
        kept = (each for each in response.getheaders() if each[0].lower() not in dropped)
        # rclone sends a part with the status of the whole.
        status = 206 if response.getheader("Content-Range") else response.status
        body = response.read()
        if "list-type=2" in self.path and self.server.hidden:
            body = _without(body, self.server.hidden)
        return Answer(status, body, tuple(kept))

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing; `requests` counts."""


_NO_FAULT = Fault(503, "SlowDown", times=0)


class _Server(ThreadingHTTPServer):
    """What clients talk to, and what is to go wrong."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, folder: Path, rclone_port: int, port: int) -> None:
        super().__init__((_HOST, port), _Handler)
        self.folder, self.rclone_port = folder, rclone_port
        self.requests: Counter[str] = Counter()
        self.fault = _NO_FAULT
        self.checks_conditions, self.hidden = True, ""
        self.one_at_a_time = threading.Lock()
        self._counting = threading.Lock()

    def next_fault(self, target: str) -> Fault | None:
        """Return what goes wrong with this request."""
        with self._counting:
            fault = self.fault
            if fault.times < 1 or time.time() > fault.until or fault.matching not in target:
                return None
            self.fault = replace(fault, times=fault.times - 1)
            return fault

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of connections that broke."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def _rclone(folder: Path) -> Iterator[int]:
    """Start rclone; yield its port once it accepts connections."""
    port = _free_port()
    command = [_RCLONE, "serve", "s3", folder, "--addr", f"{_HOST}:{port}"]
    command += ["--auth-key", f"{KEY},{SECRET}", "--vfs-cache-mode", "off", "--config", "/dev/null"]
    # At level ERROR it also reports every key that does not exist.
    process = subprocess.Popen([*command, "--log-file", "/dev/null"])
    try:
        until = time.monotonic() + _START_SECONDS
        while socket.socket().connect_ex((_HOST, port)):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("rclone does not start")
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


@dataclass(frozen=True)
class ObjectServer:
    """A server that runs in another process.

    Delta's client keeps Python's lock while it waits, and would wait forever for its own process.

    Attributes
    ----------
    port
        Where it listens.
    """

    port: int

    @property
    def environment(self) -> dict[str, str]:
        """What a client needs to know."""
        return {
            "AWS_ENDPOINT_URL": f"http://{_HOST}:{self.port}",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
        }

    def _control(self, **values: Any) -> Counter[str]:
        request = urllib.request.Request(
            f"http://{_HOST}:{self.port}{_CONTROL}", json.dumps(values).encode()
        )
        with urllib.request.urlopen(request) as answer:
            return Counter(json.load(answer))

    def requests(self) -> Counter[str]:
        """Return the number of requests by method since the last call of any of these functions."""
        return self._control()

    def fail(self, fault: Fault) -> None:
        """Make something go wrong from now on."""
        self._control(fault=asdict(fault))

    def be_away(self, seconds: float) -> None:
        """Break each connection, for some time."""
        self.fail(Fault(0, "", until=time.time() + seconds))

    def hide(self, name: str = "") -> None:
        """Leave objects whose keys have this text out of listings; without a text, none.

        So do stores that list a new object only after a while.
        """
        self._control(hidden=name)

    def ignore_conditions(self) -> None:
        """Put whatever the conditions are, as rclone does."""
        self._control(checks_conditions=False)


@contextmanager
def object_server(folder: Path) -> Iterator[ObjectServer]:
    """Serve the bucket `bucket` from a folder, in another process."""
    command = [sys.executable, __file__, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield ObjectServer(int(process.stdout.readline().rpartition(":")[2]))
        finally:
            process.terminate()


def main() -> None:
    """Serve one bucket until Ctrl-C, or the signal that ends a process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    (options.folder / "bucket").mkdir(parents=True, exist_ok=True)
    with _rclone(options.folder) as rclone_port:
        server = _Server(options.folder, rclone_port, options.port)
        environment = ObjectServer(server.server_port).environment
        for name, value in {**environment, "NST_DATA": "s3://bucket/data"}.items():
            sys.stdout.write(f"export {name}={value}\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            server.serve_forever()


if __name__ == "__main__":
    main()
