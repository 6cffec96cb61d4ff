"""An export to a URL writes what changed, and nothing that is not its own."""

import json

import pytest
from upath import UPath

from nst_pipeline.errors import NstError, StorageError
from nst_pipeline.publish.export import Exported, write_export
from nst_pipeline.publish.export.content import MANIFEST, Content, Rendered
from nst_pipeline.storage.data_root import root_at
from nst_pipeline.storage.files import write_atomically
from tests.object_server import Fault


@pytest.fixture
def folder(root) -> UPath:
    return root_at("s3://bucket/exports/yolo")


@pytest.fixture
def files(root) -> dict[str, Content]:
    write_atomically(root / "artifacts/harmonized/a.png", b"picture")
    return {
        "images/train/a.png": root / "artifacts/harmonized/a.png",
        "labels/train/a.txt": b"0 0.5 0.5 1 1",
        "data.yaml": Rendered(lambda: "1", lambda path: path.write_bytes(b"names:")),
    }


def content_of(folder: UPath) -> dict[str, bytes]:
    top = f"{folder.path}/"
    found = {name.removeprefix(top): folder.fs.cat_file(name) for name in folder.fs.find(top)}
    return {name: data for name, data in found.items() if name != MANIFEST}


def test_an_export_writes_what_changed_and_removes_what_is_gone(folder, files, root):
    assert write_export(folder, files) == Exported(written=3, kept=0, removed=0)
    expected = {
        "images/train/a.png": b"picture",
        "labels/train/a.txt": b"0 0.5 0.5 1 1",
        "data.yaml": b"names:",
    }
    assert content_of(folder) == expected
    assert write_export(folder, files) == Exported(written=0, kept=3, removed=0)
    write_atomically(root / "artifacts/harmonized/a.png", b"PICTURE")
    del files["labels/train/a.txt"]
    assert write_export(folder, files) == Exported(written=1, kept=1, removed=1)
    assert content_of(folder) == {"images/train/a.png": b"PICTURE", "data.yaml": b"names:"}


def test_objects_that_no_export_wrote_or_that_were_changed_stay(folder, files):
    write_atomically(folder / "data.yaml", b"mine")
    with pytest.raises(NstError, match=r"exports/yolo/data.yaml is in the way \(1 files"):
        write_export(folder, files)
    assert content_of(folder) == {"data.yaml": b"mine"}
    (folder / "data.yaml").unlink()
    write_export(folder, files)
    write_atomically(folder / "data.yaml", b"mine!!")
    with pytest.raises(NstError, match="is in the way"):
        write_export(folder, files)
    assert write_export(folder, {}).removed == 2
    assert content_of(folder) == {"data.yaml": b"mine!!"}


def test_an_export_that_broke_off_is_continued(folder, files, server):
    server.fail(Fault(403, "AccessDenied", matching="data.yaml"))
    with pytest.raises(StorageError, match="permission"):
        write_export(folder, files)
    server.fail(Fault(503, "SlowDown", times=0))
    assert write_export(folder, files) == Exported(written=1, kept=2, removed=0)
    (folder / "images/train/a.png").unlink()
    write_atomically(folder / MANIFEST, json.dumps({"data.yaml": "unfinished"}).encode())
    with pytest.raises(NstError, match=r"labels/train/a\.txt is in the way"):
        write_export(folder, files)


def test_a_list_that_is_damaged_is_one_line(folder, files):
    write_atomically(folder / MANIFEST, b"[1")
    with pytest.raises(NstError, match=r"is damaged .*: delete it, or export into another folder"):
        write_export(folder, files)
