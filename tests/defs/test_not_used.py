"""What scenes do not get, in a collection: the gallery's page, the sheet, and the counts."""

import json

from skimage import data
from typer.testing import CliRunner

from nst_pipeline.cli.app import app
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.steps.not_used import find_not_used, photo_not_used
from nst_pipeline.pipeline.upkeep.verify import verify
from nst_pipeline.publish.gallery.not_used import BOXES_HEADER, boxes_rows
from nst_pipeline.storage.records import Detections
from tests.defs.conftest import write_photo


def _snapshot(collection, min_quality: float) -> Snapshot:
    workspace = collection.open()
    placement = workspace.settings.placement.model_copy(update={"min_quality": min_quality})
    return Snapshot(workspace, workspace.settings.model_copy(update={"placement": placement}))


def test_stickers_below_the_lowest_quality_are_described_with_box_and_reason(made):
    snapshot = _snapshot(made, min_quality=1)
    not_used = find_not_used(snapshot)
    cat = next(key for key in not_used.keys if key.startswith("cat"))
    photo = photo_not_used(snapshot, cat, not_used)
    (found,) = snapshot.store.record(Detections, "detections", cat)
    (tried,) = photo.objects
    assert (photo.path, tried.box, tried.cut_out) == ("cat.jpg", found.box, f"{cat}.0")
    assert tried.reason == "quality below 1 (placement.min_quality)" and 0 <= tried.quality < 1
    # The classifier names it again, from a better box.
    assert tried.label == "" and not photo.is_yours


def test_photos_of_which_scenes_get_nothing_come_first(made):
    everything = find_not_used(_snapshot(made, min_quality=1))
    paths = made.open().index("objects").photos
    assert [paths[key].path for key in everything.keys] == sorted(p.path for p in paths.values())
    assert everything.counts.bare_photos == 0


def test_a_photo_without_an_object_is_listed_until_it_has_a_box(collection):
    wall, page = collection.root / "objects/wall.jpg", "artifacts/gallery/not_used.html"
    write_photo(wall, data.brick())
    collection.update()
    rows = collection.rows("gallery")["all"].figures
    assert rows["photos_without_sticker"] == 1
    assert "wall.jpg" in (collection.root / page).read_text("utf-8")
    assert "Not used: " in (collection.root / "artifacts/gallery/index.html").read_text("utf-8")
    assert verify(collection.open()) == []
    status = CliRunner().invoke(app, ["status"])
    assert "1 photo without a sticker" in status.output and page in status.output
    listed = json.loads(CliRunner().invoke(app, ["status", "--json"]).output)["not used"]
    assert listed["photos"] == 1 and listed["page"].endswith(page)

    snapshot = Snapshot(collection.open())
    not_used = find_not_used(snapshot)
    key = next(key for key in not_used.keys if key.startswith("wall"))
    copied = boxes_rows(photo_not_used(snapshot, key, not_used))
    wall.with_name("boxes.csv").write_text("\n".join([BOXES_HEADER, *copied]))
    collection.update()
    assert collection.rows("gallery")["all"].figures["photos_without_sticker"] == 0


def test_an_object_that_only_the_user_places_is_used(collection):
    """The astronaut's photo cuts her off: she is placed where the user says, and only there."""
    settings, temple = collection.root / "nst.toml", collection.root / "scenes/temple"
    settings.write_text(settings.read_text().replace("cut_objects = true", "cut_objects = false"))
    cut_off = {key for key in find_not_used(Snapshot(collection.open())).keys}
    assert any(key.startswith("people") for key in cut_off)
    box = {"sticker": "people/astronaut.jpg", "x": 0, "y": 90, "width": 100, "height": 124}
    temple.with_suffix(".placements.json").write_text(json.dumps([box]))
    collection.update()
    left = set(find_not_used(Snapshot(collection.open())).keys)
    assert {key for key in cut_off - left if key.startswith("people")}
