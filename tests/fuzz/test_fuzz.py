"""Whatever the files are, a scan accounts for each, in bounded time and memory.

A round of each kind runs with all tests; `make fuzz` runs many.
"""

import io
import resource
import time
from pathlib import Path

import numpy as np
import pytest
from upath import UPath

from nst_pipeline.errors import NstError
from nst_pipeline.settings import IngestSettings, load_settings
from nst_pipeline.storage.inbox import Scan, scan
from nst_pipeline.storage.inbox_index import InboxIndex, load_index, save_index
from nst_pipeline.storage.sidecars.files import sidecar_detections, sidecar_placements
from nst_pipeline.storage.sidecars.placements import parse_placements
from nst_pipeline.vision.images.codecs import decode_alpha, decode_photo
from nst_pipeline.vision.images.header import check_photo
from tests.fuzz.mutations import (
    PHOTO,
    hostile_json,
    hostile_name,
    hostile_rows,
    mutated,
    seeds,
)
from tests.vision.images.test_phones import HEIC

SECONDS, BYTES = 10, 1_500_000_000
COCO = {
    "images": [{"id": 1, "file_name": "cup.jpg", "width": 128, "height": 96}],
    "categories": [{"id": 1, "name": "cup"}],
    "annotations": [
        {
            "image_id": 1,
            "category_id": 1,
            "bbox": [10, 12, 40, 50],
            "segmentation": [[10, 12, 50, 12, 50, 60]],
            "attributes": {"height_m": 0.1},
        },
        {"image_id": 1, "segmentation": {"counts": [3, 128 * 96 - 3], "size": [96, 128]}},
        {"image_id": 1, "iscrowd": 1, "segmentation": {"counts": "04:PP", "size": [96, 128]}},
    ],
}
PLACEMENTS = [{"sticker": "cup.jpg", "x": 1, "y": 2, "width": 10, "height": 20, "flip": True}]
SIDECARS = {
    "annotations.json": lambda random: hostile_json(COCO, random),
    "cup.coco.json": lambda random: hostile_json(COCO, random),
    "boxes.csv": hostile_rows,
    "cup.mask.png": lambda random: mutated(seeds()["color.png"], random),
    "cup.placements.json": lambda random: hostile_json(PLACEMENTS, random),
}
SETTINGS = '[ingest]\nmax_megapixels = 50\n[detection]\nmethods = ["sidecar"]\nmin_score = 0.3\n'


@pytest.fixture(autouse=True)
def bounded():
    """Fail where a test takes more memory than any file may."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown * 1024 < BYTES


def _scanned(folder: Path) -> Scan:
    """Scan a folder, check that it took no longer than allowed, and that the index is kept."""
    began = time.monotonic()
    found = scan(UPath(folder), InboxIndex(), IngestSettings())
    count = max(1, len(found.index.photos) + len(found.index.unreadable))
    assert time.monotonic() - began < SECONDS * count
    file = UPath(folder / ".index")
    save_index(file, found.index)
    assert load_index(file) == found.index
    return found


@pytest.mark.parametrize("name", seeds())
def test_mutated_photos_are_read_or_refused(name, rounds, random, tmp_path):
    for number in range(rounds * 10):
        (tmp_path / f"{number}-{name}").write_bytes(mutated(seeds()[name], random))
    index = _scanned(tmp_path).index
    accounted = {each.path for each in (*index.photos.values(), *index.unreadable)}
    assert accounted == {each.name for each in tmp_path.iterdir() if each.name[0] != "."}
    for each in index.photos.values():
        data, began = (tmp_path / each.path).read_bytes(), time.monotonic()
        try:
            photo = decode_photo(data, name=each.path, max_megapixels=100)
            alpha = decode_alpha(data)
        except NstError as error:
            assert each.path in str(error) or "damaged" in str(error)
        else:
            assert photo.dtype == np.uint8 and photo.ndim == 3
            assert alpha is None or alpha.shape == photo.shape[:2]
        assert time.monotonic() - began < SECONDS


def test_mutated_photos_of_phones_are_read_or_refused(rounds, random):
    """Each costs a process, so there are fewer."""
    for _ in range(rounds * 3):
        data, began = mutated(HEIC, random), time.monotonic()
        try:
            check_photo(io.BytesIO(data), max_megapixels=100)
            assert decode_photo(data, name="phone", max_megapixels=100).ndim == 3
        except NstError as error:
            assert str(error).isprintable()
        assert time.monotonic() - began < 3 * SECONDS


@pytest.mark.parametrize("name", SIDECARS)
def test_hostile_sidecars_are_read_or_refused(name, rounds, random, tmp_path):
    height, width = PHOTO.shape[:2]
    for number in range(rounds * 10):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "cup.jpg").write_bytes(seeds()["progressive.jpg"])
        (folder / name).write_bytes(SIDECARS[name](random))
        (photo,) = _scanned(folder).index.photos.values()
        try:
            found = sidecar_detections(UPath(folder), "cup.jpg", photo.parts, width, height)
            placements = sidecar_placements(UPath(folder), photo.parts)
            if placements is not None:
                parse_placements(placements)
        except NstError as error:
            # The name of the folder is the tester's own.
            assert name in str(error) or "placements" in str(error)
            continue
        for each in found:
            assert each.box.clipped(width, height) == each.box and each.box.width > 0
            assert each.mask is None or each.mask.shape == (height, width)
            assert each.label.isprintable()


def test_hostile_names_are_accounted_for(rounds, random, tmp_path):
    data, written = seeds()["progressive.jpg"], set()
    for suffix in [".jpg", ".JPG", ".mask.png", ".coco.json", ".boxes.csv"] * rounds * 12:
        name = hostile_name(random, suffix)
        (tmp_path / name).write_bytes(data)
        written.add(name)
    index = _scanned(tmp_path).index
    photos = {each.path for each in index.photos.values()}
    assert photos == {name for name in written if name.lower().endswith(".jpg")}
    named = {each.path for each in index.unmatched}
    assert {name for name in named & photos if len(name.encode()) <= 239 + len(".jpg")} == set()
    assert named - photos <= written - photos


def test_hostile_settings_are_read_or_refused(rounds, random, tmp_path, monkeypatch):
    for _ in range(rounds * 10):
        (tmp_path / "nst.toml").write_bytes(mutated(SETTINGS.encode(), random))
        try:
            load_settings(UPath(tmp_path))
        except NstError as error:
            assert "nst.toml" in str(error)
