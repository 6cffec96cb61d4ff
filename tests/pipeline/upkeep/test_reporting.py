"""Batch reports of a catalog, without the pipeline that fills it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from upath import UPath

from nst_pipeline.pipeline.engine.workspace import Workspace, open_workspace
from nst_pipeline.pipeline.upkeep.reporting import (
    last_report,
    not_used,
    report_batch,
    report_run,
    report_since,
)
from nst_pipeline.storage.catalog import Row
from nst_pipeline.storage.keys import ALL
from nst_pipeline.vision.images.png import encode_png

START = datetime(2026, 11, 24, 10, tzinfo=UTC)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    for name in ("objects", "scenes"):
        (tmp_path / name).mkdir()
    return open_workspace(UPath(tmp_path))


def add_result(workspace: Workspace, key: str, *, after: float, run_id: str = "first-run") -> None:
    figures = {"naturalness": 0.9, "confidence": 0.8, "chosen": "ring"}
    made_at = START + timedelta(seconds=after)
    row = Row("harmonized", key, "ok", "f", run_id=run_id, figures=figures, made_at=made_at)
    workspace.catalog.append([row])


def test_an_empty_catalog_has_no_report(workspace: Workspace):
    assert report_batch(workspace) is None
    assert last_report(workspace) is None


def test_a_batch_ends_at_its_last_artifact_rounded_up_to_a_millisecond(workspace: Workspace):
    add_result(workspace, "a", after=0.0001)
    page = report_batch(workspace)
    assert page.name == "2026-11-24T100000.001Z-first-ru.html"
    assert last_report(workspace) == (START + timedelta(milliseconds=1), page)
    assert report_batch(workspace) is None


def test_a_batch_starts_where_the_last_one_ended(workspace: Workspace):
    add_result(workspace, "a", after=0)
    report_batch(workspace)
    add_result(workspace, "b", after=2)
    text = report_batch(workspace).with_suffix(".md").read_text("utf-8")
    assert "| harmonized | 1 | 0 | 0 |" in text
    assert "| b | 0.90 | ring |" in text


def test_reports_on_demand_do_not_end_a_batch(workspace: Workspace):
    add_result(workspace, "a", after=0)
    assert report_since(workspace, START - timedelta(days=1)).name.startswith("since-2026-11-23T")
    assert report_since(workspace, START + timedelta(days=1)) is None
    assert report_run(workspace, "first").name == "run-first-run.html"
    assert report_run(workspace, "other") is None
    assert last_report(workspace) is None


def test_examples_embed_a_thumbnail_if_the_result_still_exists(workspace: Workspace):
    for key in ("a", "b"):
        add_result(workspace, key, after=0)
    path = workspace.store.path("harmonized", "a", ".png")
    path.parent.mkdir(parents=True)
    path.write_bytes(encode_png(np.zeros((40, 60, 3), np.uint8)))
    text = report_batch(workspace).with_suffix(".md").read_text("utf-8")
    assert "[a]: data:image/webp;base64," in text
    assert "[b]:" not in text


def test_a_report_counts_what_scenes_do_not_get_and_links_to_it(workspace: Workspace):
    add_result(workspace, "a", after=0)
    assert not_used(workspace) is None
    figures = {"photos_without_sticker": 1, "stickers_not_used": 2}
    row = Row("gallery", ALL, "ok", "f", figures=figures, made_at=START)
    workspace.catalog.append([row])
    page = report_batch(workspace)
    link = "../artifacts/gallery/not_used.html"
    sentence = "Not used: 1 photo without a sticker, and 2 stickers not used."
    text = page.with_suffix(".md").read_text("utf-8")
    assert sentence in text and f"]({link})" in text
    html = page.read_text("utf-8")
    assert sentence in html and f'href="{link}"' in html
