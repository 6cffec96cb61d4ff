"""Tables in object stores, opened once in each process: every step of a run needs the same one."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from deltalake import DeltaTable
from upath import UPath


def _commit_name(version: int) -> str:
    return f"{version:020}.json"


class _Shared:
    """An open table, and what shows whether it is still the one in the store."""

    def __init__(self, table: DeltaTable, folder: UPath) -> None:
        self.table, self._log = table, folder / "_delta_log"
        self._newest = ("", "")
        """Name and ETag of the newest commit that was listed."""

    def is_same(self) -> bool:
        """Bring the table up to date with one request, more if there are new commits.

        Returns
        -------
        bool
            False if its last commit is gone or another one: somebody removed the catalog.
        """
        version = self.table.version()
        before, last = _commit_name(version - 1) if version else "", _commit_name(version)
        etags = self._log.fs.etags_after(self._log.path, before)
        if last not in etags or (self._newest[0] == last and self._newest[1] != etags[last]):
            return False
        if _commit_name(version + 1) in etags:
            self.table.update_incremental()
        newest = _commit_name(self.table.version())
        self._newest = newest, etags.get(newest, "")
        return newest in etags


OPEN_TABLES: dict[str, _Shared] = {}
"""By URL. Whoever changes what URLs lead to, such as the environment's endpoint, clears it."""
_LOCK = Lock()


def shared_table(folder: UPath, open_table: Callable[[], DeltaTable | None]) -> DeltaTable | None:
    """Return a table as it is now; None if there is none.

    Parameters
    ----------
    folder
        The table in an object store.
    open_table
        Called if this process has not opened it, or if another one has taken its place.
    """
    url = str(folder)
    with _LOCK:
        if url not in OPEN_TABLES or not OPEN_TABLES[url].is_same():
            OPEN_TABLES.pop(url, None)
            table = open_table()
            if table is None:
                return None
            OPEN_TABLES[url] = _Shared(table, folder)
        return OPEN_TABLES[url].table
