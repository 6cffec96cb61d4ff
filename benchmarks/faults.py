"""Break a cluster of several machines at work, and check that nothing is lost; print one table.

    python benchmarks/faults.py [--scenes 400] [--faults worker-killed ...] [--short]

Every machine is a network namespace with an address and a host name of its own: a head with Ray's
head and Dagster's daemon, two workers with one processor each, and Postgres. A backfill of
generated scenes goes over both workers, once for each fault. Whenever it has ended, all artifacts
must be there, `nst verify` must find nothing, and every file must have the bytes that it has
without a fault: in the backfill `none`, or, if that is not asked for, in a run in this process.
`made twice` counts artifacts that two runs made: work that was repeated, not results that are there
twice. Needs root, iproute2, and what `make ray-demo` installs.

The last line is JSON with the same figures.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import dagster as dg
import pyarrow.compute as pc
from cluster.machines import Namespace, network, why_no_namespaces
from cluster.services import Cluster, Database, wait_until
from cluster.work import Backfill, launch_backfill, register
from generated_photos import write_collection
from rich.console import Console
from rich.table import Table
from upath import UPath

from nst_pipeline.definitions import defs
from nst_pipeline.defs.jobs import JOBS, assets_of
from nst_pipeline.defs.runs.inboxes import scan_inboxes
from nst_pipeline.defs.runs.update import update
from nst_pipeline.pipeline.engine.workspace import Workspace, open_workspace
from nst_pipeline.pipeline.upkeep.verify import verify

_SIDE = 320
_OBJECTS = 6
_SETTINGS = """
[recipes]
left_side = 256
right_side = 128
[vgg19]
weights = "missing.h5"
[placement]
tries = 2
min_sticker_px = 0
[run]
images_per_run = {images_per_run}
"""
"""Little work for each picture: this is about orchestration."""
_RUNS = 4
"""Runs of a backfill; each starts a process and loads the networks."""
_CUT_OFF_SECONDS, _DAEMON_SECONDS, _RESTART_SECONDS = 120.0, 20.0, 5.0
_INTO_THE_WORK_SECONDS = 3.0
_TIMEOUT_SECONDS = 1500.0
_ASSETS = [asset.name for asset in assets_of("scenes")]
_console = Console()


@dataclass
class Machines:
    """The machines of the cluster, and what runs on them."""

    head: Namespace
    workers: list[Namespace]
    database: Database
    cluster: Cluster


Fault = Callable[[Machines], None]


def nothing(machines: Machines) -> None:
    """Let the cluster work."""
    del machines


def worker_killed(machines: Machines) -> None:
    """End everything on a worker at once; it never comes back."""
    machines.workers[0].crash()


def worker_cut_off(machines: Machines) -> None:
    """Pull a worker's network cable, and plug it in again after two minutes."""
    machines.workers[0].connect(connected=False)
    time.sleep(_CUT_OFF_SECONDS)
    machines.workers[0].connect(connected=True)


def postgres_restarted(machines: Machines) -> None:
    """Stop Postgres, which ends all connections, and start it again after five seconds."""
    machines.database.stop()
    time.sleep(_RESTART_SECONDS)
    machines.database.start()


def daemon_killed(machines: Machines) -> None:
    """Kill Dagster's daemon with its code server, and start another one after twenty seconds."""
    machines.head.end("daemon", kill=True)
    time.sleep(_DAEMON_SECONDS)
    machines.cluster.start_daemon()


def two_daemons(machines: Machines) -> None:
    """Start a second daemon."""
    machines.cluster.start_daemon("second-daemon")


FAULTS: dict[str, Fault] = {
    "none": nothing,
    "worker-killed": worker_killed,
    "worker-cut-off": worker_cut_off,
    "postgres-restarted": postgres_restarted,
    "daemon-killed": daemon_killed,
    "two-daemons": two_daemons,
}
_SHORT, _SHORT_SCENES, _SHORT_RUNS = ("worker-killed",), 12, 3


@dataclass
class Result:
    """What a backfill left behind."""

    fault: str
    seconds: float
    backfill: str
    """The backfill's status in the end."""
    runs: str
    lost: int
    """Artifacts that are missing or failed."""
    different: int
    """Files that are not those of the undisturbed run."""
    problems: int
    """What `nst verify` found."""
    made_twice: int
    """Artifacts that two runs made, with the same bytes."""

    @property
    def is_good(self) -> bool:
        """Whether everything was made as without the fault."""
        return not (self.lost or self.different or self.problems)


@contextmanager
def _machines(folder: Path, data: str) -> Iterator[Machines]:
    """Start the machines, and remove them in the end."""
    with network(), ExitStack() as stack:
        names = ("head", "worker1", "worker2", "database")
        made = []
        for number, name in enumerate(names, start=1):
            made.append(Namespace(name, number))
            stack.callback(made[-1].close)
        head, *workers, host = made
        database = Database(host, folder)
        cluster = Cluster(folder, data, database.url(), head)
        os.environ |= cluster.environment
        cluster.start_head(cpus=0)
        for worker in workers:
            cluster.start_worker(worker, cpus=1)
        cluster.wait_for_nodes(1 + len(workers))
        cluster.start_daemon()
        yield Machines(head, workers, database, cluster)


def _digests(workspace: Workspace) -> dict[str, str]:
    """Return the digests of what was made of the scenes."""
    return {
        f"{name}/{key}": row.digest
        for name in _ASSETS
        for key, row in workspace.catalog.latest(name).items()
        if row.status != "failed"
    }


def _made_twice(workspace: Workspace) -> int:
    history = workspace.catalog.history(("asset", "key", "status"))
    good = history.filter(pc.not_equal(history["status"], "failed"))
    counts = Counter(zip(good["asset"].to_pylist(), good["key"].to_pylist(), strict=True))
    return sum(count - 1 for count in counts.values())


def _result(
    fault: str, seconds: float, backfill: Backfill, workspace: Workspace, expected: dict[str, str]
) -> Result:
    made = _digests(workspace)
    statuses = Counter(run.status.value.lower() for run in backfill.runs())
    return Result(
        fault,
        round(seconds),
        backfill.status(),
        ", ".join(f"{count} {name}" for name, count in sorted(statuses.items())),
        lost=len(expected.keys() - made.keys()),
        different=sum(made[name] != expected[name] for name in expected.keys() & made.keys()),
        problems=len(verify(workspace)),
        made_twice=_made_twice(workspace),
    )


def try_fault(
    fault: str, base: Path, logs: Path, expected: dict[str, str]
) -> tuple[Result, dict[str, str]]:
    """Make the scenes of a copy of `base` with a fault in the middle; return also the digests."""
    with tempfile.TemporaryDirectory(prefix="nst") as name:
        folder = Path(name)
        data = folder / "data"
        shutil.copytree(base, data)
        try:
            with _machines(folder, str(data)) as machines, dg.DagsterInstance.get() as instance:
                register(instance)
                started = time.monotonic()
                backfill = launch_backfill(instance, _ASSETS)
                wait_until("both workers work", lambda: len(backfill.hosts_at_work()) == 2, 300)
                time.sleep(_INTO_THE_WORK_SECONDS)
                FAULTS[fault](machines)
                wait_until(f"the end of {fault}", backfill.has_ended, _TIMEOUT_SECONDS)
                seconds, workspace = time.monotonic() - started, open_workspace(UPath(data))
                result = _result(fault, seconds, backfill, workspace, expected)
                return result, _digests(workspace)
        finally:
            shutil.copytree(folder, logs / fault, ignore=_all_but_logs, dirs_exist_ok=True)


def _all_but_logs(folder: str, names: list[str]) -> list[str]:
    del folder
    return [name for name in names if not name.endswith(".log")]


def _make_here(data: Path, *, scenes: bool) -> dict[str, str]:
    """Make everything of a collection in this process, or only what scenes are made from.

    Raises
    ------
    RuntimeError
        A run failed.
    """
    # With as many threads as a worker has: TensorFlow adds in another order with more.
    os.environ |= {"NST_DATA": str(data), "OMP_NUM_THREADS": "1"}
    workspace = open_workspace(UPath(data))
    with dg.DagsterInstance.ephemeral() as instance:
        scan_inboxes(workspace, instance)
        objects = {"objects": set(workspace.index("objects").photos)}
        ran = update(
            workspace,
            instance,
            lambda phase: defs.resolve_job_def(JOBS[phase].name),
            only=None if scenes else objects,
        )
    if failed := [run.error for run in ran if not run.success]:
        raise RuntimeError(f"{data} cannot be made: {failed}")
    return _digests(workspace)


def _try_all(faults: Sequence[str], scenes: int, runs: int, logs: Path) -> list[Result]:
    """Try some faults on the same photos; compare with the first, or with a run without any."""
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="nst") as folder:
        base, undisturbed = Path(folder, "base"), Path(folder, "undisturbed")
        write_collection(base, scenes, _OBJECTS, _SIDE)
        (base / "nst.toml").write_text(_SETTINGS.format(images_per_run=-(-scenes // runs)))
        _make_here(base, scenes=False)
        expected: dict[str, str] = {}
        if faults[0] != "none":
            shutil.copytree(base, undisturbed)
            expected = _make_here(undisturbed, scenes=True)
        for fault in faults:
            result, made = try_fault(fault, base, logs, expected)
            expected = expected or made
            results.append(result)
            _console.print(result)
            sys.stdout.flush()
    return results


def _table(results: list[Result]) -> Table:
    table = Table(*(field.name.replace("_", " ") for field in fields(Result)))
    for each in results:
        table.add_row(*(str(value) for value in asdict(each).values()))
    return table


def main() -> None:
    """Try the faults, print the table, and exit with 1 if something was lost or differs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--scenes", type=int, default=400)
    parser.add_argument("--faults", nargs="*", default=list(FAULTS), choices=list(FAULTS))
    parser.add_argument("--short", action="store_true", help="a dozen scenes, and one fault")
    parser.add_argument("--logs", type=Path, default=Path("out/faults"))
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that no machine stays behind
    if reason := why_no_namespaces():
        _console.print(f"skipped: {reason}")
        return
    if options.short:
        results = _try_all(_SHORT, _SHORT_SCENES, _SHORT_RUNS, options.logs)
    else:
        results = _try_all(options.faults, options.scenes, _RUNS, options.logs)
    _console.print(_table(results))
    print(json.dumps([asdict(each) for each in results]))
    sys.exit(0 if all(each.is_good for each in results) else 1)


if __name__ == "__main__":
    main()
