"""Contents of the gallery's pages and data files."""

import re
from dataclasses import replace
from unittest.mock import ANY
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image

from nst_pipeline.errors import UnreadableImageError
from nst_pipeline.publish.gallery import GalleryPlacement, GalleryScene, LineageRow
from nst_pipeline.vision.shapes import Box
from tests.publish.written_gallery import Gallery

NASTY = [
    "<script>alert(1)</script>.jpg",
    '" onload="alert(1).jpg',
    "it's a 'photo' & more.jpg",
    "사진 🐈 1.jpg",
    "{{ 7 * 7 }}.jpg",
    "100% #1?.jpg",
]


def test_every_link_of_the_folder_leads_to_a_file(gallery: Gallery, painted):
    gallery.write(painted("a"), painted("b"))
    for name in ("index.html", "scenes/a.html", "scenes/b.html"):
        for link in gallery.page(name).links():
            target = (gallery.folder / name).parent / unquote(re.split("[?#]", link)[0])
            assert target.exists(), f"{name} links to {link}"
            assert not link.startswith(("http", "/"))


def test_the_grid_lists_each_scene_with_the_harmonized_image(gallery: Gallery, painted):
    gallery.write(painted("a"))
    assert gallery.items() == [
        [
            *("a", "a.jpg", "ok", 0.75, 0.9, "ring", ["cat"], ["cat-1"], "", ANY, 1.5),
            *("../art/a.harmonized.png", "", ""),
        ]
    ]
    assert Image.open(gallery.folder / "thumbs/a.webp").size == (90, 60)


def test_a_scene_page_shows_everything_about_the_scene(gallery: Gallery, painted):
    gallery.write(painted("a"))
    page = gallery.page("scenes/a.html")
    for text in (
        "Untouched",
        "Harmonized",
        "0.750",
        "ring has the best color fit of 2 candidates.",
        "cat-1",
        "30 × 20",
        "harmonize.method",
        "auto",
    ):
        assert text in page.text
    assert "abcdef012345" in page.text
    assert all("alt" in each for tag, each in page.elements if tag == "img")


def test_a_variant_of_a_part_of_the_scene_is_placed_where_it_was_cropped(gallery: Gallery, painted):
    scene = painted("a")
    right = replace(scene.variants[1], window=Box(-9, 15, 45, 45))
    gallery.write(replace(scene, variants=(scene.variants[0], right, scene.variants[2])))
    elements = gallery.page("scenes/a.html").elements
    places = {
        each["data-label"]: each["data-place"] for _, each in elements if "data-place" in each
    }
    assert places == {
        "Untouched": "",
        "Magenta, right": "left: -10.000%; top: 25.000%; width: 50.000%; height: 75.000%",
        "Harmonized": "",
    }


def test_the_slider_starts_on_the_object(gallery: Gallery, painted):
    gallery.write(painted("a", placements=(GalleryPlacement("cat-1", "cat", Box(60, 10, 30, 20)),)))
    cut = next(
        each for _, each in gallery.page("scenes/a.html").elements if each.get("id") == "cut"
    )
    assert cut["value"] == "83.3"


@pytest.mark.parametrize("title", NASTY)
def test_names_are_escaped(gallery: Gallery, painted, title: str):
    gallery.write(
        painted(
            "a",
            title=title,
            status=title,
            error=title,
            chosen=title,
            color_fit={title: 0.5},
            placements=(GalleryPlacement(title, title, Box(0, 0, 9, 9)),),
            lineage=(LineageRow(title, title, title),),
            settings={title: title},
        ),
        title=title,
    )
    for name in ("index.html", "scenes/a.html"):
        page = gallery.page(name)
        assert title in page.text
        assert all("src" in each for tag, each in page.elements if tag == "script")
        assert not any("onload" in each for _, each in page.elements)
        assert "49.jpg" not in page.text
    assert gallery.items()[0][1] == title


@pytest.mark.parametrize("key", ["사진-1-ab12cd34", "100% #1?-ab", "a b&c'd\"-ab"])
def test_links_work_for_keys_of_any_kind(gallery: Gallery, painted, key: str):
    gallery.write(painted(key))
    links = gallery.page(f"scenes/{key}.html").links()
    assert links
    for link in links:
        assert (gallery.folder / "scenes" / unquote(link.partition("#")[0])).exists()
    assert (gallery.folder / f"thumbs/{gallery.items()[0][0]}.webp").exists()


@pytest.mark.parametrize("keys", [["../a"], ["a\\b"], [""], [".hidden"]])
def test_keys_that_would_leave_the_folder_are_refused(gallery: Gallery, keys: list[str]):
    with pytest.raises(ValueError, match="key"):
        gallery.write(*(gallery.scene(key) for key in keys))
    assert list(gallery.folder.iterdir()) == []


def test_large_images_get_a_preview(gallery: Gallery):
    scene = gallery.scene("big")
    gallery.paint(scene, size=(1200, 2000))
    gallery.write(scene)
    page = gallery.page("scenes/big.html")
    after = next(each for _, each in page.elements if each.get("alt") == "big.jpg, Harmonized")
    assert after["src"] == "../previews/big.harmonized.webp"
    assert Image.open(gallery.folder / "scenes" / after["src"]).size == (1600, 960)
    full = next(each for _, each in page.elements if each.get("id") == "full")
    assert full["href"] == "../../art/big.harmonized.png"


def test_an_unreadable_image_affects_nothing_else(gallery: Gallery, painted):
    good, bad = painted("good"), painted("bad")
    (gallery.folder / bad.variants[1].path).write_bytes(b"no picture")
    report = gallery.write(good, bad)
    assert len(report.unreadable) == 1 and "../art/bad.right.png" in report.unreadable[0]
    assert "cannot be read" in gallery.page("scenes/bad.html").text
    gallery.paint(bad)
    assert gallery.write(good, bad).unreadable == ()
    assert "cannot be read" not in gallery.page("scenes/bad.html").text


def test_a_failed_scene_has_a_page_that_says_why(gallery: Gallery):
    failed = GalleryScene("f", "f.jpg", "failed", "d", error="f.jpg is truncated: copy it again")
    assert gallery.write(failed).unreadable == ()
    page = gallery.page("scenes/f.html")
    assert "f.jpg is truncated: copy it again" in page.text
    assert gallery.items()[0][-5:] == ["", 1.5, "", "f.jpg is truncated: copy it again", ""]


def test_a_scene_page_leads_to_the_other_composites_of_its_photo(gallery: Gallery, painted):
    keys = ("a b", "a b~2")
    gallery.write(*(painted(key, siblings=keys) for key in keys), painted("c"))
    page = gallery.page("scenes/a b~2.html")
    links = [each for tag, each in page.elements if tag == "a" and "Composite " in str(each)]
    assert [each["href"] for each in links] == ["a%20b.html", "a%20b~2.html"]
    assert [each.get("aria-current") for each in links] == [None, "page"]
    assert "Composites of this photo" not in gallery.page("scenes/c.html").text


def test_a_scene_page_shows_the_decision_and_the_note(gallery: Gallery, painted):
    gallery.write(painted("a", review="rejected", note="the <shadow> is wrong"), painted("b"))
    page = gallery.page("scenes/a.html")
    assert ("span", {"class": "mark rejected"}) in page.elements
    assert "the <shadow> is wrong" in page.text
    assert "Your note" not in gallery.page("scenes/b.html").text


def test_what_holds_for_all_scenes_is_said_once(gallery: Gallery, painted):
    gallery.write(painted("a"), notes=["VGG optimization: there are no weights"])
    assert "there are no weights" in gallery.page("index.html").text
    assert "there are no weights" not in gallery.page("scenes/a.html").text


def test_no_page_uses_the_network(gallery: Gallery, painted):
    gallery.write(painted("a"))
    for path in gallery.folder.rglob("*"):
        if path.suffix in {".html", ".css", ".js"}:
            assert not re.search(
                r"https?://|//cdn|@import|fetch\(|XMLHttp", path.read_text("utf-8")
            )


def test_an_unreadable_image_is_reported_with_the_decoders_reason(
    gallery: Gallery, painted, caplog: pytest.LogCaptureFixture
):
    def refuse(path: str) -> np.ndarray:
        raise UnreadableImageError(f"{path} is empty")

    report = gallery.write(painted("a"), open_image=refuse)
    assert len(report.unreadable) == 4
    assert [line.partition(": ")[2] for line in caplog.messages] == list(report.unreadable)
    assert "There is no image to show." in gallery.page("scenes/a.html").text
