"""A server on this machine that serves one file, well or badly."""

import contextlib
import http.server
import re
import threading
from collections.abc import Iterator


class Server(http.server.ThreadingHTTPServer):
    """Serves some content; what it does wrong is an attribute."""

    cut_after = 1 << 30
    """Bytes of a response after which the connection breaks."""
    knows_ranges = True
    status = 200
    """Answer to every GET, if not 200."""

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = content
        self.starts: list[int] = []
        """First byte of each GET."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/eyes.onnx"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.end_headers()

    def do_GET(self) -> None:
        if self.server.status != 200:
            self.send_error(self.server.status)
            return
        asked = re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))
        content = self.server.content
        start = int(asked[1]) if asked and self.server.knows_ranges else 0
        self.server.starts.append(start)
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start : start + self.server.cut_after])

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def serving(content: bytes) -> Iterator[Server]:
    """Serve some content until the end of the block."""
    server = Server(content)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
