"""The share of the machine that this process was given: processors and memory."""

from __future__ import annotations

import os
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")
"""The limits of the container, in version 2 of Linux' control groups; Docker and Kubernetes set
them. Outside of a container, the folder has no such files."""


def _limit(name: str) -> list[str]:
    """Return the words of a limit of the container; none if there is no such limit."""
    try:
        words = (_CGROUP / name).read_text().split()
    except OSError:
        return []
    return [] if words[0] == "max" else words


def _allowed() -> int:
    """Return the processors that the process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cpus() -> int:
    """Return how many processors the process may use; at least 1.

    The smallest of `OMP_NUM_THREADS`, which Ray and batch systems set to what a job was given, the
    processors that it may run on (`taskset`), and the container's quota.
    """
    found = [_allowed()]
    given = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    if given.isdecimal():
        found.append(int(given))
    if quota := _limit("cpu.max"):
        found.append(round(int(quota[0]) / int(quota[1])))
    return max(1, min(found))


def memory_bytes() -> int:
    """Return how much memory the process may use: the machine's, or the container's limit."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = _limit("memory.max")
    return min(machine, int(limit[0])) if limit else machine
