"""A Dagster UI with its daemon, on a small collection of real photos.

`pytest tests/ui --screenshots docs/images` also writes the pictures that the pages in docs/ show.
"""

import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize
from upath import UPath

from nst_pipeline.definitions import defs
from nst_pipeline.defs.jobs import JOBS
from nst_pipeline.defs.runs.inboxes import scan_inboxes
from nst_pipeline.defs.runs.plans import plan_phase
from nst_pipeline.defs.runs.update import execute
from nst_pipeline.pipeline.engine.workspace import open_workspace
from nst_pipeline.samples import write_samples
from nst_pipeline.storage.keys import ALL

ROOT = Path(__file__).parents[2]
SETTINGS = """
[recipes]
left_side = 256

[vgg19]
weights = "missing.h5"
"""
LEFT_OUT = ("objects/motorcycle.png", "scenes/summer palace.jpg")
DROPPED_LATER = "scenes/launch pad.jpg"

START_SECONDS = 120
END_SECONDS = 20
UI_MS = 60_000
"""How long a page may take; the machine may be busy with runs."""
MOST_BYTES = 150_000
WINDOW = ViewportSize(width=1280, height=720)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", type=Path, help="folder for the pictures that docs/ shows")


@dataclass(frozen=True)
class Ui:
    """A running Dagster UI."""

    url: str
    log: Path
    """What `make dev` has printed."""
    data: Path
    later: Path
    """A scene outside the inbox, for `drop`."""

    def drop(self) -> None:
        """Move the scene into the inbox."""
        self.later.rename(self.data / DROPPED_LATER)


def _collection(folder: Path) -> Path:
    """Write three object photos and three scenes of the samples, and a fourth scene outside."""
    root = folder / "data"
    write_samples(UPath(root))
    for name in LEFT_OUT:
        (root / name).unlink()
    (root / DROPPED_LATER).rename(folder / "later.jpg")
    (root / "nst.toml").write_text(SETTINGS)
    return root


def _cut_out_stickers(root: Path, home: Path) -> None:
    """Run the phases before the scenes, as `nst run` does: they take little time."""
    workspace = open_workspace(UPath(root))
    with dg.DagsterInstance.from_config(str(home)) as instance:
        scan_inboxes(workspace, instance)
        due = {"objects": set(workspace.index("objects").photos), "library": {ALL}}
        for phase, keys in due.items():
            for run in plan_phase(workspace, instance, phase, keys):
                assert execute(defs.resolve_job_def(JOBS[phase].name), run, instance).success


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/server_info", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(url):
        if server.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"the Dagster UI did not start:\n{log.read_text()[-3000:]}")
        time.sleep(0.5)


def _end(server: subprocess.Popen[bytes]) -> None:
    """End the process group that was started here."""
    for signal_number in (signal.SIGINT, signal.SIGKILL):
        try:
            os.killpg(server.pid, signal_number)
            server.wait(END_SECONDS)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


@pytest.fixture(scope="module")
def ui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    """Run `make dev` on a collection whose stickers are cut out already."""
    folder = tmp_path_factory.mktemp("ui")
    home = folder / "home"
    home.mkdir()
    shutil.copy(ROOT / "dagster_home/dagster.yaml", home)
    root = _collection(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NST_DATA", str(root))
        patch.setenv("DAGSTER_HOME", str(home))
        _cut_out_stickers(root, home)
        port, log = _free_port(), folder / "server.log"
        bin_folder = Path(sys.executable).parent
        url = f"http://127.0.0.1:{port}"
        with log.open("wb") as sink:
            server = subprocess.Popen(
                ["make", "--assume-old=setup", "dev", f"BIN={bin_folder}", f"PORT={port}"],
                cwd=ROOT,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            _wait_for(url, server, log)
            yield Ui(url, log, root, folder / "later.jpg")
        finally:
            _end(server)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A window as wide as the pictures in docs/."""
    opened = browser.new_page(viewport=WINDOW)
    opened.set_default_timeout(UI_MS)
    yield opened
    opened.close()


def _webp(png: bytes) -> bytes:
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for quality in (85, 70, 50, 30):
        file = io.BytesIO()
        picture.save(file, "WEBP", quality=quality, method=6)
        if file.tell() <= MOST_BYTES:
            break
    return file.getvalue()


@pytest.fixture
def shoot(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Save a screenshot under a name, if `--screenshots` names a folder."""
    folder: Path | None = request.config.getoption("--screenshots", None)

    def save(page: Page, name: str) -> None:
        if folder is not None:
            page.wait_for_timeout(800)  # animations end
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.webp").write_bytes(_webp(page.screenshot()))

    return save
