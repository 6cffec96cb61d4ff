"""The catalog: appended rows, of which the latest of each artifact counts."""

from dataclasses import replace
from datetime import timedelta

import pytest
from upath import UPath

from nst_pipeline.storage.catalog import Catalog, Input, Row


@pytest.fixture
def catalog(tmp_path) -> Catalog:
    return Catalog(UPath(tmp_path))


ROW = Row(
    "composites",
    "사진-1-0a1b2c3d",
    "ok",
    "f" * 64,
    path="artifacts/composites/사진-1-0a1b2c3d.png",
    files=(".png", ".mask.png"),
    size_bytes=12,
    digest="d" * 64,
    inputs=(Input("scene_photos", "사진-1-0a1b2c3d", "a" * 64),),
    models={"magenta": "b" * 64},
    figures={"score": 0.5, "chosen": "ring"},
)


def test_a_new_catalog_is_empty(catalog):
    assert catalog.latest("composites") == {}
    assert catalog.frame().empty
    assert catalog.version == -1


def test_a_row_comes_back_as_it_was(catalog):
    catalog.append([ROW])
    assert catalog.latest("composites") == {ROW.key: ROW}
    assert catalog.latest("harmonized") == {}


def test_the_latest_row_counts(catalog):
    later = replace(ROW, status="failed", error="torn", made_at=ROW.made_at + timedelta(seconds=1))
    catalog.append([later])
    catalog.append([ROW, replace(ROW, key="other")])
    frame = catalog.frame()
    assert dict(zip(frame["key"], frame["status"], strict=True)) == {
        ROW.key: "failed",
        "other": "ok",
    }


def test_appending_nothing_makes_no_commit(catalog):
    catalog.append([ROW])
    version = catalog.version
    catalog.append([])
    assert catalog.version == version
