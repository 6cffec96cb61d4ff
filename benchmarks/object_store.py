"""Measure what a collection costs in an object store on this machine, against one on its disk.

    python benchmarks/object_store.py [--scenes 40] [--objects 16] [--side 512] [--rounds 2]

The same generated photos go through `nst run`, without VGG19, once from the disk and once from
`tests/object_server.py`: rclone, and the server before it that checks conditions. The next round
takes them in the opposite order, so that noise affects both alike. What a machine keeps of a store
on its disk (`run.cache_gb`) is empty at the start of each run.

The table has wall time, the processor's time of `nst run` and of the server, and the number of
requests. The last line is JSON with the ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from generated_photos import write_collection
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.object_server import object_server

_SETTINGS = """
[vgg19]
weights = 'missing.h5'

[placement]
min_plausibility = 0.0
min_sticker_px = 0
min_height_fraction = 0.01
"""
_NST = str(Path(sys.executable).with_name("nst"))


@dataclass
class Cost:
    """What runs took, all together."""

    wall: list[float] = field(default_factory=list)
    """Seconds, run by run."""
    client: float = 0.0
    """The processor's seconds in `nst run`."""
    server: float = 0.0
    """The processor's seconds in the server."""
    requests: int = 0
    load: list[float] = field(default_factory=list)
    """Load of the machine in the last minute of each run."""


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _run(folder: Path, data: str, environment: dict[str, str], cost: Cost) -> None:
    home = folder / "home"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    own = {"NST_DATA": data, "NST_CACHE": str(folder / "kept"), "DAGSTER_HOME": str(home)}
    started, used = time.perf_counter(), _children()
    done = subprocess.run(
        [_NST, "run"],
        env=os.environ | environment | own,
        capture_output=True,
        text=True,
        check=False,
    )
    cost.wall.append(time.perf_counter() - started)
    cost.client += _children() - used
    cost.load.append(os.getloadavg()[0])
    if done.returncode:
        raise SystemExit(f"nst run failed: {done.stderr}")


def on_disk(scenes: int, objects: int, side: int, cost: Cost) -> None:
    """Make a collection on the disk."""
    with tempfile.TemporaryDirectory() as name:
        data = Path(name, "data")
        write_collection(data, scenes, objects, side)
        (data / "nst.toml").write_text(_SETTINGS)
        _run(Path(name), str(data), {}, cost)


def in_store(scenes: int, objects: int, side: int, cost: Cost) -> None:
    """Make a collection in an object store."""
    with tempfile.TemporaryDirectory() as name:
        data = Path(name, "served/bucket/data")
        write_collection(data, scenes, objects, side)
        (data / "nst.toml").write_text(_SETTINGS)
        used, client = _children(), cost.client
        with object_server(Path(name, "served")) as server:
            _run(Path(name), "s3://bucket/data", server.environment, cost)
            cost.requests += server.requests().total()
        cost.server += _children() - used - (cost.client - client)


def main() -> None:
    """Print the table, and the ratios as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--scenes", type=int, default=40)
    parser.add_argument("--objects", type=int, default=16, help="object photos")
    parser.add_argument("--side", type=int, default=512, help="the photos' width, pixels")
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    disk, store = Cost(), Cost()
    ways = [(on_disk, disk), (in_store, store)]
    for number in range(given.rounds):
        for measure, cost in ways[:: -1 if number % 2 else 1]:
            measure(given.scenes, given.objects, given.side, cost)
            print(
                f"{measure.__name__}: {cost.wall[-1]:.1f} s, load {cost.load[-1]:.1f}", flush=True
            )
    table = Table("", "wall s", "nst CPU s", "server CPU s", "requests", "load")
    for name, cost in (("disk", disk), ("store", store)):
        walls, loads = (", ".join(f"{x:.1f}" for x in each) for each in (cost.wall, cost.load))
        table.add_row(
            name, walls, f"{cost.client:.1f}", f"{cost.server:.1f}", str(cost.requests), loads
        )
    Console(width=110).print(table)
    figures = {
        "store_over_disk_wall": sum(store.wall) / sum(disk.wall),
        "store_over_disk_cpu": (store.client + store.server) / disk.client,
        "store_over_disk_client_cpu": store.client / disk.client,
    }
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
