"""A worker that is not like the head makes nothing; planned here and executed here as two hosts."""

import re
import socket

import pytest
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run
from upath import UPath

from nst_pipeline.defs import same_build
from nst_pipeline.defs.dagster_internals import step_failure_message
from nst_pipeline.defs.same_build import check_build, check_clock, clock_skew, this_build
from nst_pipeline.errors import NstError


@pytest.fixture
def run_planned_on(collection, monkeypatch):
    """Plan a run of the library on a host, then execute it on this one; return what failed."""

    def run_planned_on(host, **environment):
        with monkeypatch.context() as there, collection.instance() as instance:
            there.setattr(socket, "gethostname", lambda: host)
            for name, value in environment.items():
                there.setenv(name, value)
            run = instance.create_run_for_job(collection.job("library"))
        with collection.instance() as instance:
            result = execute_run(InMemoryJob(collection.job("library")), run, instance)
            retries = instance.get_run_by_id(run.run_id).tags.get("dagster/max_retries")
        failed = result.get_step_failure_events()
        assert retries == ("0" if failed else None), "no retry would change that"
        return "; ".join(map(step_failure_message, failed))

    return run_planned_on


def test_a_worker_with_the_heads_code_and_settings_works(run_planned_on):
    assert run_planned_on("head") == ""


def test_a_worker_with_other_settings_is_refused_and_makes_nothing(run_planned_on, collection):
    before = collection.open().catalog.version
    message = run_planned_on("head", NST_HARMONIZE__METHOD="ring")
    assert "has other settings in its environment than head" in message
    assert "nst.toml" in message and "\n" not in message
    assert collection.open().catalog.version == before


def test_what_no_result_depends_on_may_differ(run_planned_on):
    assert run_planned_on("head", NST_RUN__WORKERS="3", NST_ALERTS__UI_URL="http://ui") == ""


def test_a_file_edited_on_the_same_machine_counts_at_once(run_planned_on):
    assert run_planned_on(socket.gethostname(), NST_HARMONIZE__METHOD="ring") == ""


def test_a_worker_with_other_code_is_refused():
    code = this_build().split()[1]
    with pytest.raises(NstError, match=re.escape(f"worker has other code or packages ({code})")):
        check_build("head 0123456789abcdef 0", f"worker {code} 0")


def test_the_digest_follows_the_code(tmp_path, monkeypatch):
    monkeypatch.setattr(same_build, "_PACKAGE", tmp_path)
    digests = set()
    for content in ("1", "2"):
        (tmp_path / "steps.py").write_text(content)
        same_build._code_digest.cache_clear()
        digests.add(this_build())
    same_build._code_digest.cache_clear()
    assert len(digests) == 2


def test_this_machines_clock_is_that_of_its_disk(tmp_path):
    assert abs(clock_skew(UPath(tmp_path))) < 1
    assert list(tmp_path.rglob("*.clock*")) == []


@pytest.mark.parametrize(("skew", "said"), [(90.0, "90 s ahead of"), (-3600.0, "3600 s behind")])
def test_a_clock_that_is_apart_is_refused(skew, said):
    check_clock(2.0)
    with pytest.raises(NstError, match=said):
        check_clock(skew)
