"""The commands of `nst` on a complete collection."""

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import yaml
from upath import UPath

from nst_pipeline.cli import main
from nst_pipeline.cli.collection.upkeep import photo_named
from nst_pipeline.errors import NstError
from nst_pipeline.pipeline.engine.workspace import open_workspace
from nst_pipeline.pipeline.upkeep.garbage import find_garbage
from nst_pipeline.vision.images.png import encode_png

ROOT = Path(__file__).parents[2]
_SCRIPT = Path(sys.executable).with_name("nst")


@pytest.fixture
def nst(collection):
    (collection.home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")

    def run(*arguments):
        environment = {**os.environ, "DAGSTER_HOME": str(collection.home), "COLUMNS": "200"}
        command = [_SCRIPT, *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=True)

    return run


@pytest.fixture
def here(collection, monkeypatch, capsys):
    """Run `nst` in this process, which saves its start; returns exit code and output.

    Commands that make something need a process of their own: Dagster redirects its output.
    """
    (collection.home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    monkeypatch.setenv("DAGSTER_HOME", str(collection.home))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["nst", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        code = int(ended.value.code or 0)
        return subprocess.CompletedProcess(arguments, code, captured.out, captured.err)

    return run


def test_run_with_nothing_new_says_so(nst):
    done = nst("run")
    assert "nothing was made" in done.stdout
    assert "index.html" in done.stdout


def test_status_counts_artifacts_and_names_unreadable_files(nst, here, collection):
    (collection.root / "objects/empty.jpg").write_bytes(b"")
    nst("run")
    status = json.loads(here("status", "--json").stdout)
    assert {each["asset"]: each["ok"] for each in status["assets"]}["harmonized"] == 3
    assert status["unreadable"] == [["objects", "empty.jpg", "the file is empty"]]


def _copy_scene(collection, *names: str) -> None:
    for name in names:
        shutil.copyfile(collection.root / "scenes/temple.jpg", collection.root / "scenes" / name)


def test_a_dry_run_lists_what_would_be_made_and_makes_nothing(here, collection):
    assert "nothing would be made" in here("run", "--dry-run").stdout
    _copy_scene(collection, "new.jpg")
    before = {path: path.stat().st_mtime_ns for path in collection.root.rglob("*")}
    listed = json.loads(here("run", "--dry-run", "--json").stdout)
    assert ("scene_photos", "not made yet") in {(e["asset"], e["reason"]) for e in listed}
    waiting = {each["asset"] for each in listed if each["reason"].startswith("waiting: ")}
    assert {"placements", "harmonized"} <= waiting
    assert {each["key"] for each in listed} == {"new-" + listed[0]["key"][-8:]}
    assert "Would be made" in here("run", "--dry-run").stdout
    assert {path: path.stat().st_mtime_ns for path in collection.root.rglob("*")} == before


def _check_runs_are_shown(collection) -> None:
    """All runs succeeded, and the UI of `workspace.yaml` shows them with their jobs."""
    with collection.instance() as instance:
        runs = instance.get_runs()
    assert {run.status.value for run in runs} == {"SUCCESS"}
    (shown,) = yaml.safe_load((ROOT / "workspace.yaml").read_text())["load_from"]
    location = shown["python_module"]["location_name"]
    assert {run.remote_job_origin.location_name for run in runs} == {location}


def test_a_run_of_one_photo_leaves_the_others(nst, here, collection):
    _copy_scene(collection, "one.jpg", "two.jpg")
    done = nst("run", "--only", "scenes/one.jpg", "--json")
    assert [run["phase"] for run in json.loads(done.stdout)["runs"]] == ["scenes", "publish"]
    made = {key[:3] for key in collection.rows("harmonized")}
    assert "one" in made and "two" not in made
    left = json.loads(here("run", "--dry-run", "--only", "two.jpg", "--json").stdout)
    assert {each["key"][:3] for each in left} == {"two"}
    lines = done.stderr.splitlines()  # What is piped tells how far it is.
    assert lines.index("placements: 1 of 1") < lines.index("harmonized: 1 of 1")
    _check_runs_are_shown(collection)


def test_a_photo_is_named_by_path_name_or_key(collection):
    shutil.copyfile(collection.root / "scenes/temple.jpg", collection.root / "objects/temple.jpg")
    workspace = collection.open()
    workspace.look("objects")
    key = next(key for key in workspace.index("scenes").photos if key.startswith("temple"))
    for name in ("scenes/temple.jpg", str(collection.root / "scenes/temple.jpg"), "b.jpg"):
        assert photo_named(workspace, name)[0] == "scenes"
    assert photo_named(workspace, "astronaut.jpg")[0] == "objects"
    assert photo_named(workspace, "scenes/temple.jpg")[1] == [key]
    for name, message in (("nobody.jpg", "no photo is named"), ("temple.jpg", "may be objects/")):
        with pytest.raises(NstError, match=message):
            photo_named(workspace, name)


def _run_in_a_terminal(collection) -> tuple[int, str]:
    """Run `nst run` in a terminal of its own; return the exit code and what it showed."""
    leader, follower = os.openpty()
    environment = {**os.environ, "DAGSTER_HOME": str(collection.home), "TERM": "xterm"}
    process = subprocess.Popen(
        [_SCRIPT, "run"],
        **dict.fromkeys(("stdin", "stdout", "stderr"), follower),
        env=environment | {"COLUMNS": "120", "LINES": "40"},
    )
    os.close(follower)
    shown = b""
    with suppress(OSError):  # The terminal is closed when the process ends.
        while part := os.read(leader, 4096):
            shown += part
    os.close(leader)
    return process.wait(), re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())


def test_a_terminal_shows_bars_and_status_names_what_failed_or_is_empty(here, collection):
    """Dagster redirects standard error while it makes an asset: bars must move all the same."""
    _copy_scene(collection, "1.jpg", "2.jpg", "3.jpg")
    plain = np.full((200, 300, 3), 128, np.uint8)
    (collection.root / "objects/wall.png").write_bytes(encode_png(plain))
    (collection.root / "scenes/temple.placements.json").write_text(
        '[{"sticker": "nobody.jpg", "x": 1, "y": 1, "width": 50, "height": 50}]'
    )
    code, shown = _run_in_a_terminal(collection)
    assert code == 3 and "1 quarantined" in shown
    counts = re.findall(r"(?:placements|composites|harmonized) +[━╸╺ ]+ (\d)/(\d)", shown)
    assert any(done < total for done, total in counts), "no bar moved while an asset was made"
    empty = json.loads(here("status", "--json").stdout)["empty"]
    (row,) = (each for each in empty if "wall.png" in each["photos"])
    assert row["asset"] == "detections" and row["reason"].startswith("no object was found")
    reasons = [each["reason"] for each in empty]
    assert len(reasons) == len(set(reasons))
    assert "wall.png" in here("status").stdout


def test_open_prints_the_gallery_and_starts_a_browser(here, collection, monkeypatch):
    page, opened = collection.root / "artifacts/gallery/index.html", []
    monkeypatch.setattr("webbrowser.open", lambda url: opened.append(url) or True)
    assert here("open", "--no-browser").stdout.strip() == str(page)
    assert opened == []
    assert here("open").stdout.strip() == str(page)
    assert opened == [page.as_uri()]


def test_open_without_a_browser_or_a_gallery_says_so(here, collection, monkeypatch):
    monkeypatch.setattr("webbrowser.open", lambda url: False)
    done = here("open")
    assert done.returncode == 1 and "index.html yourself" in done.stderr
    (collection.root / "artifacts/gallery/index.html").unlink()
    done = here("open")
    assert done.returncode == 1 and "nst run" in done.stderr and done.stdout == ""


def test_lineage_reaches_the_photos(here):
    text = here("lineage", "temple.jpg").stdout
    assert "harmonized temple" in text
    assert "scenes temple.jpg" in text
    assert "objects " in text


def test_upkeep_lists_stale_damaged_and_unused_artifacts(nst, here, collection):
    assert "up to date" in here("stale").stdout
    (collection.root / "scenes/temple.jpg").unlink()
    settings = collection.root / "nst.toml"
    settings.write_text(settings.read_text() + "[harmonize]\nmethod = 'untouched'\n")
    collection.open().rescan("scenes")
    stale = json.loads(here("stale", "a/b.jpg", "--json").stdout)
    assert [(each["asset"], each["reason"]) for each in stale] == [
        ("harmonized", "settings changed: harmonize.method")
    ]
    ran = json.loads(nst("run", "--json").stdout)  # until then the gallery shows the deleted scene
    assert [run["phase"] for run in ran["runs"]] == ["scenes", "publish"]
    assert json.loads(here("verify", "--json").stdout) == []
    would = json.loads(here("gc", "--dry-run", "--json").stdout)
    assert would["artifacts of deleted photos"] == 7
    assert json.loads(here("gc", "--json").stdout)["artifacts of deleted photos"] == 7
    assert not list((collection.root / "artifacts/harmonized").glob("temple*"))
    assert json.loads(here("verify", "--json").stdout) == []


@pytest.mark.parametrize("command", ["status", "verify", "stale", "gc", "retry", "report"])
def test_a_missing_data_folder_is_an_error(here, monkeypatch, command):
    monkeypatch.setenv("NST_DATA", "/nowhere/photos")
    done = here(command)
    assert done.returncode != 0
    assert "/nowhere/photos is not a folder" in done.stderr


def test_a_collection_without_artifacts_has_no_garbage(tmp_path):
    for name in ("objects", "scenes"):
        (tmp_path / name).mkdir()
    garbage = find_garbage(open_workspace(UPath(tmp_path)))
    assert garbage.retired.num_rows == 0 and not garbage.strays
