"""The store: artifacts whole or not at all, named by asset and key."""

import os
from typing import BinaryIO

import numpy as np
import pytest
from skimage import data
from upath import UPath

from nst_pipeline.storage.files import sync_files
from nst_pipeline.storage.keys import ALL
from nst_pipeline.storage.records import HarmonizedRecord, Losses
from nst_pipeline.storage.store import Pieces, Store


def scored(color_fit: dict[str, float]) -> HarmonizedRecord:
    return HarmonizedRecord(
        chosen="ä",
        color_fit=color_fit,
        confidence=1,
        naturalness=0.6,
        factors={"size": 0.7},
    )


RECORD = scored({"ä": 1})


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(UPath(tmp_path))


def test_pictures_and_records_survive_a_round_trip(store, tmp_path):
    photo = data.chelsea()
    written = store.write("composites", "cat-1", {".png": photo, ".json": RECORD})
    assert written.path == "artifacts/composites/cat-1.png"
    again = Store(UPath(tmp_path))  # nothing remembered
    assert np.array_equal(again.picture("composites", "cat-1"), photo)
    assert again.record(HarmonizedRecord, "composites", "cat-1") == RECORD
    assert again.digest("composites", "cat-1", written.files) == written.digest
    assert sum(again.sizes("composites").values()) == written.size_bytes


def test_equal_content_has_equal_digests(store):
    first = store.write("a", "k", {".json": scored({"x": 1, "y": 2})})
    second = store.write("b", "other", {".json": scored({"y": 2, "x": 1})})
    assert first.digest == second.digest


def test_an_artifact_of_the_whole_collection_is_named_by_its_files(store, tmp_path):
    store.write("sticker_library", ALL, {"library.parquet": b"rows"})
    assert (tmp_path / "artifacts/sticker_library/library.parquet").read_bytes() == b"rows"


def test_a_large_file_is_written_in_pieces(tmp_path):
    """As if it had been written at once; in an object store, too."""
    pieces = Pieces(lambda file: file.writelines([b"one ", b"two"]))
    for root in (UPath(tmp_path), UPath("memory://nst-pieces-test")):
        written = Store(root).write("dataset", ALL, {"coco.json": pieces})
        assert Store(root).read("dataset", ALL, "coco.json") == b"one two"
        assert written == Store(root).write("dataset", ALL, {"coco.json": b"one two"})


def test_nothing_is_left_of_a_file_whose_pieces_failed(store, tmp_path):
    def fail(file: BinaryIO) -> None:
        file.write(b"one")
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        store.write("dataset", ALL, {"coco.json": Pieces(fail)})
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_cached_picture_cannot_be_changed_by_its_reader(store):
    store.write("composites", "k", {".png": data.chelsea()})
    with pytest.raises(ValueError, match="read-only"):
        store.picture("composites", "k")[0, 0] = 0


def test_the_writers_own_picture_stays_writable_and_separate(store):
    photo = data.chelsea().copy()
    store.write("composites", "k", {".png": photo})
    photo[:] = 0
    assert store.picture("composites", "k").any()


def test_a_failed_write_leaves_the_old_file_and_no_part(store, tmp_path, monkeypatch):
    store.write("composites", "k", {".json": Losses((1,))})
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        store.write("composites", "k", {".json": Losses((2,))})
    assert store.record(Losses, "composites", "k") == Losses((1,))
    assert [path.name for path in (tmp_path / "artifacts/composites").iterdir()] == ["k.json"]


def test_a_picture_is_read_again_when_its_file_has_changed(store, tmp_path):
    store.write("composites", "k", {".png": data.chelsea()})
    assert store.picture("composites", "k") is Store(UPath(tmp_path)).picture("composites", "k")
    Store(UPath(tmp_path)).write("composites", "k", {".png": data.coffee()})  # another process
    assert np.array_equal(store.picture("composites", "k"), data.coffee())


def test_written_files_are_synced_to_the_disk_together(store, monkeypatch):
    synced = []
    fsync = os.fsync
    monkeypatch.setattr("os.fsync", lambda file: synced.append(file) or fsync(file))
    store.write("composites", "k", {".png": data.chelsea(), ".json": Losses((1,))})
    store.write("composites", "gone", {".json": Losses((1,))})
    store.remove("composites", "gone", (".json",))
    assert not synced
    paths = [store.path("composites", *each) for each in (("k", ".png"), ("gone", ".json"))]
    sync_files(paths)  # one was removed meanwhile
    assert len(synced) == 2  # the other, and the folder with its name


def test_removing_a_missing_file_is_no_error(store):
    store.remove("composites", "k", (".png",))
    assert store.sizes("composites") == {}


def test_an_object_store_works_the_same():
    store = Store(UPath("memory://nst-test-store"))
    written = store.write("composites", "k", {".png": data.chelsea()})
    assert written.path == "artifacts/composites/k.png"
    assert store.sizes("composites") == {"k.png": written.size_bytes}
