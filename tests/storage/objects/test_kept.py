"""A worker reads from an object store what it does not have on its own disk."""

import numpy as np
import pytest
from upath import UPath

from nst_pipeline.pipeline.engine.workspace import Workspace, open_workspace
from nst_pipeline.settings import IngestSettings, RunSettings, Settings
from nst_pipeline.storage.catalog import Catalog, Row
from nst_pipeline.storage.catalog.parts import _WHOLE_BYTES
from nst_pipeline.storage.disk_cache import NO_CACHE
from nst_pipeline.storage.files import write_atomically
from nst_pipeline.storage.inbox import scan
from nst_pipeline.storage.inbox_index import InboxIndex, save_index
from nst_pipeline.storage.records import Losses
from nst_pipeline.storage.store import Store
from nst_pipeline.vision.images.png import encode_png

PICTURE = np.full((8, 8, 3), 50, np.uint8)


@pytest.fixture
def workspace(root: UPath, tmp_path, monkeypatch) -> Workspace:
    monkeypatch.setenv("NST_CACHE", str(tmp_path / "kept"))
    return open_workspace(root)


def made(store: Store, *, value: float = 1.0) -> Row:
    """Make an artifact of two files, and describe it as the catalog does."""
    files = {".png": PICTURE, ".json": Losses((value,))}
    written = store.write("stickers", "cat-1a", files)
    return Row(
        "stickers", "cat-1a", "ok", fingerprint="f", files=written.files, digest=written.digest
    )


def test_what_a_machine_wrote_or_read_is_not_read_again(workspace, server):
    row = made(Store(workspace.root))  # on another machine
    server.requests()
    for _ in range(3):
        assert workspace.store.record(Losses, "stickers", "cat-1a", state=row) == Losses((1.0,))
        picture = workspace.store.picture("stickers", "cat-1a", ".png", keep=False, state=row)
        assert np.array_equal(picture, PICTURE)
    assert server.requests() == {"GET": 2}
    row = made(workspace.store, value=2.0)
    server.requests()
    assert workspace.store.record(Losses, "stickers", "cat-1a", state=row) == Losses((2.0,))
    assert not server.requests()


def test_files_of_a_run_that_has_not_cataloged_them_are_not_kept(workspace):
    row = made(Store(workspace.root))
    made(Store(workspace.root), value=2.0)
    assert workspace.store.record(Losses, "stickers", "cat-1a", state=row) == Losses((2.0,))
    made(Store(workspace.root))  # as the row says
    assert workspace.store.record(Losses, "stickers", "cat-1a", state=row) == Losses((1.0,))


def test_verifying_reads_the_store_itself(workspace):
    row = made(workspace.store)
    write_atomically(workspace.root / "artifacts/stickers/cat-1a.json", b"[]")
    assert workspace.store.digest("stickers", "cat-1a", row.files) != row.digest


def test_a_photo_is_kept_unless_it_changed_since_the_scan(workspace, server):
    inbox = workspace.inbox_folder("objects")
    write_atomically(inbox / "cat.png", encode_png(PICTURE))
    index = scan(inbox, InboxIndex(), IngestSettings()).index
    save_index(workspace.root / "catalog/inbox_objects.parquet", index)
    (key,) = index.photos
    write_atomically(inbox / "cat.png", b"changed")
    assert workspace.photo_bytes("objects", key) == b"changed"
    write_atomically(inbox / "cat.png", encode_png(PICTURE))
    assert workspace.photo_bytes("objects", key) == encode_png(PICTURE)
    server.requests()
    assert workspace.photo_bytes("objects", key) == encode_png(PICTURE)
    assert not server.requests()


def test_the_catalog_is_read_once_by_a_machine(workspace, server):
    for number in range(5):
        Catalog(workspace.root).append([Row("stickers", f"{number}", "ok", fingerprint="f")])
    assert len(workspace.catalog.latest("stickers")) == 5
    server.requests()
    again = Catalog(workspace.root, workspace.cache)  # the next step
    assert len(again.latest("stickers")) == 5
    assert server.requests() == {"GET": 1}, "a listing says that there is nothing new"
    now = again.at_this_moment()
    server.requests()
    again.append([Row("stickers", "new", "ok", fingerprint="f")])
    assert len(again.latest("stickers")) == 6
    server.requests()
    assert len(now.latest("stickers")) == 5 and not server.requests()


def test_another_catalog_in_the_place_of_a_removed_one_is_noticed(workspace):
    for number in range(3):
        workspace.catalog.append([Row("stickers", f"{number}", "ok", fingerprint="f")])
    folder = workspace.root / "catalog"
    folder.fs.rm(folder.path, recursive=True)
    assert workspace.catalog.latest("stickers") == {}
    workspace.catalog.append([Row("stickers", "other", "ok", fingerprint="f")])
    assert Catalog(workspace.root).latest("stickers").keys() == {"other"}


def test_of_large_objects_only_what_is_needed_is_read(root, server):
    content = bytes(range(256)) * 256
    write_atomically(root / "large", content)
    path, fs = (root / "large").path, root.fs
    opened = fs.open_ranged(path, whole_bytes=1000)
    opened.seek(1000)
    assert opened.read(10) == content[1000:1010]
    assert fs.open_ranged(path, whole_bytes=_WHOLE_BYTES) == content
    server.requests()
    assert fs.cat_file(path, 1000, 1010) == content[1000:1010]
    assert fs.cat_file(path, 65_000) == content[65_000:]
    assert fs.cat_file(path, -10) == content[-10:]
    assert fs.cat_file(path, 10, 10) == b""
    assert server.requests() == {"GET": 3}


def test_nothing_is_kept_of_a_disk_or_if_the_settings_say_so(workspace, tmp_path):
    assert open_workspace(UPath(tmp_path)).cache is NO_CACHE
    settings = Settings(run=RunSettings(cache_gb=0))
    assert not Workspace(workspace.root, settings).cache.keeps
