"""What was read from an object store is kept on the disk, up to a limit."""

import os
import shutil
import subprocess
import sys
from collections import namedtuple

import pytest

from nst_pipeline.storage import disk_cache
from nst_pipeline.storage.disk_cache import NO_CACHE, DiskCache

PIECE = bytes(1000)
LIMIT = 20_000


@pytest.fixture
def cache(tmp_path) -> DiskCache:
    return DiskCache(tmp_path, LIMIT)


def size_of(folder) -> int:
    return sum(each.stat().st_size for each in folder.iterdir())


def use_at(folder, name: str, second: int) -> None:
    """Pretend that a content was used at some time."""
    path = DiskCache(folder, LIMIT)._path(name)
    os.utime(path, (second, second))


def test_a_content_is_fetched_once(cache, tmp_path):
    assert cache.read("a", lambda: b"from afar") == b"from afar"
    assert cache.read("a", lambda: b"another") == b"from afar"
    assert DiskCache(tmp_path, LIMIT).get("a") == b"from afar"  # another process
    assert cache.get("b") is None


def test_the_least_recently_used_go_first(cache, tmp_path):
    for number in range(15):
        cache.put(f"{number}", PIECE)
        use_at(tmp_path, f"{number}", number)
    assert cache.get("0") == PIECE  # from now on the last one used
    for number in range(15, 30):
        cache.put(f"{number}", PIECE)
        assert size_of(tmp_path) <= LIMIT
    assert cache.get("0") == PIECE
    assert cache.get("1") is None and cache.get("29") == PIECE


def test_several_processes_share_the_limit(tmp_path):
    script = (
        "import sys; from pathlib import Path\n"
        "from nst_pipeline.storage.disk_cache import DiskCache\n"
        f"cache = DiskCache(Path(sys.argv[1]), {LIMIT})\n"
        "for n in range(200):\n"
        "    text = f'{sys.argv[2]} {n}'\n"
        "    assert cache.read(text, lambda: text.encode().ljust(1000))\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    processes = [subprocess.Popen([*command, str(number)]) for number in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert 0 < size_of(tmp_path) <= LIMIT * 1.3


def test_what_a_killed_process_left_is_never_read_and_goes_in_its_turn(cache, tmp_path):
    half = tmp_path / ".host~1~aa.tmp"
    half.write_bytes(PIECE)
    os.utime(half, (0, 0))
    for number in range(30):
        cache.put(f"{number}", PIECE)
    assert not half.exists()


def test_a_damaged_content_counts_as_missing(cache, tmp_path):
    cache.put("a", b"from afar")
    (file,) = tmp_path.iterdir()
    for damaged in (file.read_bytes()[:-1], b"", bytes(50)):
        file.write_bytes(damaged)
        assert cache.get("a") is None
    assert cache.read("a", lambda: b"again") == b"again"


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path):
    (tmp_path / "file").touch()
    cache = DiskCache(tmp_path / "file" / "cache", LIMIT)
    assert cache.read("a", lambda: b"from afar") == b"from afar"
    assert cache.get("a") is None


def test_a_full_disk_is_left_alone(cache, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12, 10**6))
    assert cache.read("a", lambda: b"from afar") == b"from afar"
    assert cache.get("a") is None


def test_nothing_is_kept_without_a_limit_nor_what_would_push_out_everything(cache):
    assert NO_CACHE.read("a", lambda: b"from afar") == b"from afar"
    assert NO_CACHE.get("a") is None
    cache.put("large", bytes(LIMIT // 2))
    assert cache.get("large") is None


def test_the_folder_is_the_users_unless_the_environment_names_one(monkeypatch, tmp_path):
    monkeypatch.delenv("NST_CACHE", raising=False)
    assert disk_cache.cache_folder().parts[-3:] == (".cache", "nst_pipeline", "inputs")
    monkeypatch.setenv("NST_CACHE", str(tmp_path))
    assert disk_cache.cache_folder() == tmp_path
