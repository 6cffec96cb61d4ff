"""Puts with a condition, by which writers of one object learn that another one was faster."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from upath import UPath

from nst_pipeline.errors import StorageError
from nst_pipeline.storage.objects.access import object_at
from nst_pipeline.storage.objects.problems import explained, problem

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_ATTEMPTS = 20
"""Writers that add to one object at the same time: each attempt lets at least one through."""


def check_conditions(folder: UPath) -> None:
    """Refuse a store that ignores conditions: two writers would overwrite each other's rows.

    Parameters
    ----------
    folder
        A folder in it, which gets an object for a moment.

    Raises
    ------
    StorageError
        It does, or cannot be used.
    """
    from obstore.exceptions import AlreadyExistsError, NotSupportedError

    probe = folder / f".condition-{uuid.uuid4().hex}"
    store, key = object_at(probe.protocol, probe.path)
    ignores = StorageError(
        f"{folder}: the store ignores the condition If-None-Match of a put, so that two runs would "
        "overwrite each other's rows: use a store that checks it, or a newer version of it"
    )
    with explained(str(folder)):
        store.put(key, b"")
        try:
            store.put(key, b"", mode="create")
        except AlreadyExistsError:
            return
        except NotSupportedError as error:
            raise ignores from error
        finally:
            store.delete(key)
    raise ignores


def _content(store: ObjectStore, key: str) -> tuple[bytes, Any]:
    """Return an object's content, and the condition that it is still the same."""
    try:
        found = store.get(key)
    except FileNotFoundError as error:
        if problem("", str(error)) is not None:
            raise
        return b"", "create"
    return bytes(found.bytes()), {"e_tag": found.meta["e_tag"]}


def change(path: UPath, changed: Callable[[bytes], bytes]) -> None:
    """Replace an object's content by what a function makes of it; no other writer's is lost.

    Parameters
    ----------
    path
        The object; a missing one counts as empty.
    changed
        Called again with the new content if another writer was faster.

    Raises
    ------
    StorageError
        The store cannot be used, or others are faster again and again.
    """
    from obstore.exceptions import AlreadyExistsError, PreconditionError

    store, key = object_at(path.protocol, path.path)
    with explained(str(path)):
        for _ in range(_ATTEMPTS):
            before, mode = _content(store, key)
            try:
                store.put(key, changed(before), mode=mode)
                return
            except (AlreadyExistsError, PreconditionError):
                continue
    raise StorageError(f"{path}: others write to it all the time: try again")
