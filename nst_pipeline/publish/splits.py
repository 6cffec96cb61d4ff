"""Assign photos, and the composites made of them, to the splits of the dataset."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal, get_args

Side = Literal["train", "val", "test"]
"""Split of a photo."""
Split = Literal["train", "val", "test", "mixed"]
"""Split of a composite; `mixed` if its photos are on different sides."""
SIDES: tuple[Side, ...] = get_args(Side)

_UPPER_BOUNDS: tuple[tuple[Side, float], ...] = (("train", 0.8), ("val", 0.9), ("test", 1.0))
"""The usual 80, 10 and 10 percent, as upper bounds on 0..1."""


def side_of(digest: str) -> Side:
    """Assign a photo to a side by the hash of its digest.

    The side depends on nothing else: it stays the same as the collection grows, and identical
    files are on the same side whatever their names and inboxes.

    Parameters
    ----------
    digest
        SHA-256 of the photo's file, hex.

    Examples
    --------
    >>> side_of("photo 1"), side_of("photo 2")
    ('val', 'train')
    """
    hashed = hashlib.sha256(digest.encode()).digest()
    position = int.from_bytes(hashed[:8]) / 2**64
    return next(side for side, bound in _UPPER_BOUNDS if position < bound)


def split_of(digests: Iterable[str]) -> Split:
    """Assign a composite to the common side of its photos.

    A composite of photos from two sides belongs to no split: a detector would train on one of
    the photos and be evaluated on it.

    Parameters
    ----------
    digests
        Digests of all photos in the composite, at least one.
    """
    sides = {side_of(digest) for digest in digests}
    return sides.pop() if len(sides) == 1 else "mixed"
