"""Measure what a large collection costs while little or nothing in it is new; print one table.

    python benchmarks/collection.py [--images 100000] [--folder DIR]

The benchmark generates small photos that all differ, four fifths of them scenes, in folders of a
thousand. The sensor's ticks find them, through a Dagster instance on SQLite, until all are
registered; above 100,000 photos, a partition is a batch of them. Then the benchmark fills the
catalog with a row for every artifact, by the real plan, as if everything had been made (no
pictures: planning does not read them), and measures ticks with nothing new, with 1,000 new scenes,
and with these deleted. A tick with something new ends when its runs are created. Last, it measures
lineage queries on a table that the weekly maintenance sorted.

With --folder, photos and catalog are kept; the next call with the same folder uses them, and does
not measure the first scan.

    first_scan_s     all ticks until every photo is a partition and the first runs are requested
    idle_tick_s      median of three ticks with nothing new
    tick_1000_new_s  one tick that finds, registers and launches 1,000 new scenes
    peak_rss_mb      peak memory of the process that evaluates the ticks and the queries

Each is wall time; beside it, the table has the processor's time, which is more reliable where other
programs run. The last line is JSON with these four.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import multiprocessing
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import cv2
import dagster as dg
import numpy as np
from rich.console import Console
from rich.table import Table
from upath import UPath

from nst_pipeline.definitions import defs
from nst_pipeline.defs.resources import CollectionResource
from nst_pipeline.defs.sensors import inbox_sensor
from nst_pipeline.pipeline.engine.asset import Asset
from nst_pipeline.pipeline.engine.partitioning import partition_finder
from nst_pipeline.pipeline.engine.plan import Plan, plan_asset
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.engine.workspace import Workspace, open_workspace
from nst_pipeline.pipeline.steps import ASSETS
from nst_pipeline.pipeline.steps.sticker_library import library_table, sticker_library
from nst_pipeline.pipeline.steps.stickers import sticker_id, stickers
from nst_pipeline.pipeline.upkeep.stale import stale_artifacts, stale_artifacts_of
from nst_pipeline.publish.dataset import parquet_bytes
from nst_pipeline.storage.artifact_files import LIBRARY_TABLE
from nst_pipeline.storage.catalog import Row
from nst_pipeline.storage.files import write_atomically
from nst_pipeline.storage.keys import ALL, partition_key
from nst_pipeline.storage.lineage import Lineage
from nst_pipeline.storage.records import StickerRecord, Stickers, dump_record
from nst_pipeline.storage.store import sha256

FOLDER = 1000
"""Photos in a folder."""
NEW = 1000
_MOST_IMAGES_AS_PARTITIONS = 100_000
"""Dagster's documented limit of partitions."""
BLOCK = 20_000
"""Rows in a commit when the catalog is filled."""


def write_photos(inbox: Path, first: int, last: int) -> list[Path]:
    """Write JPEG files of 64 x 48 pixels, each in different colors."""
    ramp = np.add.outer(np.arange(48), np.arange(64)).astype(np.uint8)
    paths = []
    for number in range(first, last):
        path = inbox / f"{number // FOLDER:04d}/photo {number:06d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        colors = [number % 251, number // 251 % 251, number // 63001 % 251]
        photo = ramp[..., None] // 4 + np.array(colors, np.uint8)
        path.write_bytes(cv2.imencode(".jpg", photo)[1].tobytes() + number.to_bytes(4, "big"))
        paths.append(path)
    return paths


def sticker_record(key: str, path: str) -> Stickers:
    """Return what the asset `stickers` would record about a photo."""
    record = StickerRecord(
        sticker=sticker_id(key, 0),
        label="thing",
        source="objects",
        score=0.5,
        quality=0.8,
        lab=(50.0, 0.0, 0.0),
        cut_by=(),
        box=(4, 4, 30, 30),
        photo=path,
        photo_digest=sha256(path.encode()),
        photo_size=(64, 48),
    )
    return Stickers((record,))


def _rows(asset: Asset, plan: Plan) -> Iterator[Row]:
    for due in plan.due:
        yield Row(
            asset.name,
            due.key,
            "ok",
            due.fingerprint,
            path=f"artifacts/{asset.name}/{due.key}.png",
            files=(".png", ".json"),
            size_bytes=20_000,
            digest=sha256(f"{asset.name} {due.key}".encode()),
            inputs=due.inputs,
            settings=plan.settings_json,
            code_version=asset.code_version,
            models=plan.models,
            run_id=f"run {hash(due.key) % 200}",
            seconds=0.5,
            figures={"naturalness": 0.5},
        )


def fill(root: str) -> None:
    """Catalog everything as made, asset by asset, following the real plan."""
    workspace = open_workspace(UPath(root))
    for asset in ASSETS:
        snapshot = Snapshot(workspace)
        if asset is stickers:
            for key, photo in workspace.index("objects").photos.items():
                record = dump_record(sticker_record(key, photo.path))
                write_atomically(workspace.store.path(asset.name, key, ".json"), record, sync=False)
        if asset is sticker_library:
            table = parquet_bytes(library_table(snapshot))
            write_atomically(workspace.store.path(asset.name, ALL, LIBRARY_TABLE), table)
        rows = _rows(asset, plan_asset(snapshot, asset, snapshot.keys(asset), files=False))
        while block := list(itertools.islice(rows, BLOCK)):
            workspace.catalog.append(block)
    workspace.catalog.maintain(timedelta(days=7))


@dataclass
class Figures:
    """What was measured: wall and processor seconds by name, and other numbers."""

    seconds: dict[str, tuple[float, float]] = field(default_factory=dict)
    numbers: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def measured(self, name: str) -> Iterator[None]:
        """Measure what is done meanwhile; more of the same name is added."""
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        before = self.seconds.get(name, (0.0, 0.0))
        took = time.perf_counter() - wall, time.process_time() - cpu
        self.seconds[name] = before[0] + took[0], before[1] + took[1]


class Sensor:
    """The collection's sensor, tick after tick, as the daemon would evaluate it."""

    def __init__(self, root: Path, instance: dg.DagsterInstance) -> None:
        self._root, self._instance, self._cursor = root, instance, None
        self.run_requests: list[dg.RunRequest] = []
        self.skip_message = ""

    def tick(self) -> None:
        """Evaluate the sensor once."""
        context = dg.build_sensor_context(
            instance=self._instance,
            cursor=self._cursor,
            resources={"collection": CollectionResource(data=str(self._root))},
        )
        result: Any = inbox_sensor(context)
        self._cursor = getattr(result, "cursor", self._cursor)
        self.run_requests = list(getattr(result, "run_requests", None) or [])
        skipped = getattr(result, "skip_reason", None) or result
        self.skip_message = str(getattr(skipped, "skip_message", ""))

    def launch(self) -> list[dg.DagsterRun]:
        """Create the requested runs."""
        return [
            self._instance.create_run_for_job(
                defs.resolve_job_def(str(request.job_name)), tags=dict(request.tags)
            )
            for request in self.run_requests
        ]


def _scan(sensor: Sensor, figures: Figures) -> None:
    ticks, pending = 0, True
    while pending:
        with figures.measured("first scan"):
            sensor.tick()
        ticks, pending = ticks + 1, "still to be read" in sensor.skip_message
    figures.numbers["ticks of the first scan"] = ticks
    figures.numbers["runs requested by the first scan"] = len(sensor.run_requests)


def _measure_queries(workspace: Workspace, figures: Figures) -> None:
    """Time lineage queries, each on a newly opened catalog."""
    scene, sticker = (next(iter(workspace.index(c).photos)) for c in ("scenes", "objects"))
    queries: dict[str, Callable[[Lineage], object]] = {
        "ancestors of this result": lambda lineage: lineage.ancestors("harmonized", scene),
        "made from this photo": lambda lineage: lineage.descendants([("object_photos", sticker)]),
        "uses this sticker": lambda lineage: lineage.children([("stickers", sticker)]),
        "made with these weights": lambda lineage: lineage.descendants([("models", "magenta")]),
    }
    with figures.measured("query: why is this photo stale"):
        stale_artifacts_of(open_workspace(workspace.root), "scenes", scene)
    with figures.measured("query: all that is stale"):
        list(stale_artifacts(open_workspace(workspace.root)))
    for name, query in queries.items():
        with figures.measured(f"query: {name}"):
            query(Lineage(open_workspace(workspace.root).catalog))


def _make(root: Path, images: int, sensor: Sensor, figures: Figures) -> None:
    """Generate the photos, scan them, and fill the catalog."""
    if images > _MOST_IMAGES_AS_PARTITIONS:
        (root / "nst.toml").write_text('[run]\npartitioning = "batch"\n')
    with figures.measured("photos generated"):
        write_photos(root / "objects", 0, images // 5)
        write_photos(root / "scenes", images // 5, images)
    _scan(sensor, figures)
    with figures.measured("catalog filled"):
        filling = multiprocessing.get_context("spawn").Process(target=fill, args=(str(root),))
        filling.start()
        filling.join()
    if filling.exitcode:
        raise SystemExit("the catalog could not be filled")


def _measure_ticks(
    root: Path, images: int, sensor: Sensor, instance: dg.DagsterInstance, figures: Figures
) -> None:
    with figures.measured("tick after everything was made (plans everything)"):
        sensor.tick()
    if sensor.skip_message != "everything is up to date":
        requests = sensor.run_requests[:3]
        raise SystemExit(f"the plan is not empty: {sensor.skip_message} {requests}")
    for number in range(3):
        with figures.measured(f"tick with nothing new, {number + 1}"):
            sensor.tick()
    new = write_photos(root / "scenes", images, images + NEW)
    with figures.measured(f"tick with {NEW} new scenes"):
        sensor.tick()
        runs = sensor.launch()
    _check_launched(sensor, instance, root, new)
    for run in runs:
        instance.delete_run(run.run_id)
    for path in new:
        path.unlink()
    with figures.measured(f"tick with these {NEW} deleted (plans everything)"):
        sensor.tick()


def measure(root: Path, images: int) -> Figures:
    """Measure all figures."""
    figures, home = Figures(), root / "home"
    home.mkdir(parents=True, exist_ok=True)
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        sensor = Sensor(root, instance)
        if not (root / "catalog/artifacts").exists():
            _make(root, images, sensor, figures)
        figures.numbers["rows in the catalog"] = sum(
            len(open_workspace(UPath(root)).index(asset.inbox).photos)
            for asset in ASSETS
            if asset.inbox
        )
        _measure_ticks(root, images, sensor, instance, figures)
        figures.numbers["peak of the ticks, MB"] = _peak_mb()
        _measure_queries(open_workspace(UPath(root)), figures)
    figures.numbers["peak, MB"] = _peak_mb()
    return figures


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _check_launched(
    sensor: Sensor, instance: dg.DagsterInstance, root: Path, new: list[Path]
) -> None:
    """Exit unless the new scenes have partitions, and few runs are requested for them."""
    workspace = open_workspace(UPath(root))
    partition = partition_finder(workspace, "scenes")
    keys = (partition_key(str(path.relative_to(root / "scenes"))) for path in new)
    if not {partition(key) for key in keys} <= set(instance.get_dynamic_partitions("scenes")):
        raise SystemExit("a new scene has no partition")
    most = NEW // workspace.settings.run.images_per_run + 2
    names = [request.job_name for request in sensor.run_requests]
    if set(names) != {"scenes_job"} or len(names) > most:
        raise SystemExit(f"not a few runs for the new scenes: {sensor.run_requests}")


def _print(figures: Figures) -> None:
    table = Table("what", title="A large collection", title_justify="left")
    for name in ("wall, s", "processor, s"):
        table.add_column(name, justify="right")
    for name, seconds in figures.seconds.items():
        table.add_row(name, *(f"{each:,.1f}" for each in seconds))
    for name, number in figures.numbers.items():
        table.add_row(name, f"{number:,.0f}")
    Console(width=100).print(table)


def _summary(figures: Figures) -> dict[str, float]:
    wall = {name: seconds[0] for name, seconds in figures.seconds.items()}
    idle = [value for name, value in wall.items() if name.startswith("tick with nothing new")]
    return {
        "first_scan_s": round(wall.get("first scan", math.nan), 2),
        "idle_tick_s": round(statistics.median(idle), 2),
        "tick_1000_new_s": round(wall[f"tick with {NEW} new scenes"], 2),
        "peak_rss_mb": round(figures.numbers["peak, MB"]),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--images", type=int, default=100_000, help="photos in both inboxes")
    parser.add_argument("--folder", type=Path, help="keep photos and catalog in this folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        figures = measure(arguments.folder or Path(temporary), arguments.images)
    _print(figures)
    print(json.dumps(_summary(figures)))


if __name__ == "__main__":
    main()
