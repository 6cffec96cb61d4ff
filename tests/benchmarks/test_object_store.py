"""The benchmark of object stores runs as its page says, on one scene."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks/object_store.py"


@pytest.mark.slow
def test_disk_and_store_are_measured_and_the_last_line_is_json():
    few = ["--scenes", "1", "--objects", "2", "--side", "128", "--rounds", "1"]
    command = [sys.executable, str(SCRIPT), *few]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "store_over_disk_wall" in json.loads(done.stdout.splitlines()[-1])
