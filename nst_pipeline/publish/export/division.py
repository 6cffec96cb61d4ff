"""Divide composites into train, val and test by the photos that they are made of."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from nst_pipeline.errors import NstError
from nst_pipeline.publish.splits import SIDES, Side

Shares = Mapping[Side, float]
"""Shares of the parts, which add up to 1."""
_LEAST_FILLED = 0.5
"""Of its share that each part must get, or else its photos are too entangled to be kept apart."""


@dataclass(frozen=True)
class Photos:
    """The photos of a composite, by digest."""

    scene: str
    objects: frozenset[str]

    @property
    def all(self) -> frozenset[str]:
        """The scene's and the objects'."""
        return self.objects | {self.scene}


@dataclass(frozen=True)
class Division:
    """Composites in parts.

    Attributes
    ----------
    parts
        Part by scene key; what is missing is left out.
    shares
        The shares of the parts.
    shared_photos
        Number of photos in more than one part; none of them by its scenes alone.
    """

    parts: dict[str, Side]
    shares: Shares
    shared_photos: int = 0

    def side_of_photo(self, photos: Mapping[str, Photos]) -> dict[str, Side]:
        """Return the part of each photo in a composite."""
        return {each: self.parts[key] for key in self.parts for each in photos[key].all}


def photos_of(rows: pd.DataFrame) -> dict[str, Photos]:
    """Return the photos of each composite, by scene key.

    Parameters
    ----------
    rows
        The dataset's table (`publish.dataset.COLUMNS`).
    """
    found: dict[str, Photos] = {}
    for key, scene, own in rows[["scene", "scene_digest", "object_digest"]].itertuples(index=False):
        objects = found[key].objects if key in found else frozenset()
        found[key] = Photos(scene, objects | ({own} if own else set()))
    return found


def parse_shares(text: str) -> dict[Side, float]:
    """Read shares such as `80/10/10` or `80/20`, of train, val and test.

    Raises
    ------
    NstError
        They are not two or three numbers above 0.

    Examples
    --------
    >>> parse_shares("80/20")
    {'train': 0.8, 'val': 0.2}
    """
    try:
        numbers = [float(each) for each in text.split("/")]
    except ValueError:
        numbers = []
    if len(numbers) not in (2, 3) or not all(0 < each < float("inf") for each in numbers):
        raise NstError(f"--split {text}: give the shares of train, val and test, such as 80/10/10")
    return dict(zip(SIDES, (each / sum(numbers) for each in numbers), strict=False))


def own_division(rows: pd.DataFrame) -> Division:
    """Return the dataset's own splits, which stay as they are when the collection grows."""
    first = rows.drop_duplicates("scene")
    known = first[first.split.isin(SIDES)]
    parts = dict(zip(known.scene, known.split, strict=True))
    return Division(parts, {"train": 0.8, "val": 0.1, "test": 0.1})


def whole(rows: pd.DataFrame) -> Division:
    """Put all composites into one part, `train`."""
    return Division(dict.fromkeys(rows.scene.unique(), "train"), {"train": 1.0})


def _groups(photos: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Join the composites that share a photo, directly or through others; largest groups first."""
    parent: dict[str, str] = {}

    def root(photo: str) -> str:
        while parent.setdefault(photo, photo) != photo:
            parent[photo] = parent[parent[photo]]
            photo = parent[photo]
        return photo

    for own in photos.values():
        first, *others = sorted(own)
        for other in others:
            # The smaller digest is the root, so that the order of composites does not matter.
            low, high = sorted((root(first), root(other)))
            parent[high] = low
    groups: dict[str, list[str]] = defaultdict(list)
    for key, own in photos.items():
        groups[root(min(own))].append(key)
    return [groups[each] for each in sorted(groups, key=lambda r: (-len(groups[r]), r))]


def _fill(groups: Sequence[Sequence[str]], shares: Shares) -> dict[str, Side]:
    """Give each group to the part that lacks most, and at least one to each part if possible."""
    total = sum(map(len, groups))
    lacking = {side: share * total for side, share in shares.items()}
    parts: dict[str, Side] = {}
    for number, group in enumerate(groups):
        empty = [side for side in shares if side not in parts.values()]
        must_fill = len(groups) - number <= len(empty)
        side = max(empty if must_fill else shares, key=lacking.__getitem__)
        lacking[side] -= len(group)
        parts |= dict.fromkeys(group, side)
    return parts


def _is_filled(parts: Mapping[str, Side], shares: Shares) -> bool:
    counts = Counter(parts.values())
    return all(
        counts[s] >= max(1, _LEAST_FILLED * share * len(parts)) for s, share in shares.items()
    )


def divide(photos: Mapping[str, Photos], shares: Shares) -> Division:
    """Divide composites into parts, so that no photo is in two parts if that is possible.

    Composites that share a photo, directly or through others, are a group, and a group stays
    together. If groups are too large for that, so that a part would get less than half of its
    share, only the composites of a scene photo stay together; object photos may then be in more
    than one part.

    Parameters
    ----------
    photos
        Of each composite, by scene key.
    shares
        Of the parts, which add up to 1.

    Raises
    ------
    NstError
        There are too few scene photos.

    Examples
    --------
    >>> photos = {f"scene {n}": Photos(f"scene {n}", frozenset([f"cup {n}"])) for n in range(10)}
    >>> Counter(divide(photos, {"train": 0.8, "val": 0.2}).parts.values())
    Counter({'train': 8, 'val': 2})
    """
    parts = _fill(_groups({key: own.all for key, own in photos.items()}), shares)
    if _is_filled(parts, shares):
        return Division(parts, shares)
    scenes = _groups({key: [own.scene] for key, own in photos.items()})
    parts = _fill(scenes, shares)
    if len(set(parts.values())) < len(shares):
        raise NstError(
            f"{len(scenes)} scene photos cannot be divided into {', '.join(shares)}: add photos, "
            "or export with --all, in one part"
        )
    seen: dict[str, set[Side]] = defaultdict(set)
    for key, side in parts.items():
        for each in photos[key].all:
            seen[each].add(side)
    return Division(parts, shares, sum(len(each) > 1 for each in seen.values()))
