"""Process several images at the same time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

import cv2

from nst_pipeline.machine_share import cpus, memory_bytes

Work = TypeVar("Work")
Result = TypeVar("Result")

_MAX_WORKERS = 4
_BYTES_PER_WORKER = 3 * 1024**3
"""Memory to have for each worker. With photos of 24 megapixels, a process takes 3.9 GB with one
worker and 7.6 GB with four."""
_AHEAD = 2
"""Number of tasks per worker to start before the results of the tasks before them are taken."""


def workers_for(setting: int) -> int:
    """Return the number of images to process at once.

    Parameters
    ----------
    setting
        The setting `run.workers`; 0 chooses by cores and memory.
    """
    return setting or max(1, min(cpus(), _MAX_WORKERS, memory_bytes() // _BYTES_PER_WORKER))


def keep_to_share() -> None:
    """Let OpenCV start no more threads than this process was given processors.

    TensorFlow and ONNX Runtime are told when they start, and numpy reads `OMP_NUM_THREADS` itself.
    """
    cv2.setNumThreads(cpus())


def in_order(
    function: Callable[[Work], Result], work: Iterable[Work], workers: int
) -> Iterator[Result]:
    """Call `function` for each task in several threads, and yield the results in order.

    OpenCV, numpy, TensorFlow, encoders and the disk release Python's lock. The first task runs
    alone, because it loads what all others need.

    Parameters
    ----------
    function
        Called once for each task.
    work
        The tasks, taken as threads become free; to stop early, end the iterable.
    workers
        Number of threads; with 1, `function` is called in the caller's thread.

    Yields
    ------
    Result
        One for each task.

    Raises
    ------
    Exception
        Whatever `function` raised, after the results of the tasks in progress at that time were
        yielded. Tasks that had not begun are dropped.
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
