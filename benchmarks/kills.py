"""Kill the pipeline at random moments, and see whether anything was lost; print one table.

    python benchmarks/kills.py [--kills 30] [--by-daemon 8] [--scenes 24] [--seed 1]

Generated photos are made into composites undisturbed. A copy of them is then made under fire:
`nst run`, or Dagster's daemon with the sensor switched on, is started and after a random time
killed with SIGKILL. Of the daemon, its code server and its run's worker a random one is killed
first, and the others five seconds later. After the last kill one `nst run` makes the rest. `nst
verify` must then find nothing, every artifact have the bytes of the undisturbed run's, and every
Dagster run have ended. A few photos are added between kills, so that there is always work.

The last line is JSON: `kills`, `killed_at_work` (while a run was making something), `problems`,
`different_artifacts`, `duplicate_rows`.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

import dagster as dg
import psutil
from generated_photos import write_collection
from rich.console import Console
from rich.table import Table
from upath import UPath

from nst_pipeline.defs.runs.orphans import end_orphaned_runs
from nst_pipeline.pipeline.engine.workspace import open_workspace
from nst_pipeline.pipeline.upkeep.verify import verify

ROOT = Path(__file__).parents[1]
SIDE = 256
RUN_SECONDS, DAEMON_SECONDS = (4.0, 20.0), (25.0, 70.0)
"""When the kill comes after the start: at any time from loading to the end of the work."""
SETTINGS = "[recipes]\nleft_side = 256\nright_side = 128\n[vgg19]\nweights = 'missing.h5'\n"
UNLIKE = ("gallery",)
"""Its pages tell when things were made."""


class Collection:
    """A data root with a Dagster home of its own."""

    def __init__(self, folder: Path) -> None:
        self.root, self.home = folder / "data", folder / "home"
        self.home.mkdir(parents=True)
        shutil.copy(ROOT / "dagster_home/dagster.yaml", self.home)
        self.environment = os.environ | {
            "NST_DATA": str(self.root),
            "DAGSTER_HOME": str(self.home),
            "TF_CPP_MIN_LOG_LEVEL": "2",
        }

    def start(self, *command: str, errors: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
        """Start a command in its own session, with its errors written to a file."""
        return subprocess.Popen(
            [str(Path(sys.executable).with_name(command[0])), *command[1:]],
            env=self.environment,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=errors or subprocess.DEVNULL,
            start_new_session=True,
        )

    def finish(self) -> None:
        """Make what is left, undisturbed."""
        if self.start("nst", "run").wait():
            raise SystemExit("the last `nst run` failed")

    def rows(self) -> int:
        """How many rows the catalog has."""
        return open_workspace(UPath(self.root)).catalog.history(("key",)).num_rows

    def bytes_of_artifacts(self) -> dict[str, str]:
        """Path to digest of every artifact's file."""
        folder = self.root / "artifacts"
        files = (path for path in folder.rglob("*") if path.is_file())
        return {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
            if path.relative_to(folder).parts[0] not in UNLIKE
        }


def _family(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    parent = psutil.Process(process.pid)
    return [parent, *parent.children(recursive=True)]


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)


def _disturb(collection: Collection, rng: random.Random, *, by_daemon: bool) -> bool:
    """Start, wait, kill; returns whether a run was at work."""
    before = collection.rows()
    command = ("dagster-daemon", "run", "-w", "workspace.yaml") if by_daemon else ("nst", "run")
    started = collection.start(*command)
    time.sleep(rng.uniform(*(DAEMON_SECONDS if by_daemon else RUN_SECONDS)))
    family = _family(started) if started.poll() is None else []
    at_work = bool(family) and collection.rows() > before
    if by_daemon and family:
        _kill([rng.choice(family)])
        time.sleep(5)
        family = [*family, *(_family(started) if started.poll() is None else [])]
    _kill(family)
    started.wait()
    return at_work


def _add_photos(collection: Collection, held: list[Path], count: int) -> None:
    """Move some of the photos that were held back into their inboxes, masks first."""
    for path in held[:count]:
        name = path.relative_to(collection.root.parent / "held")
        for each in (path.with_suffix(".mask.png"), path):
            if each.exists():
                target = collection.root / name.parent / each.name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(each, target)
    del held[:count]


def _hold_back(collection: Collection) -> list[Path]:
    """Lay all photos but a few aside; returns them in a random order that is always the same."""
    photos = sorted(p for p in collection.root.rglob("*.jpg"))
    shutil.move(collection.root, collection.root.parent / "held")
    for inbox in ("objects", "scenes"):
        (collection.root / inbox).mkdir(parents=True)
    shutil.move(collection.root.parent / "held/nst.toml", collection.root)
    held = [collection.root.parent / "held" / p.relative_to(collection.root) for p in photos]
    random.Random(0).shuffle(held)
    return held


def _ended(collection: Collection) -> bool:
    """Whether all runs come to an end; of one killed at its start that takes three minutes."""
    until = time.monotonic() + 200
    while time.monotonic() < until:
        with dg.DagsterInstance.from_config(str(collection.home)) as instance:
            alive = end_orphaned_runs(instance)
        if all(run.status == dg.DagsterRunStatus.QUEUED for run in alive):
            return True
        time.sleep(5)
    return False


def _under_fire(collection: Collection, rng: random.Random, kills: int, by_daemon: int) -> int:
    """Make it with so many kills; returns how many of them met a run at work."""
    held = _hold_back(collection)
    collection.start("dagster", "sensor", "start", "inbox_sensor", "-w", "workspace.yaml").wait()
    ways = [number < by_daemon for number in range(kills)]
    rng.shuffle(ways)
    at_work = 0
    for number, daemon in enumerate(ways):
        _add_photos(collection, held, len(held) // (kills - number))
        worked = _disturb(collection, rng, by_daemon=daemon)
        at_work += worked
        said = "at work" if worked else "not at work"
        print(f"kill {number + 1}: {'daemon' if daemon else 'nst run'}, {said}", flush=True)
    collection.finish()
    return at_work


def _compared(calm: Collection, stormy: Collection) -> dict[str, int]:
    """What is wrong with the one that was disturbed; names what is."""
    problems = verify(open_workspace(UPath(stormy.root)))
    ours, theirs = stormy.bytes_of_artifacts(), calm.bytes_of_artifacts()
    different = sorted(name for name in ours | theirs if ours.get(name) != theirs.get(name))
    for line in [*map(str, problems), *different][:20]:
        print(line)
    if not _ended(stormy):
        raise SystemExit("a run that was killed still counts as being at work")
    return {
        "problems": len(problems),
        "different_artifacts": len(different),
        "duplicate_rows": sum(each.kind == "duplicate" for each in problems),
    }


def main() -> None:
    """Kill, finish, compare, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--by-daemon", type=int, default=8, help="of these, so many of the daemon")
    parser.add_argument("--scenes", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        calm, stormy = (Collection(Path(folder) / name) for name in ("calm", "stormy"))
        write_collection(calm.root, objects=asked.scenes // 2, scenes=asked.scenes, side=SIDE)
        (calm.root / "nst.toml").write_text(SETTINGS)
        shutil.copytree(calm.root, stormy.root)
        calm.finish()
        rng = random.Random(asked.seed)
        at_work = _under_fire(stormy, rng, asked.kills, asked.by_daemon)
        figures = {"kills": asked.kills, "killed_at_work": at_work} | _compared(calm, stormy)
    table = Table(title="After the last run", title_justify="left")
    table.add_column("what")
    table.add_column("count", justify="right")
    for name, value in figures.items():
        table.add_row(name.replace("_", " "), str(value))
    Console(width=100).print(table)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
