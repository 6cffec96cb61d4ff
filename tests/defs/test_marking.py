"""Objects are marked in a browser, saved beside the photo, and cut out as they were marked."""

from collections.abc import Iterator
from threading import Thread

import pytest
from playwright.sync_api import Page, expect
from upath import UPath

from nst_pipeline.errors import NstError
from nst_pipeline.pipeline.engine.batch import run_batch
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.steps.detections import detections
from nst_pipeline.pipeline.steps.object_photos import object_photos
from nst_pipeline.pipeline.steps.stickers import stickers
from nst_pipeline.review.marking import MarkedByUser, Marker, Prompt
from nst_pipeline.review.server import serve
from nst_pipeline.storage.records import Stickers
from tests.browser import needs_browser

HEAD = (0.18, 0.05, 0.62, 0.98)
"""Left, top, right and bottom of the cat's head in its photo."""


def key_of(collection, name: str) -> str:
    return next(key for key in collection.rows("object_photos") if name in key)


def cut_out_again(collection, key: str) -> Stickers:
    """Make what follows from a photo, as a run does."""
    workspace = collection.open()
    for asset in (object_photos, detections, stickers):
        outcome = run_batch(Snapshot(workspace), asset, [key], run_id="test")
        assert not outcome.failed
    return workspace.store.record(Stickers, stickers.name, key)


@pytest.fixture
def page(browser, collection) -> Iterator[Page]:
    started: list[str] = []
    thread = Thread(target=serve, args=(UPath(collection.root), 0, started.append), daemon=True)
    thread.start()
    while not started:
        assert thread.is_alive()
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page, errors = context.new_page(), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if "Policy" in said.text else None)
    page.goto(f"{started[0]}mark")
    # Opening a photo forgets what was marked on it, so what follows must wait for it.
    page.wait_for_load_state("networkidle")
    page.select_option("#photos", label="cat.jpg")
    page.wait_for_load_state("networkidle")
    expect(page.locator("#title")).to_have_text("cat.jpg")
    yield page
    context.close()
    assert errors == []


def drag(page: Page, left: float, top: float, right: float, bottom: float) -> None:
    area = page.locator("#overlay").bounding_box()
    corners = ((left, top), (right, bottom))
    points = [(area["x"] + x * area["width"], area["y"] + y * area["height"]) for x, y in corners]
    page.mouse.move(*points[0])
    page.mouse.down()
    page.mouse.move(*points[1], steps=6)
    page.mouse.up()


@needs_browser
def test_a_box_is_cut_out_corrected_by_strokes_and_saved(page, collection):
    marks, sidecar = page.locator("#objects li"), collection.root / "objects/cat.coco.json"
    drag(page, *HEAD)
    expect(marks).to_have_count(1, timeout=20_000)
    page.keyboard.press("l")
    page.keyboard.type("cat")
    page.keyboard.press("Enter")
    page.keyboard.press("d")
    drag(page, 0.9, 0.05, 0.97, 0.05)
    page.keyboard.press("e")
    drag(page, 0.3, 0.5, 0.5, 0.5)
    assert not sidecar.exists()
    page.keyboard.press("s")
    expect(page.locator("#saved")).to_have_text("Saved")
    (sticker,) = cut_out_again(collection, key_of(collection, "cat"))
    assert (sticker.label, sticker.source) == ("cat", "sidecar")
    # The stroke at the right edge belongs to the object.
    assert sticker.box[0] + sticker.box[2] > 0.94 * sticker.photo_size[0]

    own = Marker(UPath(collection.root)).photo(key_of(collection, "cat"))["objects"]
    assert [each["label"] for each in own] == ["cat"]
    for _ in range(3):
        page.keyboard.press("u")
    expect(page.locator("#saved")).to_have_text("Not saved yet")
    page.keyboard.press("s")
    expect(page.locator("#saved")).to_have_text("Saved")
    (undone,) = cut_out_again(collection, key_of(collection, "cat"))
    assert undone.box[0] + undone.box[2] < 0.9 * sticker.photo_size[0]


@needs_browser
def test_several_objects_are_marked_by_clicks_and_boxes_and_removed(page, collection):
    marks = page.locator("#objects li")
    drag(page, *HEAD)
    expect(marks).to_have_count(1, timeout=20_000)
    drag(page, 0.7, 0.4, 0.95, 0.95)
    expect(marks).to_have_count(2)
    page.keyboard.press("Delete")
    expect(marks).to_have_count(1)
    page.keyboard.press("u")
    expect(marks).to_have_count(2)
    # The next photo is shown when this one is saved.
    page.keyboard.press("ArrowRight")
    expect(page.locator("#title")).not_to_have_text("cat.jpg")
    assert (collection.root / "objects/cat.coco.json").exists()
    assert len(Marker(UPath(collection.root)).photo(key_of(collection, "cat"))["objects"]) == 2


def test_what_was_found_is_proposed_and_a_click_finds_what_stands_out(collection):
    marker, key = Marker(UPath(collection.root)), key_of(collection, "astronaut")
    shown = marker.photo(key)
    assert shown["objects"] == []
    assert "person" in [each["label"] for each in shown["found"]]
    found = marker.segment(key, Prompt(point=(shown["width"] * 4 // 10, shown["height"] * 6 // 10)))
    assert 0 < found["quality"] <= 1
    marker.save(key, [MarkedByUser(label="astronaut", mask=found["mask"], height_m=1.7)])
    (own,) = marker.photo(key)["objects"]
    assert (own["label"], own["height_m"]) == ("astronaut", 1.7)
    (sticker,) = cut_out_again(collection, key)
    assert (sticker.label, sticker.height_m) == ("astronaut", 1.7)


def test_masks_that_cannot_be_used_are_refused_in_a_line(collection):
    marker, key = Marker(UPath(collection.root)), key_of(collection, "cat")
    bad = {
        "no PNG": MarkedByUser(mask="data:image/png;base64,AAAA"),
        "neither a box nor a mask": MarkedByUser(),
        "characters that are no text": MarkedByUser(label="a\x1b[2J", box=(0, 0, 9, 9)),
    }
    for why, each in bad.items():
        with pytest.raises(NstError, match=why):
            marker.save(key, [each])
    with pytest.raises(NstError, match="no photo with key"):
        marker.save("../nst", [])
    for prompt in (Prompt(), Prompt(point=(-1, 0)), Prompt(point=(10_000, 0))):
        with pytest.raises(NstError, match="neither a box nor a point"):
            marker.segment(key, prompt)
    assert not (collection.root / "objects/cat.coco.json").exists()
