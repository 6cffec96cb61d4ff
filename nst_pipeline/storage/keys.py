"""Partition keys: a photo's relative path made readable, short and unique."""

from __future__ import annotations

import hashlib
import unicodedata
from pathlib import PurePosixPath

ALL = "all"
"""The key of an artifact that is made from a whole collection."""

_MAX_BYTES = 150
"""Leaves room in a file name (255 bytes) for `.mask.png` and the like."""
_HASH_DIGITS = 8
_KEPT = "LNM"
"""Unicode's letters, numbers, and the marks that belong to letters."""


def _slug(relative_path: str) -> str:
    stem = unicodedata.normalize("NFC", str(PurePosixPath(relative_path).with_suffix("")))
    kept = (c if unicodedata.category(c)[0] in _KEPT or c == "_" else "-" for c in stem)
    return "-".join(part for part in "".join(kept).split("-") if part)


def _tail(text: str, limit_bytes: int) -> str:
    """The end of a text, where file names differ; a character cut in two goes."""
    return text.encode()[-limit_bytes:].decode(errors="ignore")


def _without_leading_marks(text: str) -> str:
    while text and unicodedata.category(text[0])[0] == "M":
        text = text[1:]
    return text.strip("-")


def partition_key(relative_path: str) -> str:
    """Make the key of a photo: its path as a slug, and 8 hex digits of the path's SHA-256.

    Letters of all scripts are kept, composed (NFC); everything else becomes a dash, and the
    suffix goes. The digits come from the path as it stands on the disk, so `a/b.jpg` and
    `a_b.jpg`, or the composed and the decomposed spelling of a name (which Linux can hold side
    by side), are different photos.

    Args:
        relative_path: relative to the inbox, with forward slashes.

    Returns:
        At most 150 bytes of UTF-8, fit for a file name, a URL and a Dagster partition.
    """
    digest = hashlib.sha256(relative_path.encode(errors="surrogateescape")).hexdigest()
    slug = _tail(_slug(relative_path), _MAX_BYTES - _HASH_DIGITS - 1)
    readable = _without_leading_marks(slug) or "photo"
    return f"{readable}-{digest[:_HASH_DIGITS]}"
