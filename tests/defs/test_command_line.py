"""The commands of `nst` on a complete collection."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from upath import UPath

from nst_pipeline.pipeline.engine.workspace import open_workspace
from nst_pipeline.pipeline.upkeep.garbage import find_garbage

ROOT = Path(__file__).parents[2]


@pytest.fixture
def nst(collection):
    (collection.home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")

    def run(*arguments):
        environment = {**os.environ, "DAGSTER_HOME": str(collection.home), "COLUMNS": "200"}
        command = [sys.executable, "-c", "from nst_pipeline.cli import main; main()", *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=True)

    return run


def test_run_with_nothing_new_says_so(nst):
    done = nst("run")
    assert "nothing was made" in done.stdout
    assert "index.html" in done.stdout


def test_run_makes_new_artifacts_as_dagster_runs(nst, collection):
    scene = collection.root / "scenes/temple.jpg"
    (collection.root / "scenes/new.jpg").write_bytes(scene.read_bytes())
    printed = json.loads(nst("run", "--json").stdout)
    assert [run["phase"] for run in printed["runs"]] == ["scenes", "publish"]
    with collection.instance() as instance:
        runs = instance.get_runs()
    assert {run.status.value for run in runs} == {"SUCCESS"}
    (shown,) = yaml.safe_load((ROOT / "workspace.yaml").read_text())["load_from"]
    location = shown["python_module"]["location_name"]
    assert {run.remote_job_origin.location_name for run in runs} == {location}


def test_status_counts_artifacts_and_names_unreadable_files(nst, collection):
    (collection.root / "objects/empty.jpg").write_bytes(b"")
    nst("run")
    status = json.loads(nst("status", "--json").stdout)
    assert {each["asset"]: each["ok"] for each in status["assets"]}["harmonized"] == 3
    assert status["unreadable"] == [["objects", "empty.jpg", "the file is empty"]]


def test_lineage_reaches_the_photos(nst, collection):
    text = nst("lineage", "temple.jpg").stdout
    assert "harmonized temple" in text
    assert "scenes temple.jpg" in text
    assert "objects " in text


def test_upkeep_lists_stale_damaged_and_unused_artifacts(nst, collection):
    assert "up to date" in nst("stale").stdout
    (collection.root / "scenes/temple.jpg").unlink()
    settings = collection.root / "nst.toml"
    settings.write_text(settings.read_text() + "[harmonize]\nmethod = 'untouched'\n")
    collection.open().rescan("scenes")
    stale = json.loads(nst("stale", "a/b.jpg", "--json").stdout)
    assert [(each["asset"], each["reason"]) for each in stale] == [
        ("harmonized", "settings changed: harmonize.method")
    ]
    nst("run")  # until then the gallery shows the deleted scene
    assert json.loads(nst("verify", "--json").stdout) == []
    would = json.loads(nst("gc", "--dry-run", "--json").stdout)
    assert would["artifacts of deleted photos"] == 7
    assert json.loads(nst("gc", "--json").stdout)["artifacts of deleted photos"] == 7
    assert not list((collection.root / "artifacts/harmonized").glob("temple*"))
    assert json.loads(nst("verify", "--json").stdout) == []


@pytest.mark.parametrize("command", ["status", "verify", "stale", "gc", "retry", "report"])
def test_a_missing_data_folder_is_an_error(nst, monkeypatch, command):
    monkeypatch.setenv("NST_DATA", "/nowhere/photos")
    with pytest.raises(subprocess.CalledProcessError) as failed:
        nst(command)
    assert "/nowhere/photos is not a folder" in failed.value.stderr


def test_a_collection_without_artifacts_has_no_garbage(tmp_path):
    for name in ("objects", "scenes"):
        (tmp_path / name).mkdir()
    garbage = find_garbage(open_workspace(UPath(tmp_path)))
    assert garbage.retired.num_rows == 0 and not garbage.strays
