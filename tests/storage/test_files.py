"""Files appear whole or not at all, and leftovers of killed processes are recognized."""

import os
import socket
import subprocess
import sys

import pytest
from upath import UPath

from nst_pipeline.storage.files import (
    is_leftover,
    is_temporary,
    place_atomically,
    remove_leftovers,
    sizes_in,
    write_atomically,
)


def _ended_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_written_file_replaces_the_old_one(tmp_path):
    path = UPath(tmp_path) / "folder/file"
    write_atomically(path, b"old")
    write_atomically(path, b"new", sync=False)
    assert path.read_bytes() == b"new"


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fill(temporary):
        temporary.write_bytes(b"half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        place_atomically(path, fill)
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_an_unfinished_file_is_known_by_its_name_while_its_process_runs(tmp_path):
    names = []
    place_atomically(tmp_path / "file", lambda path: (names.append(path.name), path.touch()))
    assert is_temporary(names[0]) and not is_leftover(names[0])
    assert not is_temporary("cat-1.png")


def test_leftovers_of_ended_processes_on_this_machine_are_removed(tmp_path):
    host = socket.gethostname()
    leftover = f".{host}~{_ended_process()}~0123.tmp"
    kept = [f".{host}~{os.getpid()}~0123.tmp", ".elsewhere~1~0123.tmp", "photo.png"]
    for name in (leftover, *kept):
        (tmp_path / name).touch()
    assert is_leftover(leftover)
    remove_leftovers(UPath(tmp_path))
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(kept)


def test_sizes_are_those_of_the_files_that_exist(tmp_path):
    (tmp_path / "a").write_bytes(b"123")
    (tmp_path / "folder").mkdir()
    assert sizes_in(UPath(tmp_path)) == {"a": 3}
    assert sizes_in(UPath(tmp_path), ["a", "b"]) == {"a": 3}
    assert sizes_in(UPath(tmp_path) / "missing") == {}
