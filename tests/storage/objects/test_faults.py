"""A store that is busy, away, or set up wrongly."""

import time
from datetime import timedelta

import numpy as np
import pytest
from upath import UPath

from nst_pipeline.errors import StorageError
from nst_pipeline.settings import IngestSettings
from nst_pipeline.storage.catalog import Catalog, Row
from nst_pipeline.storage.data_root import root_at
from nst_pipeline.storage.files import write_atomically
from nst_pipeline.storage.inbox import scan
from nst_pipeline.storage.inbox_index import InboxIndex
from nst_pipeline.storage.objects import access
from nst_pipeline.storage.objects.access import check_access, client
from nst_pipeline.vision.images.png import encode_png
from tests.object_server import NEVER, Fault

ROW = Row("stickers", "cat-1a", "ok", fingerprint="f" * 64)


def photo(name: str) -> bytes:
    return encode_png(np.full((8, 8, 3), len(name) * 10 + ord(name[1]), np.uint8))


def test_a_busy_store_is_asked_again(root, server):
    server.fail(Fault(503, "SlowDown", times=3))
    write_atomically(root / "a.txt", b"a")
    server.fail(Fault(503, "SlowDown", times=3))
    Catalog(root).append([ROW])
    assert Catalog(root).latest("stickers").keys() == {"cat-1a"}


def test_a_store_that_is_away_for_seconds_is_waited_for(root, server):
    write_atomically(root / "a.txt", b"a")
    server.be_away(2.0)
    started = time.monotonic()
    assert (root / "a.txt").read_bytes() == b"a"
    assert time.monotonic() - started >= 1.0


def _refused(root: UPath) -> str:
    """What reading, writing and the catalog say, which is the same."""
    client.cache_clear()
    with pytest.raises(StorageError) as of_write:
        write_atomically(root / "a.txt", b"a")
    with pytest.raises(StorageError) as of_read:
        (root / "a.txt").read_bytes()
    with pytest.raises(StorageError) as of_row:
        Catalog(root).append([ROW])
    texts = {str(each.value).partition(": ")[2] for each in (of_write, of_read, of_row)}
    assert len(texts) == 1 and "\n" not in str(of_row.value)
    return texts.pop()


def test_wrong_credentials_are_one_line(root, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    assert "correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in _refused(root)
    check_access.cache_clear()
    with pytest.raises(StorageError, match="refuses the credentials"):
        root_at("s3://bucket/data")


def test_a_missing_bucket_is_one_line(root):
    assert "no such bucket" in _refused(UPath("s3://other/data"))
    with pytest.raises(StorageError, match="no such bucket"):
        root_at("s3://other/data")


def test_a_missing_permission_is_one_line(root, server):
    server.fail(Fault(403, "AccessDenied"))
    assert "allow these credentials to list, read, write and delete" in _refused(root)


def test_a_store_that_does_not_answer_is_one_line_within_seconds(root, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    check_access.cache_clear()
    started = time.monotonic()
    with pytest.raises(StorageError, match=r"does not answer: check its address \(AWS_"):
        root_at("s3://bucket/data")
    assert time.monotonic() - started < 20


def test_a_store_that_never_answers_is_one_line_in_bounded_time(root, server, monkeypatch):
    monkeypatch.setattr(access, "_PATIENCE", timedelta(seconds=2))  # three minutes
    monkeypatch.setattr(access, "_TIMEOUT", timedelta(seconds=1))  # half a minute
    monkeypatch.setattr(access, "_HASTY_TIMEOUT", timedelta(seconds=1))
    server.fail(Fault(NEVER, ""))
    started = time.monotonic()
    assert "the store does not answer" in _refused(root)
    check_access.cache_clear()
    with pytest.raises(StorageError, match="does not answer"):
        root_at("s3://bucket/data")
    assert time.monotonic() - started < 30


def test_a_store_that_lists_photos_late_loses_none(root, server):
    for name in ("cat", "cup"):
        write_atomically(root / f"objects/{name}.png", photo(name))
    server.hide("cup.png")
    first = scan(root / "objects", InboxIndex(), IngestSettings())
    server.hide()
    second = scan(root / "objects", first.index, IngestSettings())
    assert len(first.new) == len(second.new) == 1 and not second.deleted
    server.hide("cat.png")
    gone = scan(root / "objects", second.index, IngestSettings())
    server.hide()
    back = scan(root / "objects", gone.index, IngestSettings())
    assert tuple(gone.deleted) == back.new == first.new, "its key and artifacts are as before"


def test_a_store_that_lists_commits_late_loses_and_doubles_no_row(root, server):
    def row(number: int) -> Row:
        return Row("stickers", f"{number}", "ok", fingerprint="f" * 64)

    Catalog(root).append([row(0)])
    Catalog(root).append([row(1)])
    server.hide("00000000000000000001.json")
    catalog = Catalog(root)
    assert catalog.latest("stickers").keys() == {"0"}
    with pytest.raises(StorageError, match=r"could not be added, .* run again"):
        catalog.append([row(2)])
    server.hide()
    catalog.append([row(2)])
    table = Catalog(root).history(("key",))
    assert sorted(table["key"].to_pylist()) == ["0", "1", "2"]


def test_a_store_without_conditions_is_refused_before_the_first_row(root, server):
    server.ignore_conditions()
    with pytest.raises(StorageError, match="ignores the condition If-None-Match"):
        Catalog(root).append([ROW])
    assert not (root / "catalog").exists()


def test_a_scan_ends_instead_of_calling_photos_unreadable(root, server):
    write_atomically(root / "objects/cat.png", b"photo")
    server.fail(Fault(403, "AccessDenied", matching="cat.png"))
    with pytest.raises(StorageError, match="permission"):
        scan(root / "objects", InboxIndex(), IngestSettings())
