"""`nst` as a person types it."""

import subprocess
import sys
from pathlib import Path

import pytest

from nst_pipeline.cli import main


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """An empty current folder; the collection is `data` in it, which does not exist yet."""
    folder = tmp_path / "dagster_home"
    folder.mkdir()
    (folder / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    monkeypatch.setenv("NST_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DAGSTER_HOME", str(folder))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def nst(home, monkeypatch, capsys):
    """Run `nst` in an empty folder, in this process; returns exit code and output."""

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = ["nst", *map(str, arguments)]
        monkeypatch.setattr(sys, "argv", command)
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as error:
            code = error.code or 0
        captured = capsys.readouterr()
        return subprocess.CompletedProcess(command, code, captured.out, captured.err)

    return run


@pytest.fixture
def installed_nst(home):
    """Run the installed `nst` in an empty folder, as a process; returns the finished process."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("nst")), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return run
