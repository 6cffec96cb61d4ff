"""The benchmark runs as its page says, on few scenes."""

import json
import subprocess
import sys
from pathlib import Path

from tests.browser import needs_browser

SCRIPT = Path(__file__).parents[2] / "benchmarks/gallery.py"


@needs_browser
def test_the_gallery_is_measured(tmp_path: Path):
    command = [sys.executable, SCRIPT, "--scenes", "20", "--folder", tmp_path]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    figures = json.loads(run.stdout.splitlines()[-1])
    assert figures["scenes"] == 20
    assert {"first_write_s", "write_10_new_s", "first_view_s", "filter_s"} < figures.keys()
    assert min(figures.values()) >= 0 < figures["first_write_s"]
    assert len(list((tmp_path / "gallery/scenes").iterdir())) == 30
