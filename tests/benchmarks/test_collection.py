"""The benchmark of a large collection runs as its page says, on a small one."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks/collection.py"


def test_the_last_line_is_json_with_measured_figures():
    command = [sys.executable, str(SCRIPT), "--images", "1000"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    figures = json.loads(done.stdout.splitlines()[-1])
    assert set(figures) == {"first_scan_s", "idle_tick_s", "tick_1000_new_s", "peak_rss_mb"}
    assert all(value > 0 for value in figures.values())
    assert figures["idle_tick_s"] < figures["first_scan_s"]
