"""Assign photos, and the composites made of them, to the splits of the dataset."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Literal, get_args

Side = Literal["train", "val", "test"]
"""Split of a photo."""
Split = Literal["train", "val", "test", "mixed"]
"""Split of a composite; `mixed` if its photos are on different sides."""
SIDES: tuple[Side, ...] = get_args(Side)

_SHARES: dict[Side, float] = {"train": 0.8, "val": 0.1, "test": 0.1}
"""The usual 80, 10 and 10 percent."""


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
    return place_in(digest, _SHARES)


def place_in(digest: str, shares: Mapping[Side, float]) -> Side:
    """Assign a photo to one of several parts by the hash of its digest.

    Parameters
    ----------
    digest
        SHA-256 of the photo's file, hex.
    shares
        Shares of the parts, which add up to 1.
    """
    hashed = hashlib.sha256(digest.encode()).digest()
    position, bound = int.from_bytes(hashed[:8]) / 2**64, 0.0
    for side, share in shares.items():
        bound += share
        if position < bound:
            return side
    return side  # the sum of shares may be a little less than 1


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
