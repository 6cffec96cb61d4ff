"""A small collection of real photos, made once and copied for each test that changes it."""

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import cv2
import dagster as dg
import pytest
from filelock import FileLock
from skimage import data
from sklearn.datasets import load_sample_image
from sqlalchemy import Engine, event
from upath import UPath

from nst_pipeline.definitions import definitions_with
from nst_pipeline.defs.jobs import JOBS
from nst_pipeline.defs.runs.inboxes import scan_inboxes
from nst_pipeline.defs.runs.update import RunResult, update
from nst_pipeline.pipeline.engine.workspace import Workspace, open_workspace
from nst_pipeline.vision.images.codecs import encode_jpeg

# Three object photos are too few to split: every scene may use every sticker.
PLAUSIBLE = "min_plausibility = 0.01"
SETTINGS = f"""
[placement]
cut_objects = true
min_sticker_px = 0
{PLAUSIBLE}
same_split = false

[recipes]
left_side = 192
right_side = 128

[vgg19]
weights = "missing.h5"
"""


def write_photo(path: Path, picture, side: int = 320) -> None:
    scale = side / max(picture.shape[:2])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_jpeg(small))


@dataclass
class Collection:
    """A data root and a Dagster instance, as `nst run` sees them."""

    root: Path
    home: Path

    @classmethod
    def inside(cls, folder: Path) -> Self:
        return cls(folder / "data", folder / "home")

    def copy(self, folder: Path) -> Self:
        copied = self.inside(folder)
        shutil.copytree(self.root, copied.root)
        shutil.copytree(self.home, copied.home)
        return copied

    def open(self) -> Workspace:
        return open_workspace(UPath(self.root))

    def instance(self) -> dg.DagsterInstance:
        return dg.DagsterInstance.local_temp(str(self.home))

    def update(self) -> list[RunResult]:
        workspace, definitions = self.open(), self.definitions()
        with pytest.MonkeyPatch.context() as patch, self.instance() as instance:
            patch.setenv("NST_DATA", str(self.root))
            scan_inboxes(workspace, instance)
            return update(
                workspace, instance, lambda phase: definitions.resolve_job_def(JOBS[phase].name)
            )

    def definitions(self) -> dg.Definitions:
        """What a process loads that starts now."""
        return definitions_with(self.open().settings)

    def job(self, phase: str) -> dg.JobDefinition:
        return self.definitions().resolve_job_def(JOBS[phase].name)

    def rows(self, asset: str):
        return self.open().catalog.latest(asset)


@event.listens_for(Engine, "connect")
def _leave_writing_to_the_system(connection: object, _record: object) -> None:
    """Let no commit of Dagster's wait for the disk: no test cuts the power."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous = OFF")


def _make(folder: Path) -> Collection:
    collection = Collection.inside(folder)
    collection.home.mkdir(parents=True)
    write_photo(collection.root / "objects/cat.jpg", data.chelsea())
    write_photo(collection.root / "objects/사진 1.jpg", data.coffee())
    write_photo(collection.root / "objects/people/astronaut.jpg", data.astronaut())
    write_photo(collection.root / "scenes/temple.jpg", load_sample_image("china.jpg"))
    write_photo(collection.root / "scenes/a_b.jpg", data.rocket())
    write_photo(collection.root / "scenes/a/b.jpg", load_sample_image("flower.jpg"))
    (collection.root / "nst.toml").write_text(SETTINGS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_DISABLE_TELEMETRY", "yes")
        ran = collection.update()
    assert [run.error for run in ran if not run.success] == []
    return collection


@pytest.fixture(scope="session")
def made(tmp_path_factory, worker_id) -> Collection:
    """A complete collection. Tests must not change it."""
    own = tmp_path_factory.getbasetemp()
    if worker_id == "master":
        return _make(own / "made")
    # The first worker of pytest-xdist that needs it makes it; each has a copy of its own.
    shared = own.parent / "made"
    with FileLock(f"{shared}.lock"):
        if not (shared / "complete").exists():
            shutil.rmtree(shared, ignore_errors=True)
            _make(shared)
            (shared / "complete").touch()
    return Collection.inside(shared).copy(own / "made")


@pytest.fixture
def copy_of(tmp_path, monkeypatch) -> Callable[[Collection], Collection]:
    """Copy a collection for one test, and let `NST_DATA` name the copy."""

    def copy_of(collection: Collection) -> Collection:
        copied = collection.copy(tmp_path)
        monkeypatch.setenv("NST_DATA", str(copied.root))
        return copied

    return copy_of


@pytest.fixture
def collection(made, copy_of) -> Collection:
    """A copy of it that a test may change."""
    return copy_of(made)
