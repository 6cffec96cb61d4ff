"""Where a collection is: a folder, or the URL of an object store."""

from __future__ import annotations

import os
from functools import cache

from upath import UPath

from nst_pipeline.storage.objects.access import check_access, is_object_store
from nst_pipeline.storage.objects.filesystem import register

_reach_object_stores = cache(register)


def root_at(place: str) -> UPath:
    """Return a data root by its folder or URL.

    Raises
    ------
    StorageError
        An object store does not answer, or not with these credentials.

    Examples
    --------
    >>> root_at("file:///photos").path
    '/photos'
    """
    scheme, separator, rest = place.partition("://")
    if separator and is_object_store(scheme):
        bucket, _, prefix = rest.strip("/").partition("/")
        check_access(f"{scheme}://{bucket}", prefix)
        _reach_object_stores()
        place = f"{scheme}://{bucket}/{prefix}"
    return UPath(place.removeprefix("file://"))


def data_root() -> UPath:
    """Return the folder or URL of the collection: `NST_DATA`, by default `data`.

    Raises
    ------
    StorageError
        As for `root_at`.
    """
    return root_at(os.environ.get("NST_DATA") or "data")
