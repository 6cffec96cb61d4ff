"""A process uses what it was given, not what the machine has."""

import json
import os
import subprocess
import sys

import pytest

_ASK = (
    "import json, nst_pipeline.machine_share as m; print(json.dumps([m.cpus(), m.memory_bytes()]))"
)


def _ask(*prefix, **environment):
    """Ask a process that was started with a prefix and some variables."""
    without = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    command = [*prefix, sys.executable, "-c", _ASK]
    return json.loads(subprocess.check_output(command, env=without | environment))


def test_a_process_may_use_the_whole_machine():
    cpus, memory = _ask()
    assert 1 <= cpus <= os.cpu_count()
    assert 0 < memory <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("given", ["1", "1,1"])
def test_a_job_was_given_processors(given):
    assert _ask(OMP_NUM_THREADS=given)[0] == 1


def test_no_more_is_used_than_there_is():
    assert _ask(OMP_NUM_THREADS="1000")[0] <= os.cpu_count()


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="Linux only")
def test_a_process_is_pinned():
    first = min(os.sched_getaffinity(0))
    assert _ask("taskset", "--cpu-list", str(first))[0] == 1


def test_the_libraries_keep_to_it():
    ask = (
        "import cv2, tensorflow as tf, nst_pipeline.style.networks\n"
        "from nst_pipeline.pipeline.engine.workers import keep_to_share\n"
        "keep_to_share()\n"
        "print(cv2.getNumThreads(), tf.config.threading.get_intra_op_parallelism_threads())"
    )
    environment = os.environ | {"OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "2"}
    assert subprocess.check_output([sys.executable, "-c", ask], env=environment) == b"1 1\n"
