"""A batch makes what is due, sets aside what fails, and catalogs all of it."""

import shutil
from dataclasses import replace
from threading import get_ident

import pytest
from skimage import data
from upath import UPath

from nst_pipeline.errors import ModelUnavailableError, NstError
from nst_pipeline.pipeline.engine.batch import GROUP_ERROR, run_batch
from nst_pipeline.pipeline.engine.item import Made
from nst_pipeline.pipeline.engine.progress import report_steps
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.engine.stopping import STOP, Stopped
from nst_pipeline.pipeline.engine.workspace import open_workspace
from nst_pipeline.pipeline.steps import BY_NAME
from nst_pipeline.storage.records import Losses
from nst_pipeline.vision.images.codecs import encode_jpeg


@pytest.fixture
def workspace(tmp_path):
    """A collection of five photos that differ."""
    (tmp_path / "objects").mkdir()
    for number in range(5):
        photo = data.chelsea()[: 200 + number]
        (tmp_path / f"objects/cat{number}.jpg").write_bytes(encode_jpeg(photo))
    opened = open_workspace(UPath(tmp_path))
    opened.rescan("objects")
    return opened


@pytest.fixture
def stop_flag():
    """The process's flag, clear again at the end."""
    yield STOP
    STOP.clear()


def _run(workspace, make, together=1, workers=1, progress=None):
    asset = replace(BY_NAME["object_photos"], make=make, batch_size=lambda _: together)
    snapshot = Snapshot(workspace)
    keys = snapshot.keys(asset)
    return run_batch(snapshot, asset, keys, run_id="r", workers=workers, progress=progress)


def _made(items):
    return [Made({".json": Losses((len(item.key),))}) for item in items]


def test_a_made_artifact_is_up_to_date_the_next_time(workspace):
    assert len(_run(workspace, _made).made) == 5
    again = _run(workspace, _made)
    assert not again.made
    assert len(again.skipped) == 5


def test_one_failure_in_a_group_does_not_fail_the_others(workspace):
    def make(items):
        if any(item.key.startswith("cat3") for item in items):
            raise NstError("cat3.jpg is broken")
        return _made(items)

    outcome = _run(workspace, make, together=4)
    assert len(outcome.made) == 4
    (row,) = outcome.failed.values()
    assert row.error == "cat3.jpg is broken"
    assert workspace.catalog.latest("object_photos")[row.key].status == "failed"


def test_an_unexpected_error_is_cataloged_with_its_type(workspace):
    def make(items):
        raise ZeroDivisionError("division by zero")

    errors = {row.error for row in _run(workspace, make).failed.values()}
    assert errors == {"ZeroDivisionError: division by zero"}


def test_a_missing_model_quarantines_nothing_and_keeps_finished_artifacts(workspace):
    made = []

    def make(items):
        if len(made) == 2:
            raise ModelUnavailableError("no model")
        made.extend(items)
        return _made(items)

    with pytest.raises(ModelUnavailableError):
        _run(workspace, make)
    rows = workspace.catalog.latest("object_photos")
    assert {row.status for row in rows.values()} == {"ok"}
    assert len(rows) == 2


def test_an_interrupted_batch_resumes_where_it_was(workspace):
    def interrupted(items):
        if items[0].key.startswith("cat2"):
            raise KeyboardInterrupt
        return _made(items)

    with pytest.raises(KeyboardInterrupt):
        _run(workspace, interrupted)
    assert len(_run(workspace, _made).made) == 3


@pytest.mark.parametrize("workers", [1, 2])
def test_a_stopped_batch_finishes_started_work_and_starts_nothing_else(
    workspace, stop_flag, workers
):
    begun = []

    def make(items):
        begun.extend(items)
        if items[0].key.startswith("cat1"):
            stop_flag.request()
        return _made(items)

    with pytest.raises(Stopped):
        _run(workspace, make, workers=workers)
    assert 2 <= len(begun) <= 5
    assert len(workspace.catalog.latest("object_photos")) == len(begun)
    with pytest.raises(Stopped):
        _run(workspace, make)
    stop_flag.clear()
    assert len(_run(workspace, _made).made) == 5 - len(begun)


def test_an_image_that_is_stopped_halfway_is_not_quarantined(workspace, stop_flag):
    def make(items):
        if items[0].key.startswith("cat2"):
            stop_flag.request()
            report_steps("cat2")(1.0, 0.5)
        return _made(items)

    with pytest.raises(Stopped):
        _run(workspace, make)
    rows = workspace.catalog.latest("object_photos")
    assert [row.status for row in rows.values()] == ["ok", "ok"]


def test_images_that_succeed_alone_record_the_error_of_their_group(workspace, caplog):
    def make(items):
        if len(items) > 1:
            raise ValueError("shapes differ")
        return _made(items)

    outcome = _run(workspace, make, together=4)
    assert not outcome.failed
    kept = [row.figures.get(GROUP_ERROR) for row in outcome.made.values()]
    assert kept == ["ValueError: shapes differ"] * 4 + [None]
    (record,) = caplog.records
    assert "a group of 4 failed" in record.message and record.exc_info


def test_a_failed_image_keeps_its_last_good_files(workspace, tmp_path):
    _run(workspace, _made)
    photo = tmp_path / "objects/cat0.jpg"
    photo.write_bytes(photo.read_bytes() + b"\0")
    workspace.rescan("objects")

    def fails(items):
        raise NstError("broken now")

    (key,) = _run(workspace, fails).failed
    assert workspace.store.record(Losses, "object_photos", key) == Losses((len(key),))


def test_files_that_a_new_version_lacks_are_removed(workspace, tmp_path):
    _run(workspace, lambda items: [Made({".0.png": b"a", ".1.png": b"b"}) for _ in items])
    for photo in (tmp_path / "objects").iterdir():
        photo.write_bytes(photo.read_bytes() + b"\0")
    workspace.rescan("objects")
    _run(workspace, lambda items: [Made({".0.png": b"a"}) for _ in items])
    names = [path.name for path in (tmp_path / "artifacts/object_photos").iterdir()]
    assert len(names) == 5
    assert all(name.endswith(".0.png") for name in names)


def test_lost_artifacts_are_due_again(workspace, tmp_path):
    _run(workspace, _made)
    shutil.rmtree(tmp_path / "artifacts")
    assert len(_run(workspace, _made).made) == 5


def test_an_empty_result_says_why_and_is_not_tried_again(workspace):
    outcome = _run(workspace, lambda items: [Made(empty="no object") for _ in items])
    assert {(row.status, row.error) for row in outcome.made.values()} == {("empty", "no object")}
    assert not _run(workspace, _made).made


def test_progress_counts_to_the_end(workspace):
    reported = []
    _run(workspace, _made, together=2, progress=lambda *each: reported.append(each))
    assert reported == [("object_photos", 2, 5), ("object_photos", 4, 5), ("object_photos", 5, 5)]


def test_no_row_is_cataloged_before_its_files_are_on_the_disk(workspace, monkeypatch):
    def broken(file):
        raise OSError("disk gone")

    monkeypatch.setattr("os.fsync", broken)
    with pytest.raises(OSError, match="disk gone"):
        _run(workspace, _made)
    assert not workspace.catalog.rows()
    monkeypatch.undo()
    assert len(_run(workspace, _made).made) == 5


def test_several_workers_keep_the_order(workspace):
    reported, threads = [], set()

    def make(items):
        threads.add(get_ident())
        if items[0].key.startswith("cat2"):
            raise NstError("cat2.jpg is broken")
        return _made(items)

    outcome = _run(workspace, make, workers=3, progress=lambda *each: reported.append(each[1]))
    assert reported == [1, 2, 3, 4, 5]
    assert list(outcome.made) == sorted(outcome.made) and len(outcome.made) == 4
    assert [row.error for row in outcome.failed.values()] == ["cat2.jpg is broken"]
    assert len(threads) > 1
    assert len(_run(workspace, _made).made) == 1
