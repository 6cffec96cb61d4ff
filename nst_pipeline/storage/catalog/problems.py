"""Say in one line what is wrong with the catalog's table, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError
from upath import UPath

from nst_pipeline.errors import DamagedCatalogError, NstError, without_codes
from nst_pipeline.storage.catalog.rows import SCHEMA
from nst_pipeline.storage.objects.problems import problem

_IDENTITY = {"asset", "key", "fingerprint"}
"""Columns that the catalog has had in all versions."""
_BY_SYSTEM = {
    "No space left": "the disk is full: free space, and run again; finished work is kept",
    "File too large": "the system limits the size of files: raise it (`ulimit -f`), and run again",
    "Permission denied": "it may not be written: give yourself the right to",
    "Read-only file system": "its disk can only be read: make it writable",
}
_REPAIR = "`nst repair` rebuilds it from its data files"
_REASON_CHARACTERS = 200
_BACKTRACE = "\n   0: "
"""Begins what only Delta's authors understand."""


def _first_line(error: Exception) -> str:
    message = without_codes(str(error)).partition(_BACKTRACE)[0]
    return " ".join(message.split())[:_REASON_CHARACTERS]


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Turn the errors of Delta and Arrow into one line with the remedy.

    Raises
    ------
    NstError
        The disk is full, or may not be written.
    StorageError
        The object store cannot be used.
    DamagedCatalogError
        The table's log or one of its data files cannot be read.
    """
    try:
        yield
    except CommitFailedError:
        raise  # another process was faster
    except (DeltaError, pa.ArrowException, OSError) as error:
        if "://" in url and (found := problem(url, str(error))) is not None:
            raise found from error
        for words, remedy in _BY_SYSTEM.items():
            if words in str(error):
                raise NstError(f"{url}: {remedy}") from error
        raise DamagedCatalogError(f"{url} is damaged ({_first_line(error)}): {_REPAIR}") from error


def check_log(url: str, folder: UPath) -> None:
    """Refuse a table without a log, which Delta would take for an empty one.

    Raises
    ------
    DamagedCatalogError
        There are data files, or a file in the place of the folder.
    """
    if not folder.exists():
        return
    if not folder.is_dir() or any(each.name.startswith("asset=") for each in folder.iterdir()):
        raise DamagedCatalogError(f"{url} is damaged (it has no log): {_REPAIR}")


def missing_columns(url: str, table: DeltaTable) -> list[str]:
    """Return the columns that a catalog of an earlier version lacks.

    Raises
    ------
    NstError
        The table is no catalog, or one of a later version.
    """
    names = {each.name for each in table.schema().fields}
    if not names >= _IDENTITY:
        raise NstError(f"{url} is a table of something else: move it away")
    if more := sorted(names - set(SCHEMA.names)):
        raise NstError(
            f"{url} was written by a later version, with the columns {', '.join(more)}: "
            "install that version"
        )
    return [name for name in SCHEMA.names if name not in names]
