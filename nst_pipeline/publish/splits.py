"""Which side of a data set a source photo falls on, and a picture that is made of several."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal, get_args

Side = Literal["train", "val", "test"]
"""A photo's."""
Split = Literal["train", "val", "test", "mixed"]
"""A picture's: `mixed` where its photos are on different sides."""
SIDES: tuple[Side, ...] = get_args(Side)

_ENDS: tuple[tuple[Side, float], ...] = (("train", 0.8), ("val", 0.9), ("test", 1.0))
"""Upper ends on 0..1: the customary 80, 10 and 10 percent."""


def side_of(digest: str) -> Side:
    """The side that a source photo falls on, by the hash of its digest.

    It depends on nothing else, so a photo stays where it is as the collection grows, and equal
    files under two names, or in both inboxes, fall on the same side.
    """
    hashed = hashlib.sha256(digest.encode()).digest()
    position = int.from_bytes(hashed[:8]) / 2**64
    return next(side for side, end in _ENDS if position < end)


def split_of(digests: Iterable[str]) -> Split:
    """The split of a picture made of these photos: their common side.

    In whatever part of the data set a picture of two sides stood, something of it would be seen
    in training and judged by afterwards; it belongs to none.
    """
    sides = {side_of(digest) for digest in digests}
    return sides.pop() if len(sides) == 1 else "mixed"
