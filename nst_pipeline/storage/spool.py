"""A list on disk, for values that are needed several times and are too many for memory."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Spool(Generic[Value]):
    """Values that can be iterated over any number of times; one is in memory at a time.

    The file, in the system's folder for temporary files, goes with the object.

    Parameters
    ----------
    values
        Read once, and to their end.

    Examples
    --------
    >>> squares = Spool(number**2 for number in range(4))
    >>> len(squares), sum(squares), max(squares)
    (4, 14, 9)
    """

    def __init__(self, values: Iterable[Value]) -> None:
        self._folder = TemporaryDirectory(prefix="nst-")
        self._path = Path(self._folder.name) / "values"
        self._count = 0
        with self._path.open("wb") as file:
            for value in values:
                pickle.dump(value, file, pickle.HIGHEST_PROTOCOL)
                self._count += 1

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Value]:
        with self._path.open("rb") as file:
            for _ in range(self._count):
                yield pickle.load(file)
