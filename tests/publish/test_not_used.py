"""The gallery's page of objects that no scene gets."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from skimage import data
from upath import UPath

from nst_pipeline.errors import UnreadableImageError
from nst_pipeline.publish.gallery import (
    NotUsedCounts,
    PhotoNotUsed,
    TriedObject,
    write_not_used,
)
from nst_pipeline.publish.gallery.not_used import BOXES_HEADER, boxes_rows
from nst_pipeline.storage.sidecars.boxes import parse_boxes_csv
from nst_pipeline.vision.shapes import Box
from tests.browser import needs_browser
from tests.publish.test_gallery_access import CONTRAST
from tests.publish.written_gallery import Page as Parsed

CAT = data.chelsea()  # 451 x 300
NOSE = TriedObject(
    Box(133, 84, 212, 190),
    "",
    "cat",
    0.12,
    "quality below 0.2 (placement.min_quality)",
    "cat-1a2b3c4d.0",
)
EAR = TriedObject(Box(20, 10, 90, 60), "ear", "ear", 0.9, "", "cat-1a2b3c4d.1")
PHOTO = PhotoNotUsed(
    "cat-1a2b3c4d", 'pets/Tom, "the" cat.jpg', "a1b2c3d4e5", 451, 300, (NOSE, EAR), is_yours=False
)
WALL = PhotoNotUsed(
    "wall-5e6f7a8b",
    "wall.jpg",
    "f1",
    451,
    300,
    (),
    is_yours=False,
    reason="no object was found; the photo looks like: wall 0.61",
)


def cut_out(name: str) -> np.ndarray:
    box = {each.cut_out: each.box for each in (NOSE, EAR)}[name]
    pixels = CAT[box.y : box.bottom, box.x : box.right]
    return np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])


def write(folder: Path, *photos: PhotoNotUsed, opened: list[str] | None = None) -> Parsed:
    def read_photo(key: str) -> np.ndarray:
        (opened if opened is not None else []).append(key)
        return CAT

    counts = NotUsedCounts(photos=len(photos), bare_photos=1, stickers=1)
    write_not_used(
        UPath(folder),
        photos,
        counts,
        title="Demo",
        read_photo=read_photo,
        read_sticker=cut_out,
    )
    return Parsed((folder / "not_used.html").read_text("utf-8"))


def test_a_photo_is_shown_with_its_cut_outs_and_the_reasons(tmp_path):
    page = write(tmp_path, PHOTO, WALL)
    for text in (
        PHOTO.path,
        "quality 0.12",
        "quality below 0.2 (placement.min_quality)",
        "no object was found; the photo looks like: wall 0.61",
        "for objects/pets/boxes.csv",
        "for objects/boxes.csv: a box around the whole photo",
    ):
        assert text in page.text
    pictures = [link for link in page.links() if link.startswith("not_used/")]
    assert len(pictures) == 4
    assert all((tmp_path / link).exists() for link in pictures)


def test_rows_to_copy_are_a_box_file_with_all_objects_of_the_photo():
    """Used ones included, because boxes in a file take the place of everything that is found."""
    text = "\n".join([BOXES_HEADER, *boxes_rows(PHOTO), *boxes_rows(WALL)])
    nose, ear = parse_boxes_csv(text, PHOTO.path)
    assert (nose.box, ear.box, ear.label) == (NOSE.box, EAR.box, "ear")
    (whole,) = parse_boxes_csv(text, "wall.jpg")
    assert whole.box == Box(0, 0, 451, 300)


def test_pictures_are_written_once_and_removed_with_their_photo(tmp_path):
    opened: list[str] = []
    write(tmp_path, PHOTO, WALL, opened=opened)
    write(tmp_path, PHOTO, WALL, opened=opened)
    assert sorted(opened) == [PHOTO.key, WALL.key]
    write(tmp_path, replace(PHOTO, digest="another"), opened=opened)
    assert opened[2:] == [PHOTO.key]
    assert len(list((tmp_path / "not_used").iterdir())) == 3


def test_a_photo_that_cannot_be_read_keeps_its_rows(tmp_path):
    def unreadable(name: str) -> np.ndarray:
        raise UnreadableImageError(f"{name} is truncated")

    counts = NotUsedCounts(1, 1, 0)
    folder = UPath(tmp_path)
    read = {"read_photo": unreadable, "read_sticker": unreadable}
    write_not_used(folder, [PHOTO], counts, title="Demo", **read)
    page = Parsed((tmp_path / "not_used.html").read_text("utf-8"))
    assert "The photo cannot be read." in page.text and boxes_rows(PHOTO)[0] in page.text


def test_without_such_objects_the_page_says_so(tmp_path):
    assert "Scenes may get every object of every photo." in write(tmp_path).text


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> str:
    """The page in a gallery of its own, with the gallery's styles and scripts."""
    from nst_pipeline.publish.gallery.pages import static_files

    folder = tmp_path_factory.mktemp("gallery")
    (folder / "static").mkdir()
    for name, content in static_files().items():
        (folder / name).write_bytes(content)
    yours = replace(PHOTO, key="cat-2", path="yours.jpg", is_yours=True)
    write(folder, PHOTO, WALL, yours)
    return (folder / "not_used.html").as_uri()


def drag(page: Page, number: int, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw a box on a photo; corners as shares of its width and height."""
    canvas = page.locator(".canvas").nth(number)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)]
    page.mouse.move(*at[0])
    page.mouse.down()
    page.mouse.move(*at[1], steps=4)
    page.mouse.up()


@needs_browser
def test_a_drawn_box_takes_the_place_of_the_unused_ones(written, open_page):
    page = open_page(written)
    rows = page.locator("textarea").first
    drag(page, 0, (0.9, 0.95), (0.1, 0.05))  # from any corner
    ear, cat = parse_boxes_csv(f"{BOXES_HEADER}\n{rows.input_value()}", PHOTO.path)
    assert (ear.box, ear.label) == (EAR.box, "ear")
    np.testing.assert_allclose(
        [cat.box.x, cat.box.y, cat.box.right, cat.box.bottom], [45, 15, 406, 285], atol=1
    )
    drag(page, 0, (0.4, 0.5), (0.6, 0.8))
    assert len(rows.input_value().splitlines()) == 3
    expect(page.locator(".canvas").first.locator(".outline")).to_have_count(3)


@needs_browser
def test_a_click_on_a_photo_draws_nothing(written, open_page):
    page = open_page(written)
    before = page.locator("textarea").first.input_value()
    page.locator(".canvas").first.click()
    drag(page, 0, (0.5, 0.5), (0.501, 0.501))
    assert page.locator("textarea").first.input_value() == before
    expect(page.locator(".canvas").first.locator(".outline")).to_have_count(2)


@needs_browser
def test_a_box_for_a_photo_without_objects_can_be_copied(written, open_page):
    page = open_page(written, permissions=["clipboard-read", "clipboard-write"])
    drag(page, 1, (0.2, 0.2), (0.7, 0.7))
    page.locator("[data-copies]").nth(1).click()
    expect(page.locator("[data-copies]").nth(1)).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    (wall,) = parse_boxes_csv(f"{BOXES_HEADER}\n{copied}", "wall.jpg")
    box = wall.box
    np.testing.assert_allclose([box.x, box.y, box.width, box.height], [90, 60, 226, 150], atol=1)


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_on_the_page_has_enough_contrast(written, open_page, scheme):
    assert open_page(written, color_scheme=scheme).evaluate(CONTRAST) == []


@needs_browser
@pytest.mark.parametrize("width", [320, 768])
def test_the_page_does_not_scroll_sideways(written, open_page, width):
    page = open_page(written, viewport={"width": width, "height": 844})
    html = page.locator("html")
    assert html.evaluate("html => html.scrollWidth - html.clientWidth") <= 0
