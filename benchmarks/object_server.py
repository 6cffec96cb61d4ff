"""An S3 server on this machine, before which faults can be made.

    python benchmarks/object_server.py FOLDER [--port 9000]

serves until Ctrl-C, and prints the environment that `nst` needs. `rclone serve s3` keeps each
bucket as a folder, and checks signatures. It ignores the conditions of puts, by which Delta's
writers learn that another one was faster; what stands before it here checks them, and gives parts
of objects the status that clients expect.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import shlex
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

KEY, SECRET = "key", "secret"
_HOST = "127.0.0.1"
_RCLONE = Path(sys.executable).with_name("rclone")
_START_SECONDS = 20.0
_WITHOUT_BODY = (204, 304)
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


def refusal(status: int, code: str) -> Answer:
    """Return an error as S3 tells it."""
    body = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code></Error>".encode()
    return Answer(status, body, (("Content-Type", "application/xml"),))


BUSY = refusal(503, "SlowDown")
FORBIDDEN = refusal(403, "AccessDenied")
_CONDITION_FAILED = refusal(412, "PreconditionFailed")

Fault = Callable[[str, str], Answer | None]
"""Take a request's method and its target; return what to answer instead of the store, or None."""


def times(count: int, answer: Answer) -> Fault:
    """Give an answer to the next requests, as many as `count`."""
    left = iter(range(count))
    return lambda *_: None if next(left, None) is None else answer


class _Handler(BaseHTTPRequestHandler):
    """Hands the requests of one connection on to rclone."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: ObjectServer

    def setup(self) -> None:
        super().setup()
        self.rclone = http.client.HTTPConnection(_HOST, self.server.rclone_port)
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        self.rclone.close()
        with suppress(OSError):
            super().finish()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.requests[self.command] += 1
        answer = self.server.fault(self.command, self.path) or self._checked(body)
        lines = [f"{self.protocol_version} {answer.status} {http.client.responses[answer.status]}"]
        lines += [f"{name}: {value}" for name, value in answer.headers]
        if self.command != "HEAD" and answer.status not in _WITHOUT_BODY:
            lines.append(f"Content-Length: {len(answer.body)}")
        with suppress(OSError):  # The client has gone.
            self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + answer.body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815

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
        return Answer(status, response.read(), tuple(kept))

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing; `requests` counts."""


class ObjectServer(ThreadingHTTPServer):
    """What clients talk to.

    Attributes
    ----------
    folder
        Has a folder for each bucket.
    requests
        Number of requests by method.
    fault
        Asked before each request.
    checks_conditions
        Whether puts whose conditions do not hold are refused, as every S3 server should.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, folder: Path, rclone_port: int, port: int) -> None:
        super().__init__((_HOST, port), _Handler)
        self.folder, self.rclone_port = folder, rclone_port
        self.requests: Counter[str] = Counter()
        self.fault: Fault = lambda *_: None
        self.checks_conditions = True
        self.one_at_a_time = threading.Lock()
        self.connections: set[socket.socket] = set()

    @property
    def environment(self) -> dict[str, str]:
        """What a client needs to know."""
        return {
            "AWS_ENDPOINT_URL": f"http://{_HOST}:{self.server_port}",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
        }

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of connections that broke."""

    @contextmanager
    def running(self) -> Iterator[None]:
        """Answer in another thread."""
        thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            self.server_close()
            self.hang_up()

    def hang_up(self) -> None:
        """Break all connections."""
        for each in list(self.connections):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


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


@contextmanager
def object_server(folder: Path, *buckets: str, port: int = 0) -> Iterator[ObjectServer]:
    """Serve buckets from a folder.

    Parameters
    ----------
    folder
        Receives a folder for each bucket; what these contain already is served, too.
    buckets
        Their names.
    port
        Where to listen; 0 for any free port.
    """
    for name in buckets:
        (folder / name).mkdir(parents=True, exist_ok=True)
    with _rclone(folder) as rclone_port:
        server = ObjectServer(folder, rclone_port, port)
        with server.running():
            yield server


def main() -> None:
    """Serve one bucket until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    with object_server(options.folder, "bucket", port=options.port) as server:
        for name, value in {**server.environment, "NST_DATA": "s3://bucket/data"}.items():
            print(f"export {name}={shlex.quote(value)}", flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
