"""Runs in the process that `nst warm` keeps ready, by the launcher of `dagster_home`."""

import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget

from nst_pipeline.cli import main
from nst_pipeline.definitions import defs
from nst_pipeline.defs.launcher import WarmRunLauncher
from nst_pipeline.defs.runs.handover import Offer, listening, offer, take
from nst_pipeline.defs.runs.inboxes import scan_inboxes
from nst_pipeline.defs.runs.orphans import living_process
from nst_pipeline.defs.runs.warm import is_same_python
from nst_pipeline.errors import NstError

PROJECT = Path(__file__).parents[2]
SECONDS = 120
SCENE_PHOTOS = dg.AssetKey("scene_photos")


@pytest.fixture
def home(collection, monkeypatch):
    """The Dagster instance that `make dev` uses, for the collection."""
    shutil.copy(PROJECT / "dagster_home/dagster.yaml", collection.home)
    monkeypatch.setenv("DAGSTER_HOME", str(collection.home))
    monkeypatch.chdir(PROJECT)
    return collection.home


@contextmanager
def warm_process(home):
    """`nst warm`, as `make dev` starts it."""
    command = [Path(sys.executable).with_name("nst"), "warm"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert str(home) in process.stdout.readline()
        _until(lambda: (home / "warm.sock").exists())
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(SECONDS)


def _until(true) -> None:
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _new_run(instance, context) -> dg.DagsterRun:
    """Create a run of one scene, as the UI does."""
    location = context.create_request_context().get_code_location("nst_pipeline")
    job = location.get_repository("__repository__").get_full_job("scenes_job")
    return instance.create_run_for_job(
        defs.resolve_job_def("scenes_job"),
        tags={"dagster/partition": instance.get_dynamic_partitions("scenes")[0]},
        asset_selection=frozenset([SCENE_PHOTOS]),
        remote_job_origin=job.get_remote_origin(),
        job_code_origin=job.get_python_origin(),
    )


def _process_of_new_run(instance, context) -> int:
    """Launch a run, and return the process that executed it."""
    run = _new_run(instance, context)
    instance.launch_run(run.run_id, context.create_request_context())
    _until(lambda: instance.get_run_by_id(run.run_id).is_finished)
    ended = instance.get_run_by_id(run.run_id)
    assert ended.is_success
    return int(ended.tags["nst/process"].split(":")[1])


@pytest.mark.slow
def test_runs_are_executed_by_the_process_that_waits_while_code_and_settings_last(collection, home):
    workspace = WorkspaceFileTarget(["workspace.yaml"])
    with dg.DagsterInstance.get() as instance, warm_process(home) as warm:
        scan_inboxes(collection.open(), instance)
        with WorkspaceProcessContext(instance, workspace) as context:
            assert _process_of_new_run(instance, context) == warm.pid
            _until(lambda: (home / "warm.sock").exists())
            with (collection.root / "nst.toml").open("a") as settings:
                settings.write("[magenta]\nstrength = 0.5\n")
            assert _process_of_new_run(instance, context) != warm.pid
            _until(lambda: (home / "warm.sock").exists())
            assert _process_of_new_run(instance, context) == warm.pid, "it has started anew"


def test_nothing_is_kept_ready_where_another_launcher_is_used(home, capsys, monkeypatch):
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    monkeypatch.setattr(sys, "argv", ["nst", "warm"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert "has another launcher" in capsys.readouterr().err


@pytest.fixture
def started(collection, home):
    """A run that a process executes, which ignores nothing but waits."""
    with dg.DagsterInstance.get() as instance:
        run = instance.create_run_for_job(
            defs.resolve_job_def("scenes_job"), asset_selection=frozenset([SCENE_PHOTOS])
        )
        script = (
            "import dagster as dg, time; from nst_pipeline.defs.runs.orphans import record_process;"
            f"record_process(dg.DagsterInstance.get(), {run.run_id!r}); time.sleep(600)"
        )
        process = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.DEVNULL)
        _until(lambda: living_process(instance.get_run_by_id(run.run_id)))
        yield instance, run.run_id, process
        process.kill()
        process.wait()


def test_terminating_a_run_interrupts_its_process(started):
    instance, run_id, process = started
    assert isinstance(instance.run_launcher, WarmRunLauncher)
    assert instance.run_launcher.terminate(run_id)
    assert process.wait(SECONDS) == -signal.SIGINT
    assert instance.get_run_by_id(run_id).status == dg.DagsterRunStatus.CANCELING
    assert not instance.run_launcher.terminate(run_id), "no process is left"


def test_an_interpreter_has_several_names_in_one_environment(tmp_path):
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        for name in ("python", "python3"):
            (tmp_path / folder / name).symlink_to(sys.executable)
    one, other = tmp_path / "one", tmp_path / "other"
    assert is_same_python(str(one / "python"), str(one / "python3"))
    assert not is_same_python(str(one / "python"), str(other / "python"))
    assert not is_same_python("", str(one / "python"))


def test_nobody_takes_a_run_where_nobody_waits(tmp_path):
    assert not offer(tmp_path, "some-run")
    with listening(tmp_path):
        pass
    assert not offer(tmp_path, "some-run")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("accepted", [True, False])
def test_an_offer_says_which_run_and_which_settings(tmp_path, monkeypatch, accepted):
    monkeypatch.setenv("NST_RUN__WORKERS", "1")
    script = (
        "from pathlib import Path; from nst_pipeline.defs.runs.handover import offer;"
        f"print(offer(Path({str(tmp_path)!r}), 'a-run'))"
    )
    offers: list[Offer] = []

    def accept(found: Offer) -> bool:
        offers.append(found)
        return accepted

    with listening(tmp_path) as server:
        assert (tmp_path / "warm.sock").stat().st_mode & 0o777 == 0o600
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as launcher:
            assert take(server, accept) == ("a-run" if accepted else None)
            assert launcher.stdout.read().decode().strip() == str(accepted)
    assert offers[0].environment["NST_RUN__WORKERS"] == "1"


def test_one_process_waits_for_the_runs_of_an_instance(tmp_path):
    with listening(tmp_path), pytest.raises(NstError, match="another process waits"):  # noqa: SIM117
        with listening(tmp_path):
            pass


def test_a_path_too_long_for_a_socket_is_named(tmp_path):
    deep = tmp_path / ("long" * 30)
    deep.mkdir()
    with pytest.raises(NstError, match="use a shorter path for DAGSTER_HOME"), listening(deep):
        pass


def test_a_socket_that_a_killed_process_left_is_replaced(tmp_path):
    script = (
        "import os; from pathlib import Path;"
        "from nst_pipeline.defs.runs.handover import listening;"
        f"kept = listening(Path({str(tmp_path)!r})); kept.__enter__(); os._exit(1)"
    )
    subprocess.run([sys.executable, "-c", script], check=False)
    assert [each.name for each in tmp_path.iterdir()] == ["warm.sock"]
    assert not offer(tmp_path, "some-run")
    with listening(tmp_path):
        pass
