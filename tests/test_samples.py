import subprocess
import sys
from pathlib import Path

from upath import UPath

from nst_pipeline.samples import write_samples
from nst_pipeline.settings import IngestSettings
from nst_pipeline.storage.inbox import scan
from nst_pipeline.storage.inbox_index import InboxIndex


def test_both_inboxes_get_usable_photos(tmp_path: Path) -> None:
    written = write_samples(UPath(tmp_path))
    for inbox in ("objects", "scenes"):
        found = scan(UPath(tmp_path / inbox), InboxIndex(), IngestSettings())
        assert len(found.index.photos) >= 4
        assert not found.index.unreadable
        assert {tmp_path / inbox / photo.path for photo in found.index.photos.values()} <= set(
            written
        )


def test_every_photo_is_credited(tmp_path: Path) -> None:
    written = write_samples(UPath(tmp_path))
    text = (tmp_path / "SAMPLES.txt").read_text("utf-8")
    assert [path for path in written if str(path.relative_to(tmp_path)) not in text] == []


def test_a_second_call_writes_only_what_is_missing(tmp_path: Path) -> None:
    first = write_samples(UPath(tmp_path))
    (tmp_path / "objects/flower.jpg").write_bytes(b"mine")
    (tmp_path / "objects/astronaut.png").unlink()
    assert len(first) >= 8
    assert write_samples(UPath(tmp_path)) == [tmp_path / "objects/astronaut.png"]
    assert (tmp_path / "objects/flower.jpg").read_bytes() == b"mine"


def test_the_packages_are_not_imported(tmp_path: Path) -> None:
    code = (
        "import sys, upath; from nst_pipeline.samples import write_samples;"
        "write_samples(upath.UPath(sys.argv[1]));"
        "assert not {'skimage', 'sklearn', 'tensorflow'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
