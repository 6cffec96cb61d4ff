"""The gallery in headless Chromium, used the way people use it."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unicodedata import normalize
from urllib.parse import unquote

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from upath import UPath

from nst_pipeline.publish.gallery import (
    GalleryPlacement,
    GalleryScene,
    Part,
    Variant,
    write_gallery,
)
from nst_pipeline.vision.shapes import Box
from tests.browser import needs_browser
from tests.publish.written_gallery import Gallery

pytestmark = needs_browser

Open = Callable[..., Page]
ALL = "48 scenes"


def numbers(page: Page) -> list[int]:
    """Numbers of the scenes whose cards exist, in order."""
    cards = page.locator("a.card").evaluate_all("cards => cards.map(card => card.href)")
    return [int(unquote(card).split("/scenes/")[1].split()[0]) for card in cards]


def numbers_in(page: Page) -> list[str]:
    cards = page.locator("a.card").evaluate_all("cards => cards.map(card => card.title)")
    return [card.removeprefix("photo ").removesuffix(".jpg") for card in cards]


def count(page: Page) -> str:
    return page.locator("#count").inner_text()


def open_scene(page: Page, number: int) -> None:
    page.locator("a.card", has_text=f"photo {number}.jpg").click()
    expect(page.locator("#position")).not_to_be_empty()


def cut(page: Page) -> float:
    """Slider position: percentage of the width that shows the left variant."""
    return float(
        page.locator("#stage").evaluate("s => parseFloat(s.style.getPropertyValue('--cut'))")
    )


def test_the_grid_shows_the_best_first_with_thumbnails(gallery_url: str, open_page: Open):
    page = open_page(f"{gallery_url}/index.html")
    assert count(page) == ALL
    assert numbers(page)[:3] == [46, 45, 44]
    page.wait_for_function("() => document.querySelector('.card img').naturalWidth === 300")


def test_the_address_holds_the_filters_and_back_undoes_them_one_by_one(
    gallery_disk: str, open_page: Open
):
    page = open_page(f"{gallery_disk}/index.html")
    steps = {
        "#chosen=ring": ("chosen", "ring", "24 of 48 scenes"),
        "#label=cat&chosen=ring": ("label", "cat", "8 of 48 scenes"),
        "#label=cat&sticker=cat-0a1b2c3d.0&chosen=ring": (
            *("sticker", "cat-0a1b2c3d.0", "8 of 48 scenes"),
        ),
    }
    for address, (field, value, found) in steps.items():
        page.select_option(f"[name={field}]", value)
        assert (count(page), page.url) == (found, f"{gallery_disk}/index.html{address}")
        other = open_page(page.url)
        assert (count(other), numbers(other)) == (found, numbers(page))
    page.fill("[name=q]", "photo")
    for found in ("8 of 48 scenes", "8 of 48 scenes", "24 of 48 scenes", ALL):
        page.go_back()
        expect(page.locator("#count")).to_have_text(found)


def test_an_address_that_names_a_removed_sticker_matches_no_scene(
    gallery_disk: str, open_page: Open
):
    page = open_page(f"{gallery_disk}/index.html#sticker=gone")
    assert count(page) == "0 of 48 scenes"
    page.click("#clear")
    assert count(page) == ALL


def test_naturalness_and_confidence_have_minimum_filters(gallery_disk: str, open_page: Open):
    page = open_page(f"{gallery_disk}/index.html")
    page.fill("[name=naturalness]", "0.9")
    assert (count(page), numbers(page)) == ("2 of 48 scenes", [46, 45])
    page.click("#clear")
    page.fill("[name=confidence]", "0.98")
    page.select_option("[name=sort]", "unsure")
    assert (count(page), numbers(page)) == ("3 of 48 scenes", [2, 1, 0])
    assert page.url.endswith("#confidence=0.98&sort=unsure")


def test_the_address_sorts(gallery_disk: str, open_page: Open):
    page = open_page("about:blank")
    firsts = {
        "worst": [0, 1, 2],
        "sure": [0, 1, 2],
        "unsure": [46, 45, 44],
        "newest": [46, 45, 44],
        "label": [0, 3, 6],
        "status": [47],
    }
    for sort, first in firsts.items():
        page.goto(f"{gallery_disk}/index.html#sort={sort}")
        assert numbers(page)[: len(first)] == first, sort


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("photo 11.jpg", [11]),
        ("TRIP dog 4", [46, 43, 40, 34]),
        (normalize("NFC", "사진"), [5]),
        ("صورة", [4]),
        ("nowhere", []),
    ],
)
def test_search_finds_scenes_by_words_of_their_names(
    gallery_disk: str, open_page: Open, words: str, found: list[int]
):
    page = open_page(f"{gallery_disk}/index.html")
    page.keyboard.press("/")
    page.keyboard.type(words)
    assert numbers(page) == found
    assert page.locator("#none").is_visible() == (not found)


def test_names_of_any_kind_are_text_and_their_pages_open(gallery_url: str, open_page: Open):
    page = open_page(f"{gallery_url}/index.html#sort=worst")
    for number in range(6):
        card = page.locator("a.card").nth(number)
        name = card.get_attribute("title")
        card.click()
        page.wait_for_function("() => document.querySelector('#right .picture')?.naturalWidth")
        assert page.locator("h1").text_content() == name
        assert page.title() == f"{name} · Demo"
        assert page.locator("#position").inner_text() == f"{number + 1} / 48"
        page.keyboard.press("Escape")
        page.wait_for_url("**/index.html*")
        assert page.title() == "Demo"


def test_a_failed_scene_says_why(gallery_disk: str, open_page: Open):
    page = open_page(f"{gallery_disk}/index.html#status=failed")
    assert "photo 47.jpg is truncated" in page.locator(".frame").inner_text()
    page.click("a.card")
    assert "photo 47.jpg is truncated" in page.locator(".notice").inner_text()
    assert "There is no image to show." in page.locator("main").inner_text()


def test_the_slider_follows_mouse_keyboard_and_touch(gallery_disk: str, open_page: Open):
    page = open_page(f"{gallery_disk}/index.html")
    open_scene(page, 46)
    assert cut(page) == pytest.approx(66.7)
    box = page.locator("#stage").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + 90)
    page.mouse.up()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 90)
    assert cut(page) == pytest.approx(20, abs=0.2)
    page.keyboard.press("ArrowRight")
    assert cut(page) == pytest.approx(22, abs=0.2)
    slider = page.get_by_role("slider")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    assert cut(page) == pytest.approx(20, abs=0.2)
    assert slider.get_attribute("aria-valuetext") == "20% Untouched"

    phone = open_page(page.url, has_touch=True, viewport={"width": 390, "height": 844})
    box = phone.locator("#stage").bounding_box()
    finger = phone.context.new_cdp_session(phone)
    for kind, share in (("touchStart", 0.6), ("touchMove", 0.4), ("touchMove", 0.25)):
        at = {"x": box["x"] + box["width"] * share, "y": box["y"] + 50}
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [at]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert cut(phone) == pytest.approx(25, abs=0.5)


def test_any_variant_shows_on_either_side(gallery_disk: str, open_page: Open):
    page = open_page(f"{gallery_disk}/index.html")
    open_scene(page, 46)
    page.select_option("#left-choice", "harmonized")
    page.keyboard.press("3")
    shown = page.locator("#right .picture")
    assert shown.get_attribute("alt") == "trip/photo 46.jpg, Magenta, recipe right"
    # It shows a part of the scene, at the place where it was cropped.
    stage, part = page.locator("#stage").bounding_box(), shown.bounding_box()
    assert (part["x"] - stage["x"]) / stage["width"] == pytest.approx(0.5, abs=0.01)
    assert part["width"] / stage["width"] == pytest.approx(1 / 3, abs=0.01)
    assert page.locator("#right .ground").is_visible()
    page.keyboard.press("m")
    page.keyboard.press("b")
    assert page.locator("#mask").is_visible()
    assert page.locator(".outline").inner_text() == "dog"
    # The view is part of the address: it can be shared, and the next scene keeps it.
    page.keyboard.press("j")
    expect(page.locator("h1")).to_have_text("trip/photo 45.jpg")
    expect(page.locator("#left-choice")).to_have_value("harmonized")
    expect(page.locator("#right-choice")).to_have_value("right")
    assert page.locator("#mask").is_visible()


def test_next_and_previous_stay_within_the_filter(gallery_url: str, open_page: Open):
    page = open_page(f"{gallery_url}/index.html#label=cup&sort=worst")
    open_scene(page, 8)
    shared = open_page(page.url)
    expect(shared.locator("#position")).to_have_text("3 / 15")
    for each in (page, shared):
        each.keyboard.press("j")
        expect(each.locator("h1")).to_have_text("trip/photo 11.jpg")
        expect(each.locator("#position")).to_have_text("4 / 15")
        each.keyboard.press("k")
        expect(each.locator("h1")).to_have_text("trip/photo 8.jpg")
        expect(each.locator("#previous")).to_be_visible()
        each.keyboard.press("Escape")
        expect(each.locator("#count")).to_have_text("15 of 48 scenes")
        assert each.url.endswith("#label=cup&sort=worst")
        assert each.evaluate("document.activeElement.title") == "trip/photo 8.jpg"


def test_the_back_button_returns_to_the_filtered_grid(gallery_url: str, open_page: Open):
    page = open_page(f"{gallery_url}/index.html")
    page.select_option("[name=label]", "cat")
    open_scene(page, 45)
    page.go_back()
    expect(page.locator("#count")).to_have_text("16 of 48 scenes")
    assert page.locator("[name=label]").input_value() == "cat"


def test_arrow_keys_move_in_the_grid_and_a_question_mark_shows_the_shortcuts(
    gallery_disk: str, open_page: Open
):
    page = open_page(f"{gallery_disk}/index.html")
    page.locator("a.card").first.focus()
    focused = "document.activeElement.title"
    page.keyboard.press("ArrowRight")
    assert page.evaluate(focused) == "trip/photo 45.jpg"
    page.keyboard.press("End")
    assert page.evaluate(focused) == "trip/photo 47.jpg"
    page.keyboard.press("?")
    assert page.get_by_role("dialog", name="Keyboard shortcuts").is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_role("dialog").is_visible()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("trip/photo 47.jpg")


def test_favorites_are_kept_shown_and_saved_as_a_list(gallery_url: str, open_page: Open):
    page = open_page(f"{gallery_url}/index.html")
    assert page.locator("#favorites-bar").is_hidden()
    page.get_by_role("button", name="Favorite: trip/photo 45.jpg").click()
    open_scene(page, 44)
    page.keyboard.press("f")
    assert page.get_by_role("button", name="Favorite").get_attribute("aria-pressed") == "true"
    page.keyboard.press("Escape")
    page.wait_for_url("**/index.html*")
    page.reload()
    expect(page.locator("#favorites-count")).to_have_text("2 favorites")
    page.check("[name=favorites]")
    assert (numbers(page), page.url.rpartition("#")[2]) == ([45, 44], "favorites=only")

    with page.expect_download() as download:
        page.click("#save-text")
    assert download.value.suggested_filename == "favorites.txt"
    paths = Path(download.value.path()).read_text("utf-8").splitlines()
    assert paths == ["../art/44.harmonized.png", "../art/45.harmonized.png"]
    with page.expect_download() as download:
        page.click("#save-json")
    listed = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert listed[0] == {
        "key": "44 trip-photo 44.jpg",
        "scene": "trip/photo 44.jpg",
        "picture": "../art/44.harmonized.png",
        "naturalness": 0.88,
        "chosen": "ring",
    }
    page.locator("a.card").first.focus()
    page.keyboard.press("f")
    assert page.evaluate("document.activeElement.title") == "trip/photo 44.jpg"
    page.click("#clear-favorites")
    assert page.locator("#favorites-count").inner_text() == "0 favorites"
    page.uncheck("[name=favorites]")
    assert (count(page), page.locator("#favorites-bar").is_visible()) == (ALL, False)


def test_favorites_of_an_earlier_version_are_carried_over_once(gallery_url: str, open_page: Open):
    page = open_page(f"{gallery_url}/index.html")
    page.evaluate(
        """() => {
          const root = new URL(".", location).pathname;
          localStorage.setItem(`gallery-favourites ${root}`, '["44 trip-photo 44.jpg"]');
          localStorage.setItem(`gallery-favorites ${root}`, '["45 trip-photo 45.jpg"]');
        }"""
    )
    page.reload()
    expect(page.locator("#favorites-count")).to_have_text("2 favorites")
    star = page.get_by_role("button", name="Favorite: trip/photo 44.jpg")
    assert star.get_attribute("aria-pressed") == "true"
    star.click()
    page.reload()
    expect(page.locator("#favorites-count")).to_have_text("1 favorite")
    assert page.evaluate("() => Object.keys(localStorage).length") == 1


def test_damaged_favorites_of_an_earlier_version_do_no_harm(gallery_disk: str, open_page: Open):
    page = open_page(f"{gallery_disk}/index.html")
    page.evaluate(
        "() => localStorage.setItem(`gallery-favourites ${new URL('.', location).pathname}`, '[')"
    )
    page.reload()
    page.get_by_role("button", name="Favorite: trip/photo 44.jpg").click()
    expect(page.locator("#favorites-count")).to_have_text("1 favorite")


def test_a_bookmark_of_favorites_from_an_earlier_version_still_works(
    gallery_disk: str, open_page: Open
):
    page = open_page(f"{gallery_disk}/index.html")
    page.get_by_role("button", name="Favorite: trip/photo 45.jpg").click()
    page.goto(f"{gallery_disk}/index.html#favourites=only")
    assert numbers(page) == [45]
    assert page.locator("[name=favorites]").is_checked()


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """10,000 scenes; the best 100 have an image, since only images in view are loaded."""
    folder = tmp_path_factory.mktemp("many")
    picture = np.random.default_rng(0).integers(0, 255, (80, 120, 3), np.uint8)

    def describe(key: str) -> GalleryScene:
        number = int(key)
        variants = (Variant("harmonized", "Harmonized", "a.png"),) if number >= 9900 else ()
        return GalleryScene(
            key,
            f"trip {number}.jpg",
            "ok",
            "d",
            variants,
            chosen="ring",
            naturalness=number / 10_000,
        )

    keys = {f"{number:05d}": "first" for number in range(10_000)}
    write_gallery(UPath(folder), keys, describe, title="Many", open_image=lambda path: picture)
    return folder


def test_a_large_gallery_is_read_part_by_part(tmp_path: Path, open_page: Open):
    gallery = Gallery(tmp_path)
    for number, keys in enumerate((["1", "2"], ["3", "4", "5"]), start=1):
        scenes = [GalleryScene(key, f"photo {key}.jpg", "ok", "d") for key in keys]
        gallery.write(*scenes, part=Part(number, 2))
    page = open_page((gallery.folder / "index.html").as_uri())
    assert (count(page), numbers_in(page)) == ("2 scenes", ["1", "2"])
    page.get_by_role("navigation", name="Parts of the gallery").get_by_text("2").click()
    assert (count(page), numbers_in(page)) == ("3 scenes", ["3", "4", "5"])
    page.reload()  # The order of this part is not remembered yet.
    page.goto((gallery.folder / "scenes/4.html").as_uri())
    expect(page.locator("#position")).to_have_text("2 / 3")
    page.locator("#next").click()
    expect(page.locator("h1")).to_have_text("photo 5.jpg")
    page.locator("#back").click()
    assert "/index-2.html" in page.url and count(page) == "3 scenes"


def test_of_ten_thousand_scenes_only_thumbnails_in_view_are_loaded(many: Path, open_page: Open):
    page = open_page("about:blank")
    thumbnails: list[str] = []
    page.on("request", lambda sent: thumbnails.append(sent.url) if "/thumbs/" in sent.url else None)
    page.goto((many / "index.html").as_uri())
    page.wait_for_function("() => document.querySelector('.card img').naturalWidth")
    assert 0 < len(thumbnails) < 60


def test_of_ten_thousand_scenes_only_those_in_view_exist(many: Path, open_page: Open):
    page = open_page((many / "index.html").as_uri())
    assert count(page) == "10,000 scenes"
    assert 10 < page.locator(".cell").count() < 60
    page.locator("a.card").first.focus()
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.title") == "trip 0.jpg"
    assert page.locator(".cell").count() < 60
    page.fill("[name=q]", "9999")
    assert count(page) == "1 of 10,000 scenes"


@pytest.fixture
def reviewed(gallery: Gallery, painted) -> str:
    """The address of a gallery with results that were decided about in review."""
    reviews = {"new": "", "good": "approved", "bad": "rejected", "again": "to review"}
    labels = [GalleryPlacement(f"{name}-1.0", name, Box(20, 10, 30, 20)) for name in ("cat", "dog")]
    scenes = [
        painted(key, review=review, chosen=chosen, placements=(label,), naturalness=figure)
        for (key, review), chosen, label, figure in zip(
            reviews.items(), ("ring", "light") * 2, labels * 2, (0.9, 0.8, 0.7, 0.6), strict=True
        )
    ]
    gallery.write(*scenes, replace(scenes[0], key="failed", status="failed", confidence=0.3))
    return (gallery.folder / "index.html").as_uri()


def titles(page: Page) -> list[str]:
    return page.locator("a.card").evaluate_all("cards => cards.map(card => card.title)")


def test_rejected_results_are_hidden_until_they_are_asked_for(reviewed: str, open_page: Open):
    page = open_page(reviewed)
    assert count(page) == "4 of 5 scenes"
    assert "bad.jpg" not in titles(page)
    page.select_option("[name=review]", "all")
    assert "bad.jpg" in titles(page)
    assert page.locator(".mark.rejected").inner_text() == "Rejected"
    for wanted, shown in {
        "rejected": ["bad.jpg"],
        "approved": ["good.jpg"],
        "to review": ["new.jpg", "new.jpg", "again.jpg"],
    }.items():
        page.select_option("[name=review]", wanted)
        assert titles(page) == shown
    page.reload()
    assert titles(page) == ["new.jpg", "new.jpg", "again.jpg"]


def test_without_decisions_there_is_no_filter_for_them(gallery_disk: str, open_page: Open):
    page = open_page(f"{gallery_disk}/index.html")
    expect(page.locator("[name=review]")).to_be_hidden()
    assert count(page) == ALL


@pytest.mark.parametrize("width", [1280, 1440])
def test_all_filters_fit_in_one_row_on_usual_screens(reviewed: str, open_page: Open, width: int):
    page = open_page(reviewed, viewport={"width": width, "height": 800})
    fields = page.locator("#controls > :is(input, select, label):visible")
    assert fields.count() == 8
    middles = fields.evaluate_all(
        "all => all.map(each => each.getBoundingClientRect()).map(box => box.top + box.height / 2)"
    )
    assert max(middles) - min(middles) < 3
    cut_off = page.locator("#controls select:visible").evaluate_all(
        "all => all.filter(each => each.scrollWidth > each.clientWidth + 1).map(each => each.name)"
    )
    assert cut_off == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
