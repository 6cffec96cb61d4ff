"""Objects are read, written and listed as files are."""

import os
import threading

import numpy as np
import pytest

from nst_pipeline.errors import StorageError
from nst_pipeline.settings import IngestSettings
from nst_pipeline.storage.catalog import Catalog, Row
from nst_pipeline.storage.files import sizes_in, write_atomically
from nst_pipeline.storage.inbox import scan
from nst_pipeline.storage.inbox_index import InboxIndex, load_index, save_index
from nst_pipeline.storage.review import Entry, append_entry, read_review
from nst_pipeline.storage.store import Pieces, Store
from nst_pipeline.vision.images.png import encode_png
from tests.object_server import Fault


def photo(value: int) -> bytes:
    return encode_png(np.full((8, 8, 3), value, np.uint8))


def test_an_artifact_is_written_read_and_removed(root):
    store = Store(root)
    store.write("stickers", "cat-1a", {".png": b"picture", ".json": b"record"})
    assert store.read("stickers", "cat-1a", ".png") == b"picture"
    assert store.sizes("stickers") == {"cat-1a.png": 7, "cat-1a.json": 6}
    assert store.sizes("stickers", ["cat-1a.json"]) == {"cat-1a.json": 6}
    store.remove("stickers", "cat-1a", (".png", ".json"))
    assert store.sizes("stickers") == {}
    with pytest.raises(FileNotFoundError, match="s3://bucket/data/artifacts/stickers"):
        store.read("stickers", "cat-1a", ".png")


def test_a_large_object_is_uploaded_in_parts(root, server):
    content = os.urandom(12_000_000)
    write_atomically(root / "large.bin", content)
    assert server.requests()["POST"] == 2, "one request begins the upload, another one ends it"
    assert (root / "large.bin").read_bytes() == content


def test_a_large_artifact_is_uploaded_in_parts_and_removed_with_the_others(root, server):
    store, piece = Store(root), os.urandom(1_000_000)
    pieces = Pieces(lambda file: [file.write(piece) for _ in range(12)])
    server.requests()
    written = store.write("dataset", "ALL", {".bin": pieces, ".png": piece * 12})
    assert server.requests() == {"POST": 4, "PUT": 6}
    assert store.digest("dataset", "ALL", written.files) == written.digest
    assert written.size_bytes == 24_000_000


def test_an_upload_that_breaks_off_leaves_what_was_there(root, server):
    write_atomically(root / "large.bin", b"before")
    server.fail(Fault(403, "AccessDenied", matching="partNumber=2"))
    with pytest.raises(StorageError, match="permission"):
        write_atomically(root / "large.bin", bytes(12_000_000))
    assert (root / "large.bin").read_bytes() == b"before"


def test_an_object_appears_only_if_its_block_ends_well(root):
    with pytest.raises(KeyError), (root / "half.txt").open("wb") as file:
        file.write(b"half")
        raise KeyError
    assert not (root / "half.txt").exists()


def test_a_listing_costs_a_request_for_a_thousand_objects(root, server):
    for number in range(2500):
        write_atomically(root / f"objects/{number:04d}.json", b"{}")
    server.requests()
    sizes = sizes_in(root / "objects")
    assert len(sizes) == 2500 and server.requests().total() <= 5
    server.requests()
    some = [f"{number:04d}.json" for number in range(1200, 1300)]
    assert sizes_in(root / "objects", some).keys() >= set(some)
    assert server.requests().total() == 1


def test_a_scan_reads_what_is_new_or_changed_by_its_etag(root, server):
    inbox = root / "objects"
    for name, value in {"cat.png": 10, "a/cup.png": 20, ".hidden.png": 30}.items():
        write_atomically(inbox / name, photo(value))
    write_atomically(inbox / "boxes.csv", b"image,x,y,width,height\ncat.png,1,1,4,4\n")
    first = scan(inbox, InboxIndex(), IngestSettings())
    assert {each.path for each in first.index.photos.values()} == {"cat.png", "a/cup.png"}
    save_index(root / "index.parquet", first.index)
    known = load_index(root / "index.parquet")
    assert known == first.index
    server.requests()
    assert scan(inbox, known, IngestSettings()).index == known
    assert server.requests() == {"GET": 1}, "a listing says that nothing has changed"
    assert len(photo(10)) == len(photo(11))
    write_atomically(inbox / "cat.png", photo(11))
    assert scan(inbox, known, IngestSettings()).changed == (first.new[-1],)


def test_a_sidecar_of_the_same_size_counts_as_changed(root):
    inbox = root / "objects"
    write_atomically(inbox / "cat.png", photo(10))
    write_atomically(inbox / "boxes.csv", b"image,x,y,width,height\ncat.png,1,1,4,4\n")
    first = scan(inbox, InboxIndex(), IngestSettings())
    write_atomically(inbox / "boxes.csv", b"image,x,y,width,height\ncat.png,2,2,4,4\n")
    assert scan(inbox, first.index, IngestSettings()).changed == first.new


def test_rows_of_two_writers_at_the_same_time_are_all_kept(root, server):
    def write(number: int) -> None:
        catalog = Catalog(root)
        for turn in range(5):
            catalog.append([Row("stickers", f"{number}-{turn}", "ok", fingerprint="f" * 64)])

    write(0)
    threads = [threading.Thread(target=write, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = {f"{number}-{turn}" for number in range(3) for turn in range(5)}
    assert Catalog(root).latest("stickers").keys() == expected


def test_decisions_of_two_writers_at_the_same_time_are_all_kept(root):
    def decide(scene: str) -> None:
        for _ in range(5):
            append_entry(root, Entry(scene=scene, kind="approved"))

    threads = [threading.Thread(target=decide, args=(scene,)) for scene in ("barn", "lake")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_review(root).entries) == 10
