import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from unittest.mock import ANY
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image
from upath import UPath

from nst_pipeline.errors import UnreadableImageError
from nst_pipeline.publish.gallery import (
    GalleryPlacement,
    GalleryReport,
    GalleryScene,
    LineageRow,
    Variant,
    write_gallery,
)
from nst_pipeline.vision.images.png import decode_png, encode_png
from nst_pipeline.vision.shapes import Box

NASTY = [
    "<script>alert(1)</script>.jpg",
    '" onload="alert(1).jpg',
    "it's a 'photo' & more.jpg",
    "사진 🐈 1.jpg",
    "{{ 7 * 7 }}.jpg",
    "100% #1?.jpg",
]


class Page(HTMLParser):
    """What a browser makes of a page: its elements with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data):
        self.text += data

    def links(self) -> list[str]:
        wanted = ("src", "href", "data-src", "data-full")
        found = (each.get(name) for _, each in self.elements for name in wanted)
        return [link for link in found if link and not link.startswith("data:")]


class Gallery:
    """A gallery folder with the artifacts that it shows, and a count of opened pictures."""

    def __init__(self, root: Path) -> None:
        self.root, self.folder, self.opened = root, root / "gallery", 0
        self.told: list[str] = []
        (root / "art").mkdir()
        self.folder.mkdir()

    def scene(self, key: str, **changes: object) -> GalleryScene:
        names = {"untouched": "Untouched", "right": "Magenta, right", "harmonized": "Harmonized"}
        scene = GalleryScene(
            key,
            f"{key}.jpg",
            "ok",
            digest=f"digest of {key}",
            variants=tuple(
                Variant(name, label, f"../art/{key}.{name}.png") for name, label in names.items()
            ),
            mask=f"../art/{key}.mask.png",
            chosen="ring",
            reason="ring has the best score of 2 candidates.",
            scores={"untouched": 0.4, "ring": 0.75},
            confidence=0.9,
            placements=(GalleryPlacement("cat-1", "cat", Box(20, 10, 30, 20)),),
            lineage=(LineageRow("stickers", "cat-1", "abcdef0123456789"),),
            settings={"harmonize": {"method": "auto"}},
        )
        return replace(scene, **changes)

    def paint(self, scene: GalleryScene, size: tuple[int, int] = (60, 90), gray: int = 90) -> None:
        for variant in scene.variants:
            height, width = (40, 40) if variant.name == "right" else size
            picture = np.full((height, width, 3), gray, np.uint8)
            (self.folder / variant.path).write_bytes(encode_png(picture))
        matte = np.zeros(size, np.uint8)
        matte[10:30, 20:50] = 255
        (self.folder / scene.mask).write_bytes(encode_png(matte))

    def open_image(self, path: str) -> np.ndarray:
        self.opened += 1
        return decode_png((self.folder / path).read_bytes())

    def write(self, *scenes: GalleryScene, **changes: Any) -> GalleryReport:
        self.opened, self.told = 0, []
        known = {scene.key: scene for scene in scenes}

        def tell(key: str) -> GalleryScene:
            self.told.append(key)
            return known[key]

        options = {"title": "Demo", "open_image": self.open_image} | changes
        folder = options.pop("folder", UPath(self.folder))
        return write_gallery(
            folder, {key: repr(scene) for key, scene in known.items()}, tell, **options
        )

    def page(self, name: str) -> Page:
        return Page((self.folder / name).read_text("utf-8"))

    def items(self) -> list[list]:
        scripts = sorted((self.folder / "data").glob("[0-9]*.js"))
        texts = [
            re.fullmatch(r"galleryItems\.push\(\.\.\.(.*)\);\n", s.read_text()) for s in scripts
        ]
        return [item for text in texts for item in json.loads(text[1])]

    def stamps(self) -> dict[str, int]:
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return {str(path.relative_to(self.folder)): path.stat().st_ino for path in files}


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    return Gallery(tmp_path)


@pytest.fixture
def painted(gallery: Gallery) -> Callable[..., GalleryScene]:
    def make(key: str, **changes: object) -> GalleryScene:
        scene = gallery.scene(key, **changes)
        gallery.paint(scene)
        return scene

    return make


def test_every_link_of_the_folder_leads_to_a_file(gallery: Gallery, painted):
    gallery.write(painted("a"), painted("b"))
    for name in ("index.html", "scenes/a.html", "scenes/b.html"):
        for link in gallery.page(name).links():
            target = (gallery.folder / name).parent / unquote(re.split("[?#]", link)[0])
            assert target.exists(), f"{name} links to {link}"
            assert not link.startswith(("http", "/"))


def test_the_grid_knows_each_scene_and_shows_the_harmonized_picture(gallery: Gallery, painted):
    gallery.write(painted("a"))
    assert gallery.items() == [
        [
            *("a", "a.jpg", "ok", 0.75, 0.9, "ring", ["cat"], ["cat-1"], "", ANY, 1.5),
            *("../art/a.harmonized.png", ""),
        ]
    ]
    assert Image.open(gallery.folder / "thumbs/a.webp").size == (90, 60)


def test_a_scene_page_shows_everything_about_the_scene(gallery: Gallery, painted):
    gallery.write(painted("a"))
    page = gallery.page("scenes/a.html")
    for told in (
        "Untouched",
        "Harmonized",
        "0.750",
        "ring has the best score of 2 candidates.",
        "cat-1",
        "30 × 20",
        "harmonize.method",
        "auto",
    ):
        assert told in page.text
    assert "abcdef012345" in page.text
    assert all("alt" in each for tag, each in page.elements if tag == "img")


def test_a_variant_of_a_part_of_the_scene_stands_where_it_was_cut_from(gallery: Gallery, painted):
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
def test_names_are_text_and_nothing_else(gallery: Gallery, painted, title: str):
    gallery.write(
        painted(
            "a",
            title=title,
            status=title,
            error=title,
            chosen=title,
            scores={title: 0.5},
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
def test_keys_of_any_kind_make_links_that_work(gallery: Gallery, painted, key: str):
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


def test_nothing_is_written_twice(gallery: Gallery, painted):
    scenes = [painted(key) for key in "abc"]
    first = gallery.write(*scenes)
    assert (first.pages_written, first.pictures_written) == (3, 6)
    before = gallery.stamps()
    second = gallery.write(*scenes)
    assert (second.pages_written, second.pictures_written, gallery.opened) == (0, 0, 0)
    assert gallery.told == []
    after = gallery.stamps()
    assert {name for name in after if after[name] != before[name]} == {"manifest.json"}


def test_one_new_scene_leaves_the_other_pages_alone(gallery: Gallery, painted):
    scenes = [painted(f"s{number}") for number in range(5)]
    gallery.write(*scenes)
    before = gallery.stamps()
    report = gallery.write(painted("a new one"), *scenes)
    assert (report.scenes, report.pages_written, gallery.opened) == (6, 1, 4)
    assert gallery.told == ["a new one"]
    after = gallery.stamps()
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {
        "scenes/a new one.html",
        "thumbs/a new one.webp",
        "previews/a new one.mask.png",
        "data/000.js",
        "data/chunks.js",
        "index.html",
        "manifest.json",
    }


def test_a_new_scene_goes_to_the_last_data_file(gallery: Gallery):
    scenes = [GalleryScene(f"s{number:04d}", "t", "empty", "d") for number in range(502)]
    gallery.write(*scenes)
    before = gallery.stamps()
    gallery.write(GalleryScene("aaa", "t", "empty", "d"), *scenes)
    after = gallery.stamps()
    assert after["data/000.js"] == before["data/000.js"]
    assert after["data/001.js"] != before["data/001.js"]
    assert len(gallery.items()) == 503


def test_new_pictures_are_made_when_the_digest_changes(gallery: Gallery, painted):
    scene = painted("a")
    gallery.write(scene)
    thumb = (gallery.folder / "thumbs/a.webp").read_bytes()
    gallery.paint(scene, gray=200)
    assert gallery.write(replace(scene, digest="new")).pictures_written == 2
    assert (gallery.folder / "thumbs/a.webp").read_bytes() != thumb


def test_new_words_rewrite_the_page_without_opening_a_picture(gallery: Gallery, painted):
    scene = painted("a")
    gallery.write(scene)
    report = gallery.write(replace(scene, settings={"seed": 12345}))
    assert (report.pages_written, gallery.opened) == (1, 0)
    assert "12345" in gallery.page("scenes/a.html").text


def test_scenes_that_are_gone_leave_nothing_behind(gallery: Gallery, painted):
    stays, goes = painted("stays"), painted("goes")
    gallery.write(stays, goes)
    assert gallery.write(stays).pages_removed == 1
    assert not any("goes" in name for name in gallery.stamps())
    assert [item[0] for item in gallery.items()] == ["stays"]


def test_large_pictures_get_a_preview_of_web_size(gallery: Gallery):
    scene = gallery.scene("big")
    gallery.paint(scene, size=(1200, 2000))
    gallery.write(scene)
    page = gallery.page("scenes/big.html")
    after = next(each for _, each in page.elements if each.get("alt") == "big.jpg, Harmonized")
    assert after["src"] == "../previews/big.harmonized.webp"
    assert Image.open(gallery.folder / "scenes" / after["src"]).size == (1600, 960)
    full = next(each for _, each in page.elements if each.get("id") == "full")
    assert full["href"] == "../../art/big.harmonized.png"


def test_a_picture_that_cannot_be_read_costs_only_itself(gallery: Gallery, painted):
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
    assert gallery.items()[0][-4:] == ["", 1.5, "", "f.jpg is truncated: copy it again"]


def test_a_crash_loses_no_work_and_leaves_no_half_files(gallery: Gallery, painted):
    first, second = painted("a"), painted("b")

    def dying(path: str) -> np.ndarray:
        if "/b." in path:
            raise MemoryError
        return gallery.open_image(path)

    with pytest.raises(MemoryError):
        gallery.write(first, second, open_image=dying)
    assert not any(name.endswith(".tmp") for name in gallery.stamps())
    assert gallery.write(first, second).pages_written == 2
    assert len(gallery.items()) == 2


def test_a_killed_run_goes_on_where_it_last_saved(gallery: Gallery, monkeypatch):
    monkeypatch.setattr("nst_pipeline.publish.gallery.write._FILES_PER_SAVE", 40)
    picture = np.zeros((4, 6, 3), np.uint8)
    scenes = [
        GalleryScene(f"s{n:04d}", "t", "ok", "d", (Variant("harmonized", "H", f"{n}.png"),))
        for n in range(42)
    ]

    def dying(path: str) -> np.ndarray:
        if path == "41.png":
            raise MemoryError
        return picture

    with pytest.raises(MemoryError):
        gallery.write(*scenes, open_image=dying)
    report = gallery.write(*scenes, open_image=lambda path: picture)
    assert (report.pages_written, len(gallery.items())) == (2, 42)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"version": 2, "scenes"',
        b'{"version": 2, "scenes": {"a": []}, "files": {}}',
        b'{"version": 2, "scenes": [], "files": {}}',
        b'{"version": 2, "scenes": {"a": {"slot": "first"}}, "files": {}}',
        b'{"version": 2, "scenes": {"a": {"slot": 0, "item": ["a", "b"]}}, "files": {}}',
    ],
)
def test_a_damaged_manifest_is_reported_and_everything_is_written_again(
    gallery: Gallery, painted, content: bytes, caplog: pytest.LogCaptureFixture
):
    scene = painted("a")
    assert gallery.write(scene).manifest_problem == ""
    whole = (gallery.folder / "manifest.json").read_bytes()
    (gallery.folder / "scenes/notes.txt").write_text("mine")
    (gallery.folder / "manifest.json").write_bytes(content)
    report = gallery.write(scene)
    assert (report.pages_written, report.pictures_written) == (1, 2)
    assert f"{gallery.folder / 'manifest.json'} is damaged (" in report.manifest_problem
    assert report.manifest_problem in caplog.messages
    assert (gallery.folder / "manifest.json").read_bytes() == whole
    assert (gallery.folder / "scenes/notes.txt").read_text() == "mine"
    assert gallery.write(scene) == GalleryReport(1, 0, 0, 0, ())


def test_a_manifest_of_an_earlier_version_is_replaced_without_a_warning(
    gallery: Gallery, painted, caplog: pytest.LogCaptureFixture
):
    scene = painted("a")
    gallery.write(scene)
    (gallery.folder / "manifest.json").write_text('{"version": 1, "pages": {}}')
    report = gallery.write(scene)
    assert (report.pages_written, report.manifest_problem, caplog.messages) == (1, "", [])


def test_equal_scenes_give_equal_bytes(tmp_path: Path):
    texts = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        gallery = Gallery(tmp_path / name)
        scenes = [gallery.scene(key) for key in "ab"]
        for scene in scenes:
            gallery.paint(scene)
        gallery.write(*(scenes if name == "one" else scenes[::-1]))
        files = sorted(path for path in gallery.folder.rglob("*") if path.is_file())
        texts.append([(str(p.relative_to(gallery.folder)), p.read_bytes()) for p in files])
    assert texts[0] == texts[1]


def test_an_object_store_will_do(gallery: Gallery, painted):
    folder = UPath("memory://gallery-test")
    scene = painted("a")
    for expected in (1, 0):
        report = gallery.write(scene, folder=folder)
        assert report.pages_written == expected
    assert b"<!doctype html>" in (folder / "index.html").read_bytes()


def test_no_page_reaches_for_a_network(gallery: Gallery, painted):
    gallery.write(painted("a"))
    for path in gallery.folder.rglob("*"):
        if path.suffix in {".html", ".css", ".js"}:
            assert not re.search(
                r"https?://|//cdn|@import|fetch\(|XMLHttp", path.read_text("utf-8")
            )


def test_progress_is_told_scene_by_scene(gallery: Gallery, painted):
    told: list[tuple[int, ...]] = []
    gallery.write(painted("a"), painted("b"), on_scene=lambda *step: told.append(step))
    assert told == [(1, 2), (2, 2)]


def test_an_unreadable_image_is_reported_with_the_decoders_reason(
    gallery: Gallery, painted, caplog: pytest.LogCaptureFixture
):
    def refuse(path: str) -> np.ndarray:
        raise UnreadableImageError(f"{path} is empty")

    report = gallery.write(painted("a"), open_image=refuse)
    assert len(report.unreadable) == 4
    assert [line.partition(": ")[2] for line in caplog.messages] == list(report.unreadable)
    assert "There is no image to show." in gallery.page("scenes/a.html").text
