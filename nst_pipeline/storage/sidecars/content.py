"""Read COCO files and boxes files, split by photo."""

from __future__ import annotations

import csv
import errno
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from upath import UPath

from nst_pipeline.errors import SidecarError
from nst_pipeline.storage.inbox_file import File, read_inside
from nst_pipeline.storage.sidecars.boxes import split_boxes
from nst_pipeline.storage.sidecars.coco import split_coco
from nst_pipeline.storage.sidecars.names import is_coco

_CACHED_FILES = 4
"""Photos are read folder by folder, so a few shared files at a time are enough."""
MAX_BYTES = 60_000_000
"""Larger files are refused: parsed JSON takes about ten times its size in memory, and to split it
about a second for each 10 MB."""


@dataclass(frozen=True)
class Sections:
    """A file for many photos, split."""

    texts: Mapping[str, str]
    """One text, in the format of the file, for each name of a photo in it."""
    unknown: int = 0
    """Annotations that refer to no image."""


def read_file(inbox: UPath, path: str) -> bytes:
    """Read a sidecar.

    Raises
    ------
    SidecarError
        It cannot be read, is no regular file, is too large, or leads out of the inbox.
    """
    try:
        return read_inside(inbox, path, max_bytes=MAX_BYTES)
    except OSError as error:
        remedy = ": split it, one in each folder" if error.errno == errno.EFBIG else ""
        reason = error.strerror or error
        raise SidecarError(f"{inbox / path} cannot be read ({reason}){remedy}") from error


def read_text(inbox: UPath, path: str) -> str:
    """Read a sidecar that is text.

    Raises
    ------
    SidecarError
        It cannot be read, or is not UTF-8.
    """
    try:
        return read_file(inbox, path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SidecarError(
            f"{inbox / path} is not UTF-8 text ({error}): save it as UTF-8"
        ) from error


def _error(file: UPath, error: Exception) -> SidecarError:
    if isinstance(error, KeyError):
        problem = f"{error} is missing"
    elif isinstance(error, json.JSONDecodeError):
        problem = f"it is not valid JSON: {error}"
    elif isinstance(error, ValueError):
        return SidecarError(f"{file} cannot be read: {error}")
    else:
        problem = str(error)
    needs = (
        "COCO's `images` (with id and file_name) and `annotations` (with image_id)"
        if is_coco(file.name)
        else "a header line image,x,y,width,height"
    )
    return SidecarError(f"{file} cannot be read ({problem}): it needs {needs}")


@lru_cache(maxsize=_CACHED_FILES)
def read_sections(inbox: UPath, file: File) -> Sections:
    """Split a COCO or boxes file by photo; another size or time reads it again.

    Raises
    ------
    SidecarError
        It cannot be read; the message names the file and what it needs.
    """
    text = read_text(inbox, file.path)
    try:
        if is_coco(file.path):
            return Sections(*split_coco(text))
        return Sections(split_boxes(text))
    except (ValueError, KeyError, TypeError, AttributeError, csv.Error) as error:
        raise _error(inbox / file.path, error) from error
