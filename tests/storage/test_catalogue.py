"""The catalogue: appended rows, of which the latest of each artifact counts."""

from dataclasses import replace
from datetime import timedelta

import pytest
from upath import UPath

from nst_pipeline.storage.catalogue import Catalogue, Input, Row


@pytest.fixture
def catalogue(tmp_path) -> Catalogue:
    return Catalogue(UPath(tmp_path))


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


def test_a_new_catalogue_is_empty(catalogue):
    assert catalogue.latest("composites") == {}
    assert catalogue.frame().empty
    assert catalogue.version == -1


def test_a_row_comes_back_as_it_was(catalogue):
    catalogue.append([ROW])
    assert catalogue.latest("composites") == {ROW.key: ROW}
    assert catalogue.latest("harmonized") == {}


def test_the_latest_row_counts(catalogue):
    later = replace(ROW, status="failed", error="torn", made_at=ROW.made_at + timedelta(seconds=1))
    catalogue.append([later])
    catalogue.append([ROW, replace(ROW, key="other")])
    frame = catalogue.frame()
    assert dict(zip(frame["key"], frame["status"], strict=True)) == {
        ROW.key: "failed",
        "other": "ok",
    }


def test_appending_nothing_makes_no_commit(catalogue):
    catalogue.append([ROW])
    version = catalogue.version
    catalogue.append([])
    assert catalogue.version == version
