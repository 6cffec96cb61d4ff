"""Kill the pipeline at random moments, and check that nothing is lost; print one table.

    python benchmarks/kills.py [--kills 30] [--by-daemon 8] [--scenes 24] [--seed 1]

The benchmark makes composites of generated photos without disturbance, and then those of a copy of
the photos while killing the pipeline: it starts `nst run`, or Dagster's daemon with the sensor
switched on, and kills it with SIGKILL after a random time. Of the daemon, its code server and its
run worker, it kills one at random, and the others five seconds later. It adds a few photos between
kills, so that there is always work. After the last kill, one `nst run` makes the rest. `nst verify`
must then find nothing, every artifact must have the bytes of the undisturbed run, and every Dagster
run must have ended.

The last line is JSON: `kills`, `killed_at_work` (while a run was making artifacts), `problems`,
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
"""Ranges of the time from start to kill: anywhere between loading and the end of the work."""
SETTINGS = "[recipes]\nleft_side = 256\nright_side = 128\n[vgg19]\nweights = 'missing.h5'\n"
NOT_COMPARED = ("gallery",)
"""Its pages contain the times at which artifacts were made."""


class Collection:
    """A data root with its own Dagster home."""

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
        """Start a command in its own session; write its standard error to `errors`, if given."""
        return subprocess.Popen(
            [str(Path(sys.executable).with_name(command[0])), *command[1:]],
            env=self.environment,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=errors or subprocess.DEVNULL,
            start_new_session=True,
        )

    def finish(self) -> None:
        """Run `nst run` once, undisturbed, to make everything that is missing."""
        if self.start("nst", "run").wait():
            raise SystemExit("the last `nst run` failed")

    def rows(self) -> int:
        """Return the number of rows in the catalog."""
        return open_workspace(UPath(self.root)).catalog.history(("key",)).num_rows

    def artifact_digests(self) -> dict[str, str]:
        """Return the sha256 of every artifact's file by its path."""
        folder = self.root / "artifacts"
        files = (path for path in folder.rglob("*") if path.is_file())
        return {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
            if path.relative_to(folder).parts[0] not in NOT_COMPARED
        }


def _family(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    parent = psutil.Process(process.pid)
    return [parent, *parent.children(recursive=True)]


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)


def _disturb(collection: Collection, rng: random.Random, *, by_daemon: bool) -> bool:
    """Start, wait and kill; return whether a run was making artifacts."""
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
    """Move some of the photos held back into their inboxes, masks first."""
    for path in held[:count]:
        name = path.relative_to(collection.root.parent / "held")
        for each in (path.with_suffix(".mask.png"), path):
            if each.exists():
                target = collection.root / name.parent / each.name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(each, target)
    del held[:count]


def _hold_back(collection: Collection) -> list[Path]:
    """Move all photos out of the inboxes; return them in a fixed random order."""
    photos = sorted(p for p in collection.root.rglob("*.jpg"))
    shutil.move(collection.root, collection.root.parent / "held")
    for inbox in ("objects", "scenes"):
        (collection.root / inbox).mkdir(parents=True)
    shutil.move(collection.root.parent / "held/nst.toml", collection.root)
    held = [collection.root.parent / "held" / p.relative_to(collection.root) for p in photos]
    random.Random(0).shuffle(held)
    return held


def _all_runs_end(collection: Collection) -> bool:
    """Wait for all runs to end; one that was killed at its start takes three minutes."""
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline:
        with dg.DagsterInstance.from_config(str(collection.home)) as instance:
            alive = end_orphaned_runs(instance)
        if all(run.status == dg.DagsterRunStatus.QUEUED for run in alive):
            return True
        time.sleep(5)
    return False


def _kill_repeatedly(collection: Collection, rng: random.Random, kills: int, by_daemon: int) -> int:
    """Make a collection despite `kills` kills; return how many of them hit a run at work."""
    held = _hold_back(collection)
    collection.start("dagster", "sensor", "start", "inbox_sensor", "-w", "workspace.yaml").wait()
    ways = [number < by_daemon for number in range(kills)]
    rng.shuffle(ways)
    at_work = 0
    for number, daemon in enumerate(ways):
        _add_photos(collection, held, len(held) // (kills - number))
        worked = _disturb(collection, rng, by_daemon=daemon)
        at_work += worked
        state = "at work" if worked else "not at work"
        print(f"kill {number + 1}: {'daemon' if daemon else 'nst run'}, {state}", flush=True)
    collection.finish()
    return at_work


def _compare(undisturbed: Collection, disturbed: Collection) -> dict[str, int]:
    """Count what is wrong with the disturbed collection, and print it."""
    problems = verify(open_workspace(UPath(disturbed.root)))
    found, expected = disturbed.artifact_digests(), undisturbed.artifact_digests()
    different = sorted(name for name in found | expected if found.get(name) != expected.get(name))
    for line in [*map(str, problems), *different][:20]:
        print(line)
    if not _all_runs_end(disturbed):
        raise SystemExit("a run that was killed still counts as running")
    return {
        "problems": len(problems),
        "different_artifacts": len(different),
        "duplicate_rows": sum(each.kind == "duplicate" for each in problems),
    }


def main() -> None:
    """Kill, finish, compare, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument(
        "--by-daemon", type=int, default=8, help="how many of these kill the daemon"
    )
    parser.add_argument("--scenes", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        undisturbed, disturbed = (
            Collection(Path(folder) / name) for name in ("undisturbed", "disturbed")
        )
        root = undisturbed.root
        write_collection(root, objects=given.scenes // 2, scenes=given.scenes, side=SIDE)
        (root / "nst.toml").write_text(SETTINGS)
        shutil.copytree(root, disturbed.root)
        undisturbed.finish()
        rng = random.Random(given.seed)
        at_work = _kill_repeatedly(disturbed, rng, given.kills, given.by_daemon)
        figures = {"kills": given.kills, "killed_at_work": at_work}
        figures |= _compare(undisturbed, disturbed)
    table = Table(title="After the last run", title_justify="left")
    table.add_column("what")
    table.add_column("count", justify="right")
    for name, value in figures.items():
        table.add_row(name.replace("_", " "), str(value))
    Console(width=100).print(table)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
