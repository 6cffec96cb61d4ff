"""A fresh clone of the project, in which the commands of a page are run as by a reader."""

import os
import shlex
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from nst_pipeline.style.weights.folder import models_root

ROOT = Path(__file__).parents[2]
QUICK = {"NST_RECIPES__LEFT_SIDE": "256", "NST_VGG19__SIDE": "64", "NST_VGG19__STEPS": "1"}
"""Settings that make the networks' pictures smaller, and change nothing else."""
END_SECONDS = 60


class Clone:
    """A clone with an environment and a home of its own, as `make setup` leaves it.

    Parameters
    ----------
    folder
        An empty folder for it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.venv = folder / "project", folder / "project/.venv"
        self._log = folder / "server.log"
        home = folder / "home"
        home.mkdir()
        kept = {name: os.environ[name] for name in ("LANG", "TMPDIR") if name in os.environ}
        own = {"HOME": str(home), "NST_MODELS": str(models_root()), "BROWSER": "echo %s"}
        path = f"{self.venv / 'bin'}{os.pathsep}{os.environ['PATH']}"
        self._environment = {**kept, **own, **QUICK, "PATH": path, "PIP_NO_INDEX": "1"}
        _clone_project(self.folder)
        self._make_environment()

    def _make_environment(self) -> None:
        """Install the clone, and lend it the other packages of the environment that runs tests."""
        subprocess.run([sys.executable, "-m", "venv", self.venv], check=True)
        (packages,) = self.venv.glob("lib/python*/site-packages")
        lent = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
        (packages / "lent.pth").write_text("\n".join(lent))
        # Python 3.11 adds an old setuptools, which would hide the locked one.
        self.run("pip uninstall --quiet --yes setuptools")
        self.run("pip install --quiet --no-deps --no-build-isolation --editable .")
        (self.venv / "ready").touch()
        where = "cd / && python -c 'import nst_pipeline; print(nst_pipeline.__file__)'"
        assert self.run(where).strip() == str(self.folder / "nst_pipeline/__init__.py")

    def run(self, script: str, *, program: str = "bash -e") -> str:
        """Run a script in the clone's folder; return what it printed, or fail with it."""
        done = subprocess.run(
            shlex.split(program),
            input=script,
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            pytest.fail(
                f"in a clean clone, `{script.strip()}` ends with exit code {done.returncode}: mend "
                "the page or the program, or say in HOW of tests/docs/test_readme.py how it runs:\n"
                f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}",
                pytrace=False,
            )
        return done.stdout

    @contextmanager
    def serving(self, command: str) -> Iterator[Path]:
        """Start a server, yield the file of what it prints, and stop it by Ctrl-C."""
        with self._log.open("wb") as sink:
            server = subprocess.Popen(
                shlex.split(command),
                cwd=self.folder,
                env=self._environment,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # As in a terminal: what a script starts in the background inherits no Ctrl-C.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )
        try:
            yield self._log
            os.killpg(server.pid, signal.SIGINT)
            server.wait(END_SECONDS)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _clone_project(folder: Path) -> None:
    """Clone the last commit, and apply what is not committed yet, so that it is tested, too."""
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    diff = ("git", "diff", "--binary", "--no-ext-diff", "--no-color", "HEAD")
    prefixes = ("--src-prefix=a/", "--dst-prefix=b/")
    changes = subprocess.run([*diff, *prefixes], cwd=ROOT, capture_output=True, check=True).stdout
    if changes:
        subprocess.run(["git", "apply", "--index"], cwd=folder, input=changes, check=True)
