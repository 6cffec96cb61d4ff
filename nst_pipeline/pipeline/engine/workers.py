"""Works on several images at the same time."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Work = TypeVar("Work")
Result = TypeVar("Result")

_MOST = 4
_BYTES_EACH = 3 * 1024**3
"""Memory per worker. With photos of 24 megapixels one worker takes 3.9 GB in all, four 7.6 GB."""
_AHEAD = 2
"""Pieces of work per worker that may be finished or in progress before their turn comes."""


def workers_for(setting: int) -> int:
    """Number of images to work on at once.

    Parameters
    ----------
    setting
        The setting `run.workers`; 0 chooses by cores and memory.
    """
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return setting or max(1, min(os.cpu_count() or 1, _MOST, memory // _BYTES_EACH))


def in_order(
    function: Callable[[Work], Result], work: Iterable[Work], workers: int
) -> Iterator[Result]:
    """Yield the results of `function` in the order of the work, computed by several threads.

    OpenCV, numpy, TensorFlow, encoders and the disk release Python's lock. The first piece of
    work runs alone, because it loads what all others need.

    Parameters
    ----------
    function
        Called once for each piece of work.
    work
        Taken as threads become free; end it early to stop.
    workers
        Number of threads; 1 calls `function` in the caller's thread.

    Raises
    ------
    Exception
        What `function` raised, after the results of the work in progress at that time were
        yielded. Work that had not begun is dropped.
    """
    rest = iter(work)
    for each in islice(rest, None if workers == 1 else 1):
        yield function(each)
    with ThreadPoolExecutor(workers) as pool:
        waiting = deque(pool.submit(function, each) for each in islice(rest, _AHEAD * workers))
        try:
            while waiting and waiting[0].exception() is None:
                yield waiting.popleft().result()
                waiting.extend(pool.submit(function, each) for each in islice(rest, 1))
            if waiting:
                failed = waiting.popleft()
                begun = [future for future in waiting if not future.cancel()]
                yield from (each.result() for each in begun if each.exception() is None)
                failed.result()
        finally:
            for future in waiting:
                future.cancel()
