import logging
import os
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from upath import UPath

from nst_pipeline.errors import NstError
from nst_pipeline.settings import IngestSettings
from nst_pipeline.storage.inbox import Scan, examine_again, scan
from nst_pipeline.storage.inbox_index import InboxIndex, load_index, save_index
from nst_pipeline.storage.keys import partition_key
from nst_pipeline.vision.images.codecs import encode_jpeg
from nst_pipeline.vision.images.png import encode_png

PHOTO = import_module("skimage.data").astronaut()[:120, 100:200]


def put(folder: Path, name: str, picture: np.ndarray = PHOTO) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)
    return path


def look(folder: Path, known: InboxIndex | None = None, max_megapixels: float = 100) -> Scan:
    settings = IngestSettings(max_megapixels=max_megapixels)
    return scan(UPath(folder), known or InboxIndex(), settings)


def paths(found: Scan) -> list[str]:
    return [photo.path for photo in found.index.photos.values()]


def reasons(found: Scan) -> dict[str, str]:
    return {each.path: each.reason for each in found.index.unreadable}


def test_photos_are_found_at_any_depth_under_any_name(tmp_path: Path) -> None:
    names = ["a_b.jpg", "a/b.jpg", "a/c/d/e.webp", "사진 1.jpg", "X.TIFF", "y.bmp", "z.PNG"]
    for name in names:
        put(tmp_path, name)
    found = look(tmp_path)
    assert paths(found) == sorted(names)
    assert set(found.index.photos) == {partition_key(name) for name in names} == set(found.new)


def test_files_that_are_not_photos_are_ignored(tmp_path: Path) -> None:
    put(tmp_path, "cat.png")
    put(tmp_path, "cat.mask.png")
    put(tmp_path, ".hidden.png")
    put(tmp_path, ".thumbnails/cat.png")
    (tmp_path / "boxes.csv").write_text("image,x,y,width,height\n")
    (tmp_path / "notes.txt").write_text("buy milk")
    found = look(tmp_path)
    assert paths(found) == ["cat.png"]
    assert not found.index.unreadable
    assert found.ignored == 1


def test_a_file_that_cannot_be_used_is_listed_with_the_reason(tmp_path: Path) -> None:
    put(tmp_path, "good.png")
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("hello, I am no picture")
    frames = [Image.fromarray(PHOTO), Image.fromarray(PHOTO[::-1])]
    frames[0].save(tmp_path / "moving.webp", save_all=True, append_images=frames[1:])
    put(tmp_path, "large.png", np.zeros((1000, 1200, 3), np.uint8))
    found = look(tmp_path, max_megapixels=1)
    assert paths(found) == ["good.png"]
    listed = reasons(found)
    assert listed["empty.jpg"] == "the file is empty"
    assert "not a JPEG" in listed["text.jpg"]
    assert "animated" in listed["moving.webp"]
    assert listed["large.png"] == "1200 x 1000 pixels = 1.2 Mpx > limit ingest.max_megapixels 1"


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "bmp"])
@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_a_file_cut_short_is_listed(tmp_path: Path, suffix: str, share: float) -> None:
    path = put(tmp_path, f"cat.{suffix}")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    found = look(tmp_path)
    assert not found.index.photos
    assert "cut short" in reasons(found)["cat." + suffix]


def test_a_jpeg_with_a_trailer_is_whole(tmp_path: Path) -> None:
    (tmp_path / "phone.jpg").write_bytes(encode_jpeg(PHOTO) + b"trailer of the camera's maker")
    assert paths(look(tmp_path)) == ["phone.jpg"]


@pytest.mark.parametrize("suffix", ["mov", "MPG", "mpeg", "wmv", "flv", "m2ts", "mts", "3g2"])
def test_videos_are_named(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"clip.{suffix}").touch()
    assert "a video" in reasons(look(tmp_path))[f"clip.{suffix}"]


def test_links_do_not_lead_out_of_the_inbox(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inbox", tmp_path / "private"
    put(outside, "secret.png")
    put(inside, "cat.png")
    (inside / "link.png").symlink_to(outside / "secret.png")
    (inside / "folder").symlink_to(outside)
    (inside / "again.png").symlink_to("cat.png")
    (inside / "loop").symlink_to(".")
    found = look(inside)
    assert paths(found) == ["cat.png"]
    assert reasons(found).keys() == {"link.png", "folder"}
    assert "leads out of the inbox" in reasons(found)["link.png"]


def test_whatever_is_no_file_is_listed_with_the_reason(tmp_path: Path) -> None:
    put(tmp_path, "cat.png")
    put(tmp_path, "hall.png")
    (tmp_path / "cat.mask.png").mkdir()
    for name in ("LICENSE.txt", "licenses.csv", "clip.mp4", "notes"):
        os.mkfifo(tmp_path / name)
    links = {
        "dangling.jpg": "nowhere",
        "dangling": "nowhere",
        "hall.mask.png": "nowhere.png",
        "loop.jpg": "loop.jpg",
        "pipe.jpg": "notes",
        "hall.coco.json": "cat.mask.png",
        "data.jpg": "data.bin",
        "again.jpg": "cat.png",
    }
    (tmp_path / "data.bin").touch()
    for name, target in links.items():
        (tmp_path / name).symlink_to(target)
    found = look(tmp_path)
    assert paths(found) == ["cat.png", "hall.png"]
    assert found.ignored == 2  # data.bin, and again.jpg, which is cat.png
    why = reasons(found)
    assert len(why) == 12
    for name in ("dangling.jpg", "dangling", "hall.mask.png", "loop.jpg"):
        assert "a link that leads nowhere" in why[name]
    for name in ("LICENSE.txt", "licenses.csv", "clip.mp4", "notes", "pipe.jpg"):
        assert "a pipe, a socket or a device" in why[name]
    assert "a folder" in why["cat.mask.png"] and "a folder" in why["hall.coco.json"]
    assert "no photo by its name" in why["data.jpg"]


def test_a_name_that_is_not_utf8_is_listed(tmp_path: Path) -> None:
    with Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png")).open("wb") as file:
        file.write(encode_png(PHOTO))
    assert reasons(look(tmp_path)) == {"caf\\xe9.png": "the name is not valid UTF-8: rename it"}


def test_a_second_scan_opens_no_file_of_the_same_size_and_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "cat.png")
    put(tmp_path, "cat.mask.png")
    (tmp_path / "boxes.csv").write_text("image,x,y,width,height\ncat.png,1,2,30,40\n")
    (tmp_path / "empty.jpg").touch()
    first = look(tmp_path)
    monkeypatch.setattr(os, "open", lambda *_: pytest.fail("a file was opened"))
    second = look(tmp_path, first.index)
    assert second.index == first.index
    assert not (second.new or second.changed or second.deleted or second.moved)


def test_a_photo_changed_in_place_is_noticed_though_its_time_was_put_back(tmp_path: Path) -> None:
    path = put(tmp_path, "cat.bmp")
    first = look(tmp_path)
    stat = path.stat()
    put(tmp_path, "cat.bmp", PHOTO[::-1])
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert path.stat().st_size == stat.st_size
    assert look(tmp_path, first.index).changed == (partition_key("cat.bmp"),)


def test_new_changed_deleted_and_moved_photos_are_distinguished(tmp_path: Path) -> None:
    for turn, name in enumerate(["stays.png", "changes.png", "goes.png", "old name.png"]):
        put(tmp_path, name, np.roll(PHOTO, turn, axis=0))
    before = look(tmp_path)
    put(tmp_path, "changes.png", PHOTO[::-1])
    (tmp_path / "goes.png").unlink()
    (tmp_path / "folder").mkdir()
    (tmp_path / "old name.png").rename(tmp_path / "folder/new name.png")
    put(tmp_path, "new.png", PHOTO[:, ::-1])

    after = look(tmp_path, before.index)

    old, new = partition_key("old name.png"), partition_key("folder/new name.png")
    assert set(after.new) == {partition_key("new.png"), new}
    assert after.changed == (partition_key("changes.png"),)
    assert set(after.deleted) == {partition_key("goes.png"), old}
    assert after.moved == {old: new}
    assert after.summary == "4 photos, 1 new, 1 changed, 1 moved, 1 deleted"


def test_touching_a_file_changes_nothing(tmp_path: Path) -> None:
    path = put(tmp_path, "cat.png")
    before = look(tmp_path)
    os.utime(path, ns=(1, 1))
    assert not look(tmp_path, before.index).changed


def test_a_file_that_breaks_is_deleted_and_listed_and_comes_back(tmp_path: Path) -> None:
    path = put(tmp_path, "cat.png")
    data = path.read_bytes()
    before = look(tmp_path)
    path.write_bytes(data[:-200])
    broken = look(tmp_path, before.index)
    assert broken.deleted == {partition_key("cat.png"): "cat.png"}
    assert "cat.png" in reasons(broken)
    path.write_bytes(data)
    assert look(tmp_path, broken.index).new == (partition_key("cat.png"),)


def test_another_limit_checks_every_file_again(tmp_path: Path) -> None:
    put(tmp_path, "cat.png", np.zeros((1000, 1200, 3), np.uint8))
    wide = look(tmp_path)
    narrow = look(tmp_path, wide.index, max_megapixels=1)
    assert list(narrow.deleted) == [partition_key("cat.png")]
    assert look(tmp_path, narrow.index).new == (partition_key("cat.png"),)


def test_a_new_box_changes_only_its_photo(tmp_path: Path) -> None:
    put(tmp_path, "cat.png")
    put(tmp_path, "dog.png")
    boxes = tmp_path / "boxes.csv"
    boxes.write_text("image,x,y,width,height\ncat.png,1,2,30,40\n")
    before = look(tmp_path)
    boxes.write_text(boxes.read_text() + "dog.png,5,5,20,20\n")
    assert look(tmp_path, before.index).changed == (partition_key("dog.png"),)


def test_a_missing_inbox_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NstError, match=r"objects: no such folder; create it, or run `nst samples`"):
        look(tmp_path / "objects")


def test_an_index_round_trip(tmp_path: Path) -> None:
    put(tmp_path, "inbox/사진 1.png")
    put(tmp_path, "inbox/사진 1.mask.png")
    (tmp_path / "inbox/empty.jpg").touch()
    index = look(tmp_path / "inbox").index
    file = UPath(tmp_path / "index.parquet")
    save_index(file, index)
    assert load_index(file) == index
    assert load_index(UPath(tmp_path / "none.parquet")) == InboxIndex()


@pytest.mark.parametrize("damage", [b"", b"PAR1 and then nothing"])
def test_a_damaged_index_counts_as_missing_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: bytes
) -> None:
    file = UPath(tmp_path / "index.parquet")
    file.write_bytes(damage)
    with caplog.at_level(logging.WARNING):
        assert load_index(file) == InboxIndex()
    assert "index.parquet is damaged" in caplog.text


def test_an_inbox_on_an_object_store() -> None:
    inbox = UPath("memory://test-inbox")
    for name in ("a/cat.png", "a/.hidden.png", "notes.txt"):
        (inbox / name).parent.mkdir(parents=True, exist_ok=True)
        (inbox / name).write_bytes(encode_png(PHOTO))
    first = scan(inbox, InboxIndex(), IngestSettings())
    assert paths(first) == ["a/cat.png"] and first.ignored == 1
    second = scan(inbox, first.index, IngestSettings())
    assert second.index == first.index


def test_a_scan_that_ends_early_continues_the_next_time(tmp_path: Path) -> None:
    names = [f"{number:03d}.png" for number in range(100)]
    for turn, name in enumerate(names):
        put(tmp_path, name, np.roll(PHOTO[:8, :8], turn, axis=0) + np.uint8(turn))
    found, read = InboxIndex(), []
    while len(read) < 10:
        part = scan(UPath(tmp_path), found, IngestSettings(), until=0.0)
        read.append(len(part.new))
        found = part.index
        assert part.pending == 100 - sum(read)
        if not part.pending:
            break
    assert len(read) == 2 and sum(read) == 100
    assert [photo.path for photo in found.photos.values()] == names


def test_a_scan_in_parts_recognizes_a_moved_photo(tmp_path: Path) -> None:
    """A deleted photo is kept until all new files were read: one of them may be it."""
    small = PHOTO[:8, :8]
    put(tmp_path, "z.png", small)
    before = look(tmp_path)
    (tmp_path / "later").mkdir()
    (tmp_path / "z.png").rename(tmp_path / "later/z.png")
    for number in range(70):
        put(tmp_path, f"a{number:02d}.png", small + np.uint8(number + 1))
    first = scan(UPath(tmp_path), before.index, IngestSettings(), until=0.0)
    assert first.pending and not first.deleted
    second = scan(UPath(tmp_path), first.index, IngestSettings())
    assert second.moved == {partition_key("z.png"): partition_key("later/z.png")}


def test_a_single_photo_can_be_examined_again(tmp_path: Path) -> None:
    put(tmp_path, "other.png", PHOTO[::2])
    path = put(tmp_path, "cat.png")
    key = partition_key("cat.png")
    known = look(tmp_path).index

    def again(index: InboxIndex) -> InboxIndex:
        return examine_again(UPath(tmp_path), index, key, IngestSettings())

    assert again(known) == known
    put(tmp_path, "cat.mask.png", np.full(PHOTO.shape[:2], 255, np.uint8))
    with_mask = again(known)
    assert with_mask.photos[key].sidecar_digest
    assert look(tmp_path, with_mask).index == look(tmp_path, known).index
    path.write_bytes(path.read_bytes()[:-200])
    assert again(known).unreadable[0].path == "cat.png" and key not in again(known).photos
    path.unlink()
    assert set(again(known).photos) == {partition_key("other.png")}
