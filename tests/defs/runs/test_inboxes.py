"""What a scan of the inboxes says, and what it does to the partitions."""

import dagster as dg
import pytest

from nst_pipeline.defs.runs.inboxes import scan_inboxes
from nst_pipeline.pipeline.engine.stopping import STOP, Stopped


def _scan(collection, **options):
    with collection.instance() as instance:
        scanned = scan_inboxes(collection.open(), instance, **options)
        return scanned, instance.get_dynamic_partitions("scenes")


def test_both_inboxes_are_counted(collection):
    scanned, _ = _scan(collection)
    assert scanned.messages == ["objects: 3 photos", "scenes: 3 photos"]
    assert scanned.pending == 0


def test_a_new_photo_becomes_a_partition_and_an_unreadable_one_is_named(collection):
    scenes = collection.root / "scenes"
    (scenes / "again.jpg").write_bytes((scenes / "temple.jpg").read_bytes())
    (scenes / "empty.jpg").write_bytes(b"")
    scanned, partitions = _scan(collection)
    assert any(key.startswith("again") for key in partitions)
    assert not any(key.startswith("empty") for key in partitions)
    assert "scenes/empty.jpg: the file is empty" in scanned.messages


def inbox_files(instance, asset="scene_photos"):
    """The results of the check, newest first."""
    key = dg.AssetCheckKey(dg.AssetKey(asset), "inbox_files")
    records = instance.event_log_storage.get_asset_check_execution_history(key, limit=10)
    return [each.event.dagster_event.asset_check_evaluation_data for each in records]


def test_a_scan_reports_an_unreadable_photo_once_as_a_warning_of_the_photos(collection):
    bad = collection.root / "scenes/empty.jpg"
    with collection.instance() as instance:
        workspace, before = collection.open(), len(inbox_files(instance))
        bad.write_bytes(b"")
        for _ in range(2):
            scan_inboxes(workspace, instance)
        newest, *others = inbox_files(instance)
        assert len(others) == before and all(each.passed for each in others)
        assert (newest.passed, newest.severity) == (False, dg.AssetCheckSeverity.WARN)
        (record,) = newest.metadata["files"].records
        assert record.data == {"file": "empty.jpg", "reason": "the file is empty"}
        bad.unlink()
        scan_inboxes(workspace, instance)
        assert inbox_files(instance)[0].passed


def test_a_deleted_photo_is_named_with_what_was_made_from_it(collection):
    (collection.root / "scenes/temple.jpg").unlink()
    scanned, partitions = _scan(collection)
    (message,) = [each for each in scanned.messages if each.startswith("scenes/temple.jpg")]
    assert "composites (1), harmonized (1)" in message and "`nst gc`" in message
    assert "gallery" not in message
    assert not any(key.startswith("temple") for key in partitions)


def test_many_deleted_photos_are_counted_in_one_more_message(collection):
    scenes = collection.root / "scenes"
    for number in range(6):
        (scenes / f"copy{number}.jpg").write_bytes((scenes / "temple.jpg").read_bytes())
    _scan(collection)
    for path in scenes.glob("copy*.jpg"):
        path.unlink()
    scanned, _ = _scan(collection)
    deleted = [each for each in scanned.messages if "deleted;" in each]
    assert len(deleted) == 6
    assert deleted[-1].startswith("scenes: 6 photos were deleted; made from them: 0 artifacts")


def test_a_moved_photo_is_not_reported_as_deleted(collection):
    scenes = collection.root / "scenes"
    (scenes / "temple.jpg").rename(scenes / "a/temple.jpg")
    scanned, _ = _scan(collection)
    assert any("1 moved" in message for message in scanned.messages)
    assert not any("deleted" in message for message in scanned.messages)


def test_progress_counts_the_files_read_in_each_inbox(collection):
    scenes = collection.root / "scenes"
    _scan(collection)  # the photos of the copied collection are new files
    (scenes / "again.jpg").write_bytes((scenes / "temple.jpg").read_bytes())
    calls = []
    _scan(collection, progress=lambda *call: calls.append(call))
    assert calls == [("scenes/", 1, 1)]


@pytest.fixture
def stop_requested():
    STOP.request()
    yield
    STOP.clear()


def test_a_scan_stops_between_two_files_when_asked_to(collection, stop_requested):
    scenes = collection.root / "scenes"
    (scenes / "again.jpg").write_bytes((scenes / "temple.jpg").read_bytes())
    with pytest.raises(Stopped):
        _scan(collection)
