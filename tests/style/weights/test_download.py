"""Downloads from a server on this machine that behaves well, badly, or not at all."""

import hashlib

import pytest

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.weights.download import DownloadParameters, RemoteFile, download
from tests.style.weights.server import serving

CONTENT = bytes(range(256)) * 4096
"""1 MiB, several chunks."""
IMPATIENT = DownloadParameters(tries=2, first_wait_s=0.01, timeout_s=5)
ALTERNATIVE = "bring it from another machine"


@pytest.fixture
def server():
    with serving(CONTENT) as server:
        yield server


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
    with pytest.raises(ModelUnavailableError, match="goes on where it stopped"):
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
        ModelUnavailableError, match=f"cannot be downloaded.*go online.*{ALTERNATIVE}"
    ):
        download(source, tmp_path / "eyes.onnx", alternative=ALTERNATIVE)
