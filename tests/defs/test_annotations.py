"""Annotations of other tools, through the real graph."""

import json

import pytest
from typer.testing import CliRunner

from nst_pipeline.cli.app import app
from nst_pipeline.defs.runs.inboxes import scan_inboxes
from nst_pipeline.storage.records import Detections
from nst_pipeline.vision.shapes import Box


def _coco(name, **image):
    return json.dumps(
        {
            "images": [{"id": 1, "file_name": name, **image}],
            "categories": [{"id": 1, "name": "cat"}],
            "annotations": [{"image_id": "1", "category_id": "1", "bbox": [30, 10, 200, 80]}],
        }
    )


@pytest.fixture(scope="module")
def annotated_once(made, tmp_path_factory):
    collection = made.copy(tmp_path_factory.mktemp("annotated"))
    objects = collection.root / "objects"
    (objects / "Annotations.JSON").write_text(
        _coco("images/CAT.jpg", width=160, height=106), "utf-8-sig"
    )
    (objects / "dog.mask.png").touch()
    (objects / "boxes.csv").write_text("image,x,y,width,height\nno such.jpg,1,2,3,4\n")
    collection.update()
    return collection


@pytest.fixture
def annotated(annotated_once, copy_of):
    """A box on a copy of half the size, in a file of a tool, and two names of no photo."""
    return copy_of(annotated_once)


def _detection(collection, start):
    rows = collection.rows("detections")
    (key,) = (key for key in rows if key.startswith(start))
    record = collection.open().store.record(Detections, "detections", key)
    return rows[key], record


def test_an_annotated_copy_is_scaled_clipped_and_noted(annotated):
    row, (cat,) = _detection(annotated, "cat")
    assert (cat.box, cat.label, cat.source) == (Box(60, 20, 260, 161), "cat", "sidecar")
    assert "cut at the edges of the photo" in row.figures["notes"]


def test_status_leaves_out_notes_on_deleted_photos(annotated):
    next((annotated.root / "objects").glob("cat.*")).unlink()
    with annotated.instance() as instance:
        scan_inboxes(annotated.open(), instance)
    assert json.loads(CliRunner().invoke(app, ["status", "--json"]).stdout)["notes"] == []


def test_status_names_what_matches_no_photo_and_what_was_not_used_as_written(annotated):
    shown = json.loads(CliRunner().invoke(app, ["status", "--json"]).stdout)
    assert [each[1] for each in shown["unmatched"]] == ["boxes.csv", "dog.mask.png"]
    assert "no such.jpg" in shown["unmatched"][0][2]
    assert [each[0] for each in shown["notes"]] == ["detections"]
    text = CliRunner().invoke(app, ["status"]).stdout
    assert "Unmatched" in text and "Notes" in text
