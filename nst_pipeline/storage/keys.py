"""Partition keys: readable, short and unique names made from photos' relative paths."""

from __future__ import annotations

import hashlib
import unicodedata
from pathlib import PurePosixPath

ALL = "all"
"""Key of an artifact that is made from the whole collection."""

_VARIANT = "~"
"""Before a variant's number. No photo's key contains it."""
_MAX_BYTES = 150
"""Leaves room in a file name (at most 255 bytes) for suffixes such as `.mask.png`."""
_HASH_DIGITS = 8
_KEPT = "LNM"
"""First letters of the Unicode categories to keep: letters, numbers, and combining marks."""


def _slug(relative_path: str) -> str:
    stem = unicodedata.normalize("NFC", str(PurePosixPath(relative_path).with_suffix("")))
    kept = (c if unicodedata.category(c)[0] in _KEPT or c == "_" else "-" for c in stem)
    return "-".join(part for part in "".join(kept).split("-") if part)


def _tail(text: str, limit_bytes: int) -> str:
    """Return the end of a text, where file names differ; drop a character that is cut in two."""
    return text.encode()[-limit_bytes:].decode(errors="ignore")


def _without_leading_marks(text: str) -> str:
    while text and unicodedata.category(text[0])[0] == "M":
        text = text[1:]
    return text.strip("-")


def partition_key(relative_path: str) -> str:
    """Make the key of a photo: its path as a slug, and 8 hex digits of the path's SHA-256.

    The slug keeps letters of all scripts, composed (NFC); everything else becomes a dash, and
    the suffix is dropped. The digits are computed from the unchanged path, so `a/b.jpg` and
    `a_b.jpg` get different keys, as do the composed and the decomposed spelling of a name, which
    Linux allows side by side.

    Parameters
    ----------
    relative_path
        Relative to the inbox, with forward slashes.

    Returns
    -------
    str
        At most 150 bytes of UTF-8, valid in a file name, a URL and a Dagster partition.

    Examples
    --------
    >>> partition_key("barn/red door.jpg")
    'barn-red-door-4fa81633'
    """
    digest = hashlib.sha256(relative_path.encode(errors="surrogateescape")).hexdigest()
    slug = _tail(_slug(relative_path), _MAX_BYTES - _HASH_DIGITS - 1)
    readable = _without_leading_marks(slug) or "photo"
    return f"{readable}-{digest[:_HASH_DIGITS]}"


def variant_keys(key: str, variants: int) -> list[str]:
    """List the keys of a photo's variants; the first is its own key.

    Examples
    --------
    >>> variant_keys("beach-4fa81633", 3)
    ['beach-4fa81633', 'beach-4fa81633~2', 'beach-4fa81633~3']
    """
    return [key, *(f"{key}{_VARIANT}{number}" for number in range(2, variants + 1))]


def photo_key(key: str) -> str:
    """Return the key of the photo that a variant belongs to.

    Examples
    --------
    >>> photo_key("beach-4fa81633~2"), photo_key("beach-4fa81633")
    ('beach-4fa81633', 'beach-4fa81633')
    """
    return key.partition(_VARIANT)[0]


def variant_number(key: str) -> int:
    """Return a variant's number, from 1.

    Examples
    --------
    >>> variant_number("beach-4fa81633~2"), variant_number("beach-4fa81633")
    (2, 1)
    """
    return int(key.partition(_VARIANT)[2] or 1)
