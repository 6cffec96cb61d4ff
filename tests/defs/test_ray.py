"""The home for a Ray cluster is one that Dagster accepts; `make ray-demo` executes runs with it."""

import os
from pathlib import Path

import pytest
import yaml
from dagster._core.instance.ref import InstanceRef

HOME = Path(__file__).parents[2] / "dagster_home/ray"
CONFIG = yaml.safe_load((HOME / "dagster.yaml").read_text("utf-8"))


def test_runs_take_over_where_the_collection_is():
    passed_on = CONFIG["run_launcher"]["config"]["ray"]["env_vars"]
    assert {"NST_DATA", "DAGSTER_POSTGRES_URL"} <= set(passed_on)


def test_a_lost_run_is_retried_as_another_run():
    """A resumed one would have its own id twice in the catalog, which `nst verify` reports."""
    assert CONFIG["run_retries"]["enabled"]
    assert CONFIG["run_monitoring"]["max_resume_run_attempts"] == 0


def test_dagster_accepts_the_home(monkeypatch):
    pytest.importorskip("dagster_ray", reason="installed by `make ray-demo` only")
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", "postgresql+psycopg2://nobody@localhost:1/nothing")
    monkeypatch.setenv("RAY_DASHBOARD", "http://localhost:1")
    ref = InstanceRef.from_dir(os.fspath(HOME))
    assert type(ref.run_launcher).__name__ == "RayRunLauncher"
    assert ref.run_launcher.num_cpus == 1
