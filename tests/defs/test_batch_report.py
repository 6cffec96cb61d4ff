"""Each batch that made something writes a report, which starts where the last one ended."""

from datetime import UTC, datetime

import pytest

from nst_pipeline.errors import NstError
from nst_pipeline.pipeline.upkeep.reporting import (
    last_report,
    report_batch,
    report_run,
    report_since,
)


def _reports(collection) -> list[str]:
    return sorted(path.name for path in (collection.root / "reports").glob("*.html"))


def test_a_batch_report_covers_what_was_made_since_the_last_one(collection):
    (first,) = _reports(collection)
    text = (collection.root / "reports" / first).with_suffix(".md").read_text("utf-8")
    assert "| scene_photos | 3 | 0 | 0 |" in text
    assert "| gallery | 1 | 0 | 0 |" in text  # the gallery is in the report that it writes
    collection.update()
    assert _reports(collection) == [first]
    photo = collection.root / "scenes/a_b.jpg"
    photo.with_name("new.jpg").write_bytes(photo.read_bytes())
    collection.update()
    second = _reports(collection)[-1]
    assert second > first
    text = (collection.root / "reports" / second).with_suffix(".md").read_text("utf-8")
    assert "| scene_photos | 1 | 0 | 0 |" in text
    assert "new.jpg" in text
    assert report_batch(collection.open()) is None


def test_reports_on_demand_do_not_change_where_the_next_batch_report_starts(collection):
    workspace = collection.open()
    before = last_report(workspace)
    since = report_since(workspace, datetime(2020, 1, 1, tzinfo=UTC))
    assert since.name == "since-2020-01-01T000000.000Z.html"
    assert report_since(workspace, datetime.now(UTC)) is None
    run = collection.rows("gallery")["all"].run_id
    assert report_run(workspace, run[:8]).name == f"run-{run}.html"
    assert report_run(workspace, "no such run") is None
    assert last_report(workspace) == before


def test_a_report_lists_scenes_whose_picture_is_gone(collection):
    for picture in (collection.root / "artifacts/harmonized").glob("*.png"):
        picture.unlink()
    page = report_since(collection.open(), datetime(2020, 1, 1, tzinfo=UTC))
    assert "temple.jpg" in page.read_text("utf-8")
    assert "data:image/webp" not in page.read_text("utf-8")


def test_times_are_read_as_iso_8601():
    from nst_pipeline.cli.collection.report import parse_time

    assert parse_time("2026-11-24T18:30+00:00") == datetime(2026, 11, 24, 18, 30, tzinfo=UTC)
    with pytest.raises(NstError, match="--since yesterday: give a date"):
        parse_time("yesterday")
