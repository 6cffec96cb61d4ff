"""Choose candidate stickers for a scene, independently of the order in which files arrive."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.settings import PlacementSettings
from nst_pipeline.vision.place.footing import certainty
from nst_pipeline.vision.place.habitats import Habitats
from nst_pipeline.vision.place.kinship import Shares
from nst_pipeline.vision.place.support import HANGING
from nst_pipeline.vision.place.things import Support, thing_named

_GOLDEN = 0x9E3779B97F4A7C15
_SPLITMIX = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
"""Constants of splitmix64."""


_DARKEST = 6.0
"""Mean L of LAB, 0..100, below which nothing is seen of an object but its outline, as against the
light. In another light it would be seen."""
_PEOPLE = ("person", "man", "woman", "boy", "girl", "child", "pedestrian")
_UPRIGHT = 2.1
"""Height of people who stand or walk, in their widths, at least. Whoever is wider sits, squats,
jumps or throws: not as tall as people are, and strange nearly everywhere else."""


@dataclass(frozen=True)
class ChoiceParameters:
    """How stickers are distributed over scenes."""

    points_per_sticker: int = 64
    """Points on the circle per sticker: more points make the stickers' shares of the scenes more
    equal. With 64, shares vary by an eighth."""


@dataclass(frozen=True)
class LibrarySticker:
    """The properties of a sticker that placement depends on.

    `touches_bottom` and the like say which edges of its photo cut the object off; the same edges of
    the scene must then cut it, too.
    """

    sticker: str
    """The sticker's id."""
    object_key: str
    """Partition key of the object photo."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    quality: float
    """Quality of the cut-out, 0..1."""
    touches_bottom: bool = False
    touches_top: bool = False
    touches_left: bool = False
    touches_right: bool = False
    label: str = ""
    height_m: float | None = None
    """Real height, meters, if the user gave it; else that of its label counts."""
    footing: float | None = None
    """How well what is under its feet in its own photo carries such a thing, 0..1, if known."""
    lab: tuple[float, float, float] | None = None
    """Mean LAB color; None if unknown: any surroundings then fit."""
    surfaces: Shares | None = None
    """What is around it in its own photo, if known."""
    kind: str = ""
    """Whether it is a `person`, `vehicle` or `animal`; else empty."""
    view: float | None = None
    """Angle, degrees, at which the camera looked down on its foot there, if known."""
    habitats: Habitats | None = None
    """Which habitats its own photo shows, if known."""
    light: tuple[float, ...] | None = None
    """The light there, as `read_light` returns it, if known."""

    @property
    def whole(self) -> bool:
        """Whether no edge of its photo cuts the object."""
        return not (
            self.touches_bottom or self.touches_top or self.touches_left or self.touches_right
        )

    def standing(self, support: Support) -> float:
        """Return how sure it is, 0..1, that it can be on a support as it was in its own photo.

        An airplane that stands there does not fly elsewhere.
        """
        if self.footing is None or self.touches_bottom:
            return 1.0
        if support == "air":
            return 1 - certainty(self.footing)
        return 1.0 if support in HANGING else certainty(self.footing)

    @property
    def placeable(self) -> bool:
        """Whether the edges of a scene can hide all cuts.

        An object that the top edge cuts, or that reaches from side to side, is too near for the
        scale of a usual scene.
        """
        return not self.touches_top and not (self.touches_left and self.touches_right)


def name_hash(text: str) -> int:
    """Hash a text to 64 bits, equally in every process (Python's own hash is salted)."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Apply splitmix64's finalizer: every bit of the result depends on every bit of the input.

    Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
    """
    for shift, factor in _SPLITMIX:
        numbers = (numbers ^ (numbers >> np.uint64(shift))) * np.uint64(factor)
    return numbers ^ (numbers >> np.uint64(31))


class Chooser:
    """Choose stickers for scenes by consistent hashing.

    Every sticker has many points on a circle. A scene has one point, and takes the stickers whose
    points follow it. A sticker added to n others becomes the first choice of one scene in n + 1;
    the first choices of all other scenes stay as they are.

    Parameters
    ----------
    stickers
        In any order.
    seed
        A different seed gives different choices.
    parameters
        Points per sticker.

    References
    ----------
    Karger, Lehman, Leighton, Panigrahy, Levine, Lewin, "Consistent Hashing and Random Trees:
    Distributed Caching Protocols for Relieving Hot Spots on the World Wide Web", STOC 1997.
    """

    def __init__(
        self,
        stickers: Sequence[LibrarySticker],
        *,
        seed: int,
        parameters: ChoiceParameters = ChoiceParameters(),
    ) -> None:
        self._stickers, self._seed = stickers, seed
        count = parameters.points_per_sticker
        hashes = np.array([name_hash(each.sticker) for each in stickers], np.uint64)
        steps = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(_GOLDEN)
        points = _mixed(hashes[:, np.newaxis] + steps).ravel()
        order = np.argsort(points)
        self._points, self._owners = points[order], (order // count).astype(np.int32)

    def choose(self, scene_key: str, count: int) -> list[LibrarySticker]:
        """Return the first `count` different stickers that follow a scene on the circle."""
        wanted, found = min(count, len(self._stickers)), dict[int, None]()
        scene = np.uint64(name_hash(f"{self._seed}\0{scene_key}"))
        at = int(np.searchsorted(self._points, scene))
        while len(found) < wanted:
            stretch = self._owners.take(range(at, at + 2 * wanted), mode="wrap")
            found |= dict.fromkeys(stretch.tolist())
            at += 2 * wanted
        return [self._stickers[owner] for owner in islice(found, wanted)]

    def choose_all(self, scene_keys: Sequence[str], count: int) -> NDArray[np.int32]:
        """Choose for many scenes at once.

        Returns
        -------
        numpy.ndarray
            (scenes, count) int32: positions of the stickers that `choose` returns; fewer columns if
            there are fewer stickers.
        """
        wanted = min(count, len(self._stickers))
        chosen = np.full((len(scene_keys), wanted), -1, np.int32)
        if not wanted:
            return chosen
        scenes = np.array([name_hash(f"{self._seed}\0{key}") for key in scene_keys], np.uint64)
        at, found = np.searchsorted(self._points, scenes), np.zeros(len(scene_keys), np.int32)
        open_rows = np.arange(len(scene_keys))
        while len(open_rows):
            owners = self._owners.take(at[open_rows], mode="wrap")
            is_new = ~(chosen[open_rows] == owners[:, np.newaxis]).any(axis=1)
            rows = open_rows[is_new]
            chosen[rows, found[rows]] = owners[is_new]
            found[rows] += 1
            at[open_rows] += 1
            open_rows = open_rows[found[open_rows] < wanted]
        return chosen


def why_unusable(sticker: LibrarySticker, settings: PlacementSettings) -> str:
    """Say why no scene gets a sticker; an empty string if scenes may get it.

    Examples
    --------
    >>> nose = LibrarySticker("cat.0", "cat", 300, 200, quality=0.1)
    >>> why_unusable(nose, PlacementSettings(min_quality=0.2))
    'quality below 0.2 (placement.min_quality)'
    """
    if sticker.quality < settings.min_quality:
        return f"quality below {settings.min_quality:g} (placement.min_quality)"
    if max(sticker.width, sticker.height) < settings.min_sticker_px:
        return f"smaller than {settings.min_sticker_px} pixels (placement.min_sticker_px)"
    if not sticker.placeable:
        return "cut off by the top or by both sides of its photo"
    if not (sticker.whole or settings.cut_objects):
        return "cut off by an edge of its photo (placement.cut_objects)"
    if sticker.lab is not None and sticker.lab[0] < _DARKEST:
        return "almost black: a silhouette"
    if (thing := thing_named(sticker.label)) is not None and not thing.stands_on:
        return "such things are in somebody's hand, or on rails"
    if _is_bent(sticker):
        return "somebody who does not stand upright: give height_m to place them"
    if not _can_stand(sticker, settings):
        return "it does not stand in its own photo on what could carry it"
    return ""


def _is_bent(sticker: LibrarySticker) -> bool:
    """Check whether somebody sits, squats or jumps, and nobody said how tall that is."""
    is_somebody = sticker.label.strip().lower() in _PEOPLE and sticker.height_m is None
    return is_somebody and sticker.whole and sticker.height < _UPRIGHT * sticker.width


def _can_stand(sticker: LibrarySticker, settings: PlacementSettings) -> bool:
    """Check whether an object that stands as it did in its own photo can be plausible anywhere."""
    thing = thing_named(sticker.label)
    supports: tuple[Support, ...] = ("ground",) if thing is None else thing.stands_on
    return any(sticker.standing(each) >= settings.min_plausibility for each in supports)


@dataclass(frozen=True)
class Candidates:
    """The few stickers that a scene's placements depend on.

    Attributes
    ----------
    stickers
        Best first.
    round
        How often earlier variants of the scene were offered the same stickers. Each round takes
        other places.
    """

    stickers: list[LibrarySticker]
    round: int = 0


class StickerCandidates:
    """Chooses candidate stickers for scenes.

    Parameters
    ----------
    library
        All stickers. Those of low quality, and those whose cuts no scene can hide, are left out.
    settings
        Lowest quality, seed, candidates, and number of stickers per scene.
    parameters
        Tuned constants.

    Examples
    --------
    >>> cat, dog = (LibrarySticker(f"{n}.0", n, 300, 200, quality=0.9) for n in ("cat", "dog"))
    >>> candidates = StickerCandidates([cat, dog], PlacementSettings())
    >>> sorted(each.sticker for each in candidates("beach", 1, ()).stickers)
    ['cat.0', 'dog.0']
    >>> candidates("beach", 3, ()).round
    2
    """

    def __init__(
        self,
        library: Sequence[LibrarySticker],
        settings: PlacementSettings,
        *,
        parameters: ChoiceParameters = ChoiceParameters(),
    ) -> None:
        self.usable = [each for each in library if not why_unusable(each, settings)]
        """The stickers to choose from."""
        self._chooser = Chooser(self.usable, seed=settings.seed, parameters=parameters)
        wanted = settings.candidates * settings.stickers_per_scene
        self._count = min(wanted, len(self.usable))
        self._variants_per_round = len(self.usable) // self._count if self._count else 1

    def __call__(self, scene_key: str, variant: int, refused: Collection[str]) -> Candidates:
        """Return the candidates of a scene; always the same ones.

        Parameters
        ----------
        scene_key
            Key of the scene's photo.
        variant
            Number of the variant, from 1. No two get the same sticker in the same round.
        refused
            Stickers that the user turned down. Others follow in their place.
        """
        number, block = divmod(variant - 1, self._variants_per_round)
        stickers = self._chooser.choose(scene_key, (block + 1) * self._count + len(refused))
        own = stickers[block * self._count :]
        offered = (each for each in own if each.sticker not in refused)
        return Candidates([*islice(offered, self._count)], number)

    @cached_property
    def photos(self) -> list[str]:
        """Keys of the object photos of the stickers to choose from, sorted."""
        return sorted({each.object_key for each in self.usable})

    @cached_property
    def _photo_of(self) -> NDArray[np.int32]:
        """Position in `photos` of each usable sticker's photo."""
        positions = {key: at for at, key in enumerate(self.photos)}
        return np.array([positions[each.object_key] for each in self.usable], np.int32)

    def photos_of_all(self, scene_keys: Sequence[str], variant: int) -> list[list[str]]:
        """Return the photos of many scenes' candidates, each once and sorted."""
        chosen = np.sort(self._photo_of.take(self.of_all(scene_keys, variant)))
        photos = self.photos
        return [[photos[at] for at in dict.fromkeys(row)] for row in chosen.tolist()]

    def of_all(self, scene_keys: Sequence[str], variant: int) -> NDArray[np.int32]:
        """Return the candidates of many scenes, as positions in `usable`: (scenes, candidates)."""
        block = (variant - 1) % self._variants_per_round
        chosen = self._chooser.choose_all(scene_keys, (block + 1) * self._count)
        return chosen[:, block * self._count :]
