"""The whole graph on a collection in an object store, and the decisions of its user."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from upath import UPath

from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.engine.workspace import open_workspace
from nst_pipeline.pipeline.steps.reviewed import count_review, review_state
from nst_pipeline.pipeline.upkeep.garbage import find_garbage, remove_garbage
from nst_pipeline.pipeline.upkeep.verify import verify
from nst_pipeline.review.desk import Desk
from nst_pipeline.review.marking import MarkedByUser, Marker
from nst_pipeline.review.pictures import read_picture
from nst_pipeline.storage.data_root import root_at
from nst_pipeline.storage.files import write_atomically
from tests.object_server import ObjectServer, object_server
from tests.object_store import server

__all__ = ["server"]


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
        _nst(server, home, "export", "s3://bucket/export", "--all")
    rows = {(row.asset, row.key): row for row in made.open().catalog.rows()}
    for asset in ("stickers", "composites", "harmonized"):
        for key in [key for name, key in rows if name == asset]:
            for name in rows[asset, key].files:
                file = f"artifacts/{asset}/{key}{name}"
                assert (bucket / file).read_bytes() == (made.root / file).read_bytes(), file
    exported = [
        path.relative_to(tmp_path / "export") for path in (tmp_path / "export").rglob("*.*")
    ]
    assert any(path.suffix == ".txt" for path in exported)
    assert all((tmp_path / "served/bucket/export" / path).exists() for path in exported)
    assert (bucket / "artifacts/gallery/index.html").exists()


@pytest.fixture
def root(made, server, tmp_path, monkeypatch) -> UPath:
    """The URL of a complete collection."""
    monkeypatch.setenv("NST_CACHE", str(tmp_path / "kept"))
    shutil.copytree(made.root, tmp_path / "served/bucket/data", dirs_exist_ok=True)
    return root_at("s3://bucket/data")


def test_results_are_reviewed_on_an_object_store(root, tmp_path):
    desk = Desk(root)
    scene = next(each for each in desk.scenes() if desk.scene(each["key"])["result"])
    key, version = scene["key"], desk.version()
    assert read_picture(desk.snapshot(), "harmonized", key).any()
    desk.decide(key, "approved", desk.scene(key)["result"])
    desk.note(key, "as it was")
    assert desk.version() != version
    again = Snapshot(open_workspace(root))
    assert review_state(again, key) == "approved" and count_review(again).approved == 1
    lines = (tmp_path / "served/bucket/data/review.jsonl").read_text().splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["approved", "note"]
    desk.undo(key)
    desk.undo(key)
    assert review_state(Snapshot(open_workspace(root)), key) == "to review"


def test_objects_are_marked_on_an_object_store(root, tmp_path):
    marker, inbox = Marker(root), tmp_path / "served/bucket/data/objects"
    key = next(each["key"] for each in marker.photos() if each["path"] == "cat.jpg")
    other = b'{"images": [], "annotations": [], "categories": []}'
    write_atomically(root / "objects/cat.coco.json", other)
    saved = marker.save(key, [MarkedByUser(label="cat", box=(10, 10, 50, 50))])
    assert saved == {"file": "s3://bucket/data/objects/cat.coco.json", "objects": 1}
    assert (inbox / "cat.coco.json.bak").read_bytes() == other, "what another tool wrote is kept"
    (own,) = marker.photo(key)["objects"]
    assert (own["label"], own["box"]) == ("cat", [10, 10, 50, 50])
    assert marker.save(key, [])["objects"] == 0
    assert not (inbox / "cat.coco.json").exists() and marker.photo(key)["objects"] == []


def test_a_store_is_verified_and_cleared_of_what_nothing_uses(root):
    workspace = open_workspace(root)
    assert verify(workspace) == []
    row = next(iter(workspace.catalog.latest("gallery").values()))
    workspace.catalog.append([replace(row, fingerprint="f", made_at=datetime.now(UTC))])
    write_atomically(root / "artifacts/harmonized/stray.png", b"stray")
    assert [each.name for each in verify(workspace)] == ["stray.png"]
    garbage = find_garbage(open_workspace(root))
    assert garbage.superseded.num_rows == 1
    assert garbage.strays == (), "a file without a row may be from a run at work"
    before = workspace.catalog.history(("key",)).num_rows
    remove_garbage(open_workspace(root), garbage)
    assert workspace.catalog.history(("key",)).num_rows == before - 1
    assert workspace.catalog.latest("gallery", [row.key])[row.key].fingerprint == "f"
