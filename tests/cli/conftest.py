"""`nst` as a person types it: a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def nst(tmp_path, monkeypatch):
    """Run `nst` in an empty folder of its own; returns the finished process."""
    home = tmp_path / "dagster_home"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    environment = {
        **os.environ,
        "NST_DATA": str(tmp_path / "data"),
        "DAGSTER_HOME": str(home),
        "COLUMNS": "200",
    }

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("nst")), *map(str, arguments)]
        return subprocess.run(
            command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False
        )

    return run
