"""Verifying a real collection, explaining what is stale, removing garbage, and surviving a stop."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pyarrow.compute as pc
import pytest
from sklearn.datasets import load_sample_image

from nst_pipeline.definitions import defs
from nst_pipeline.defs.jobs import JOBS
from nst_pipeline.defs.runs.inboxes import scan_inboxes
from nst_pipeline.defs.runs.update import update
from nst_pipeline.pipeline.upkeep.garbage import find_garbage, remove_garbage
from nst_pipeline.pipeline.upkeep.stale import stale_artifacts, stale_artifacts_of
from nst_pipeline.pipeline.upkeep.verify import mark_for_run, verify
from nst_pipeline.storage.catalog import Catalog
from nst_pipeline.storage.inbox_file import find_file
from nst_pipeline.storage.inbox_index import save_index
from tests.defs.conftest import write_photo


def _kinds(collection):
    return sorted((each.kind, each.asset) for each in verify(collection.open()))


def test_a_collection_just_made_is_intact_and_has_no_garbage(made):
    workspace = made.open()
    assert verify(workspace) == []
    garbage = find_garbage(workspace)
    assert (garbage.retired.num_rows, garbage.superseded.num_rows, garbage.strays) == (0, 0, ())
    assert list(stale_artifacts(workspace, files=True)) == []


def test_every_kind_of_damage_is_reported(collection):
    folder = collection.root / "artifacts"
    keys = sorted(collection.rows("harmonized"))
    (folder / f"harmonized/{keys[0]}.png").unlink()
    damaged = folder / f"composites/{keys[1]}.json"
    damaged.write_bytes(damaged.read_bytes().replace(b"1", b"2", 1))
    (folder / "stickers/nobody.0.png").write_bytes(b"?")
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    host = os.uname().nodename
    (folder / f"stickers/.{host}~{ended.pid}~0.tmp").write_bytes(b"half")
    (folder / f"stickers/.{host}~{os.getpid()}~1.tmp").write_bytes(b"being written")
    row = collection.rows("placements")[keys[2]]
    catalog: Catalog = collection.open().catalog
    catalog.append([row])
    catalog.remove(catalog.table(("asset", "key", "made_at")).filter(_is("detections")))
    found = _kinds(collection)
    assert found.count(("lineage", "stickers")) == 3
    assert [each for each in found if each[0] != "lineage"] == [
        ("damaged", "composites"),
        ("duplicate", "placements"),
        ("leftover", "stickers"),
        ("missing", "harmonized"),
        *[("orphan", "detections")] * 3,
        ("orphan", "stickers"),
    ]


def test_a_run_makes_anew_what_verify_calls_damaged(collection):
    folder, keys = collection.root / "artifacts", sorted(collection.rows("composites"))
    damaged = folder / f"composites/{keys[1]}.png"
    before = damaged.read_bytes()
    damaged.write_bytes(before[:-99] + bytes((before[-99] ^ 1,)) + before[-98:])
    workspace = collection.open()
    mark_for_run(workspace, verify(workspace))
    assert "damaged" in collection.rows("composites")[keys[1]].error
    collection.update()
    assert damaged.read_bytes() == before
    assert verify(collection.open()) == []


def test_a_photo_that_changed_unnoticed_is_named_and_read_again(collection):
    collection.update()
    photo = collection.root / "objects/cat.jpg"
    workspace = collection.open()
    index = workspace.index("objects")
    (key,) = (key for key, each in index.photos.items() if each.path == "cat.jpg")
    write_photo(photo, load_sample_image("flower.jpg"))
    file = find_file(workspace.inbox_folder("objects"), "cat.jpg")
    # As if neither size nor times had changed.
    stat = {"size": file.size, "mtime_ns": file.mtime_ns, "ctime_ns": file.ctime_ns}
    unnoticed = {**index.photos, key: replace(index.photos[key], **stat)}
    save_index(workspace.root / "catalog/inbox_objects.parquet", replace(index, photos=unnoticed))
    workspace = collection.open()
    (found,) = [each for each in verify(workspace) if each.kind == "changed"]
    assert (found.asset, found.name) == ("objects", "cat.jpg")
    mark_for_run(workspace, [found])
    assert collection.open().rescan("objects").changed == (key,)


def _is(asset):
    return pc.field("asset") == asset


def test_artifacts_of_a_deleted_photo_are_garbage_once_nothing_uses_them(collection):
    """Its stickers may be part of current composites until these are remade."""
    cat = collection.root / "objects/cat.jpg"
    cat.unlink()
    workspace = collection.open()
    workspace.rescan("objects")
    before = find_garbage(workspace).retired.to_pylist()
    assert {row["asset"] for row in before} <= {"object_photos", "detections", "stickers"}
    collection.update()
    workspace = collection.open()
    garbage = find_garbage(workspace)
    assert sorted(row["asset"] for row in garbage.retired.to_pylist()) == [
        "detections",
        "object_photos",
        "stickers",
    ]
    remove_garbage(workspace, garbage)
    assert verify(collection.open()) == []
    assert find_garbage(collection.open()).retired.num_rows == 0
    assert len(collection.rows("stickers")) == 2
    assert collection.update() == []


@pytest.mark.parametrize(
    ("settings", "asset", "reason"),
    [
        ("[harmonize]\nmethod = 'untouched'\n", "harmonized", "harmonize.method"),
        ("[detection]\nmax_objects = 2\n", "detections", "detection.max_objects"),
    ],
)
def test_a_changed_setting_is_given_as_the_reason(collection, settings, asset, reason):
    toml = collection.root / "nst.toml"
    toml.write_text(toml.read_text() + settings)
    found = list(stale_artifacts(collection.open()))
    assert all(reason in each.reason for each in found if each.asset == asset)
    assert len([each for each in found if each.asset == asset]) == 3


def test_a_changed_photo_is_given_as_the_reason(collection):
    photo = collection.root / "scenes/temple.jpg"
    photo.write_bytes(photo.read_bytes() + b"\0")
    workspace = collection.open()
    workspace.rescan("scenes")
    key = next(k for k, p in workspace.index("scenes").photos.items() if p.path == "temple.jpg")
    (only,) = stale_artifacts(workspace)
    assert (only.asset, only.key, only.reason) == (
        "scene_photos",
        key,
        "scenes/temple.jpg changed",
    )
    assert stale_artifacts_of(workspace, "scenes", key) == [only]


def test_retry_makes_only_failed_artifacts_and_their_descendants(collection):

    style = collection.root / "scenes/again.jpg"
    style.write_bytes((collection.root / "scenes/temple.jpg").read_bytes())
    (collection.root / "scenes/again.placements.json").write_text("no JSON")
    collection.update()
    (failed,) = [row for row in collection.rows("scene_photos").values() if row.status == "failed"]
    (collection.root / "scenes/other.jpg").write_bytes(style.read_bytes())
    (collection.root / "scenes/again.placements.json").write_text("[]")
    workspace = collection.open()
    with collection.instance() as instance:
        scan_inboxes(workspace, instance)
        ran = update(
            workspace,
            instance,
            lambda phase: defs.resolve_job_def(JOBS[phase].name),
            quarantined_only=True,
        )
    assert all(run.success for run in ran)
    rows = collection.rows("scene_photos")
    assert rows[failed.key].status == "ok"
    assert not any(key.startswith("other") for key in rows)


def test_the_run_after_a_killed_one_completes_the_collection(collection, made):
    """Killed with SIGKILL while it writes pictures; the result has the same bytes in the end."""
    (collection.root / "nst.toml").write_text((made.root / "nst.toml").read_text() + "\n")
    for asset in ("composites", "harmonized", "stylized_magenta"):
        for path in (collection.root / "artifacts" / asset).iterdir():
            path.unlink()
    run = _started_run(collection)
    run.kill()
    run.wait()
    subprocess.run(_RUN, env=_environment(collection), check=True, capture_output=True)
    assert verify(collection.open()) == []
    for asset in ("composites", "harmonized"):
        digests = {key: row.digest for key, row in made.rows(asset).items()}
        assert {key: row.digest for key, row in collection.rows(asset).items()} == digests


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_starts_no_other_phase(collection, stop):
    """Stopped by Ctrl-C or `kill`, it keeps what was made and starts nothing else."""
    for path in (collection.root / "artifacts/composites").iterdir():
        path.unlink()
    run = _started_run(collection)
    run.send_signal(stop)
    output, errors = run.communicate(timeout=60)
    assert run.returncode == 130, errors
    assert "continue with `nst run`" in errors
    assert "Gallery" not in output
    # Composites that it did not reach still lack their files; everything else is intact.
    assert {kind for kind, _ in _kinds(collection)} <= {"missing"}


_RUN = [Path(sys.executable).with_name("nst"), "run"]


def _environment(collection):
    return os.environ | {
        "NST_DATA": str(collection.root),
        "DAGSTER_HOME": str(_home(collection)),
    }


def _started_run(collection):
    """Start `nst run` and wait until it has written the first composite."""
    run = subprocess.Popen(
        _RUN,
        env=_environment(collection),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    first = collection.root / "artifacts/composites"
    while run.poll() is None and not any(path.suffix == ".png" for path in first.iterdir()):
        time.sleep(0.01)
    return run


def _home(collection):
    (collection.home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    with dg.DagsterInstance.from_ref(dg.DagsterInstance.local_temp(str(collection.home)).get_ref()):
        return collection.home
