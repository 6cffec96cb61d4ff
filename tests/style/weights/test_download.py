"""Downloads from a server on this machine that behaves well, badly, or not at all."""

import hashlib
import http.server
import re
import threading

import pytest

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.weights.download import DownloadParameters, RemoteFile, download

CONTENT = bytes(range(256)) * 4096
"""1 MiB, several chunks."""
IMPATIENT = DownloadParameters(tries=2, first_wait_s=0.01, timeout_s=5)
ALTERNATIVE = "bring it from another machine"


class Server(http.server.ThreadingHTTPServer):
    """Serves `CONTENT`; what it does wrong is an attribute."""

    cut_after = len(CONTENT)
    """Bytes of a response after which the connection breaks."""
    knows_ranges = True
    status = 200
    """Answer to every GET, if not 200."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
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
        start = int(asked[1]) if asked and self.server.knows_ranges else 0
        self.server.starts.append(start)
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        self.wfile.write(CONTENT[start : start + self.server.cut_after])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server():
    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def _remote(server, content=CONTENT):
    return RemoteFile(server.url, hashlib.sha256(content).hexdigest(), len(content))


def _download(server, folder, content=CONTENT, **options):
    source = _remote(server, content)
    destination = folder / source.name
    options = {"alternative": ALTERNATIVE, "parameters": IMPATIENT} | options
    download(source, destination, **options)
    return destination


def test_a_file_arrives_whole_and_progress_is_told(server, tmp_path):
    arrived = []
    path = _download(server, tmp_path, progress=arrived.append)
    assert path.read_bytes() == CONTENT
    assert arrived == sorted(arrived) and arrived[-1] == len(CONTENT)
    assert list(tmp_path.iterdir()) == [path]


def test_a_connection_that_breaks_is_continued_where_it_stopped(server, tmp_path):
    server.cut_after = 400_000
    assert _download(server, tmp_path).read_bytes() == CONTENT
    assert server.starts == [0, 400_000, 800_000]


def test_an_earlier_run_is_continued(server, tmp_path):
    (tmp_path / "eyes.onnx.part").write_bytes(CONTENT[:500_000])
    assert _download(server, tmp_path).read_bytes() == CONTENT
    assert server.starts == [500_000]


def test_without_ranges_the_download_starts_anew(server, tmp_path):
    server.knows_ranges = False
    (tmp_path / "eyes.onnx.part").write_bytes(b"x" * 500_000)
    assert _download(server, tmp_path).read_bytes() == CONTENT


def test_without_ranges_a_server_that_always_breaks_is_given_up(server, tmp_path):
    server.knows_ranges, server.cut_after = False, 400_000
    with pytest.raises(ModelUnavailableError, match=f"cannot be downloaded.*{ALTERNATIVE}"):
        _download(server, tmp_path)
    assert not (tmp_path / "eyes.onnx").exists()


def test_what_was_not_finished_is_kept_for_the_next_time(server, tmp_path):
    server.cut_after = 0
    (tmp_path / "eyes.onnx.part").write_bytes(CONTENT[:500_000])
    with pytest.raises(ModelUnavailableError, match="go on where it stopped"):
        _download(server, tmp_path)
    assert (tmp_path / "eyes.onnx.part").stat().st_size == 500_000


@pytest.mark.parametrize("earlier", [b"", b"x" * 10, b"x" * (len(CONTENT) + 1)])
def test_another_digest_is_one_line_and_nothing_is_kept(server, tmp_path, earlier):
    (tmp_path / "eyes.onnx.part").write_bytes(earlier)
    expected = CONTENT[:-1] + b"?"
    with pytest.raises(ModelUnavailableError) as error:
        _download(server, tmp_path, expected)
    assert "sha256 differs" in str(error.value) and "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_a_larger_file_than_expected_is_not_received_to_its_end(server, tmp_path):
    assert _download(server, tmp_path, CONTENT[:1000]).read_bytes() == CONTENT[:1000]


def test_a_file_that_is_not_there_is_not_asked_for_twice(server, tmp_path):
    server.status = 404
    patient = DownloadParameters(tries=9, first_wait_s=100)
    with pytest.raises(ModelUnavailableError, match=r"404.*another machine"):
        _download(server, tmp_path, parameters=patient)


def test_a_part_that_the_server_does_not_know_is_dropped(server, tmp_path):
    server.status = 416
    (tmp_path / "eyes.onnx.part").write_bytes(b"x")
    with pytest.raises(ModelUnavailableError, match="416"):
        _download(server, tmp_path)
    assert not (tmp_path / "eyes.onnx.part").exists()


def test_without_a_network_the_message_says_what_to_do(tmp_path):
    source = RemoteFile("http://127.0.0.1:9/eyes.onnx", "0" * 64, 10)
    with pytest.raises(
        ModelUnavailableError, match=f"does not answer: go online, or {ALTERNATIVE}"
    ):
        download(source, tmp_path / "eyes.onnx", alternative=ALTERNATIVE)
