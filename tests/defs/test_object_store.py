"""The whole graph on a collection in an object store."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.object_server import ObjectServer, object_server


def _nst(server: ObjectServer, home: Path, *arguments: str) -> str:
    """Run `nst` as a process on the collection `s3://bucket/data`."""
    environment = {
        **server.environment,
        "PATH": "/usr/bin:/bin",
        "NST_DATA": "s3://bucket/data",
        "DAGSTER_HOME": str(home),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
        "COLUMNS": "200",
    }
    command = [str(Path(sys.executable).with_name("nst")), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_graph_runs_on_an_object_store(made, tmp_path):
    """The results are those that the same photos have on the disk."""
    home, bucket = tmp_path / "home", tmp_path / "served/bucket/data"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    for name in ("objects", "scenes", "nst.toml"):
        source = made.root / name
        for file in [source] if source.is_file() else source.rglob("*.*"):
            target = bucket / file.relative_to(made.root)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    with object_server(tmp_path / "served") as server:
        _nst(server, home, "run")
        assert json.loads(_nst(server, home, "run", "--dry-run", "--json")) == []
        assert "intact" in _nst(server, home, "verify")
        _nst(server, home, "export", str(tmp_path / "export"), "--all")
    rows = {(row.asset, row.key): row for row in made.open().catalog.rows()}
    for asset in ("stickers", "composites", "harmonized"):
        for key in [key for name, key in rows if name == asset]:
            for name in rows[asset, key].files:
                file = f"artifacts/{asset}/{key}{name}"
                assert (bucket / file).read_bytes() == (made.root / file).read_bytes(), file
    assert list((tmp_path / "export").rglob("*.txt"))
    assert (bucket / "artifacts/gallery/index.html").exists()
