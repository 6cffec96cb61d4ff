"""Full and read-only disks, and two runs at once: one line each, and nothing made is lost."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

LIMITED = """
import ctypes, os, resource, sys

limit = int(sys.argv[1])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
elif os.getuid() == 0:
    # Root without its capabilities obeys the permissions of files, as anybody does.
    header, nothing = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert ctypes.CDLL(None).capset(header, nothing) == 0
sys.argv = ["nst", *sys.argv[2:]]
from nst_pipeline.cli import run_script
run_script()
"""
"""Runs `nst` where no file may grow beyond a size, which fails as a full disk does; 0: no limit,
but also no right to write what nobody may."""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="limits and rights as Linux has them"),
]


def limited(size: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", LIMITED, str(size), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def assert_one_line(done: subprocess.CompletedProcess[str], *reasons: str) -> None:
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert any(reason in line for reason in reasons), line


@pytest.fixture
def collection(home) -> Path:
    for inbox in ("objects", "scenes"):
        (home / "data" / inbox).mkdir(parents=True)
    photo = Image.fromarray(import_module("skimage.data").coffee())
    photo.save(home / "data/objects/cup.jpg", quality=100)
    mask = np.zeros((400, 600), np.uint8)
    mask[20:380, 20:580] = 255
    Image.fromarray(mask).save(home / "data/objects/cup.mask.png")
    (home / "data/nst.toml").write_text('[detection]\nmethods = ["sidecar"]\n')
    return home / "data"


def _protect(folder: Path, mode: int) -> None:
    for path in [folder, *folder.rglob("*")]:
        path.chmod(mode | (0o111 if path.is_dir() else 0))


def test_what_a_full_or_read_only_disk_and_two_runs_leave_is_whole(collection, installed_nst):
    assert_one_line(limited(60_000, "run"), "disk I/O error: free space, or")
    assert_one_line(limited(400_000, "run"), "File too large")
    command = [str(Path(sys.executable).with_name("nst")), "run"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    both = [subprocess.Popen(command, **pipes) for _ in range(2)]
    outputs = [each.communicate()[0] for each in both]
    assert [each.returncode for each in both] == [0, 0], outputs
    assert "All artifacts are intact" in installed_nst("verify").stdout
    status = json.loads(installed_nst("status", "--json").stdout)
    assert {asset["asset"]: asset["ok"] for asset in status["assets"]}["stickers"] == 1
    assert not any(asset["failed"] for asset in status["assets"])
    Image.new("RGB", (64, 64)).save(collection / "objects/new.jpg")
    _protect(collection, 0o444)
    try:
        assert_one_line(limited(0, "run"), "Permission denied", "may not be written")
    finally:
        _protect(collection, 0o644)
    assert "All artifacts are intact" in installed_nst("verify").stdout
