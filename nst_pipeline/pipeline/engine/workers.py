"""Several images in the making at the same time."""

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
"""Of the machine's memory. On photos of 24 megapixels one takes 3.9 GB in all, and four 7.6."""
_AHEAD = 2
"""Finished work of a worker that may wait for its turn."""


def workers_for(setting: int) -> int:
    """How many images are worked on at once, by the setting `run.workers`."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return setting or max(1, min(os.cpu_count() or 1, _MOST, memory // _BYTES_EACH))


def in_order(
    function: Callable[[Work], Result], work: Iterable[Work], workers: int
) -> Iterator[Result]:
    """The results in the order of the work, made by several threads.

    OpenCV, numpy, TensorFlow, encoders and the disk let go of Python's lock. The first is made
    alone: what it loads, all the others need.

    Raises:
        Whatever `function` or an interruption raises, once what is at work then has ended and was
        handed on. Work that was not begun is left.
    """
    rest = iter(work)
    for each in islice(rest, None if workers == 1 else 1):
        yield function(each)
    with ThreadPoolExecutor(workers) as pool:
        waiting = deque(pool.submit(function, each) for each in islice(rest, _AHEAD * workers))
        try:
            while waiting:
                yield waiting[0].result()
                waiting.popleft()
                waiting.extend(pool.submit(function, each) for each in islice(rest, 1))
        except GeneratorExit:
            raise
        except BaseException:
            begun = [future for future in waiting if not future.cancel()]
            yield from (each.result() for each in begun if each.exception() is None)
            raise
        finally:
            for future in waiting:
                future.cancel()
