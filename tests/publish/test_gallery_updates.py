"""What an update of a gallery writes, keeps and removes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from upath import UPath

from nst_pipeline.publish.gallery import GalleryReport, GalleryScene, Part, Variant
from tests.publish.written_gallery import Gallery


def test_nothing_is_written_twice(gallery: Gallery, painted):
    scenes = [painted(key) for key in "abc"]
    first = gallery.write(*scenes)
    assert (first.pages_written, first.pictures_written) == (3, 6)
    before = gallery.stamps()
    second = gallery.write(*scenes)
    assert (second.pages_written, second.pictures_written, gallery.opened) == (0, 0, 0)
    assert gallery.described == []
    after = gallery.stamps()
    assert {name for name in after if after[name] != before[name]} == {"manifest.json"}


def test_one_new_scene_leaves_the_other_pages_alone(gallery: Gallery, painted):
    scenes = [painted(f"s{number}") for number in range(5)]
    gallery.write(*scenes)
    before = gallery.stamps()
    report = gallery.write(painted("a new one"), *scenes)
    assert (report.scenes, report.pages_written, gallery.opened) == (6, 1, 4)
    assert gallery.described == ["a new one"]
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


def test_images_are_made_again_when_the_digest_changes(gallery: Gallery, painted):
    scene = painted("a")
    gallery.write(scene)
    thumb = (gallery.folder / "thumbs/a.webp").read_bytes()
    gallery.paint(scene, gray=200)
    assert gallery.write(replace(scene, digest="new")).pictures_written == 2
    assert (gallery.folder / "thumbs/a.webp").read_bytes() != thumb


def test_changed_text_rewrites_the_page_without_opening_an_image(gallery: Gallery, painted):
    scene = painted("a")
    gallery.write(scene)
    report = gallery.write(replace(scene, settings={"seed": 12345}))
    assert (report.pages_written, gallery.opened) == (1, 0)
    assert "12345" in gallery.page("scenes/a.html").text


def test_removed_scenes_leave_nothing_behind(gallery: Gallery, painted):
    stays, goes = painted("stays"), painted("goes")
    gallery.write(stays, goes)
    assert gallery.write(stays).pages_removed == 1
    assert not any("goes" in name for name in gallery.stamps())
    assert [item[0] for item in gallery.items()] == ["stays"]


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


def test_a_killed_run_resumes_where_it_last_saved(gallery: Gallery):
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
        gallery.write(*scenes, open_image=dying, save_every=40)
    report = gallery.write(*scenes, open_image=lambda path: picture)
    assert (report.pages_written, len(gallery.items())) == (2, 42)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"version": 4, "scenes"',
        b'{"version": 4, "scenes": {"a": []}, "files": {}}',
        b'{"version": 4, "scenes": [], "files": {}}',
        b'{"version": 4, "scenes": {"a": {"slot": "first"}}, "files": {}}',
        b'{"version": 4, "scenes": {"a": {"slot": 0, "item": ["a", "b"]}}, "files": {}}',
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


def test_a_part_is_updated_by_itself(gallery: Gallery, painted):
    """Each part has a grid and a manifest; pages and pictures are in the same folders."""
    scenes, parts = [painted(key) for key in "abc"], [Part(number, 2) for number in (1, 2)]
    gallery.write(*scenes[:2], part=parts[0], elsewhere={"c"})
    gallery.write(scenes[2], part=parts[1], elsewhere={"a", "b"})
    for name in ("index.html", "index-2.html"):
        assert {"index.html", "index-2.html"} <= set(gallery.page(name).links())
    assert "../index-2.html" in gallery.page("scenes/c.html").links()
    before = gallery.stamps()
    changed = replace(scenes[2], settings={"seed": 12345})
    report = gallery.write(changed, part=parts[1], elsewhere={"a", "b"})
    assert (report.scenes, report.pages_written, report.pages_removed) == (1, 1, 0)
    after = gallery.stamps()
    written = {name for name in after if after[name] != before.get(name)}
    assert written == {"scenes/c.html", "manifest-2.json"}


def test_a_scene_that_is_in_another_part_now_keeps_its_page(gallery: Gallery, painted):
    scenes, parts = [painted(key) for key in "ab"], [Part(number, 2) for number in (1, 2)]
    gallery.write(scenes[0], part=parts[0])
    gallery.write(scenes[1], part=parts[1])
    gallery.write(*scenes, part=parts[0])
    assert gallery.write(part=parts[1], elsewhere={"a", "b"}).pages_removed == 0
    assert {"scenes/a.html", "scenes/b.html", "thumbs/b.webp"} <= gallery.stamps().keys()


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


def test_a_gallery_can_be_written_to_an_object_store(gallery: Gallery, painted):
    folder = UPath("memory://gallery-test")
    scene = painted("a")
    for expected in (1, 0):
        report = gallery.write(scene, folder=folder)
        assert report.pages_written == expected
    assert b"<!doctype html>" in (folder / "index.html").read_bytes()


def test_progress_is_reported_after_each_scene(gallery: Gallery, painted):
    steps: list[tuple[int, ...]] = []
    gallery.write(painted("a"), painted("b"), on_scene=lambda *step: steps.append(step))
    assert steps == [(1, 2), (2, 2)]
