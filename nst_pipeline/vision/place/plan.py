"""Where stickers go on a scene: on its ground, in its perspective, where they suit it best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from nst_pipeline.settings import PlacementSettings
from nst_pipeline.vision.place.choose import LibrarySticker, name_hash
from nst_pipeline.vision.place.ground import Ground, ground_of
from nst_pipeline.vision.place.scale import foot_at, height_in_front
from nst_pipeline.vision.shapes import Box, Detection, Placement, Rgb

MAX_ENLARGEMENT = 1.5
"""A sticker shown larger than this times its own pixels looks soft beside the scene."""
SPOTS = 96
"""Places tried for each sticker."""
STANDING_SHARE = 0.25
"""The lower part of an object, behind which the ground that it stands on shows."""
FORWARD_SHARE = 0.06
"""Ground wanted before the foot, share of the object's height: nothing stands on the very edge."""
PARTS = 3
"""The ground is judged in so many parts across, and the worst counts: both ends must stand."""
LEAST_SUPPORT = 0.3
"""Where ground is trusted less than this, things would float."""
EQUALLY_GOOD = 0.1
"""Ground is trusted no more exactly than this; among such places, the surroundings decide."""
AROUND_SHARE = 0.3
"""How far the surroundings reach, share of the object's longer side."""
EDGE_SHARE = 0.02
"""Room kept between the sticker and the scene's left and right edges, share of the width."""
CUT_SHARE = 0.04
"""How far a cut-off object reaches past the scene's edge, share of its side, so that neither the
cut nor what matting frays there shows."""
NEAREST = 0.97
"""Feet end a little above the bottom edge: they are seen to stand."""


@dataclass(frozen=True)
class _Scale:
    """How large a sticker may be; heights are shares of the scene's."""

    in_front: float
    """Its height at the bottom edge: further away it is smaller, in proportion."""
    smallest: float
    largest: float


def _scale(
    sticker: LibrarySticker, known: float | None, settings: PlacementSettings, ground: Ground
) -> _Scale | None:
    """How large a sticker is in front, if its size is known; of middle size otherwise.

    None where its pixels do not suffice for the smallest size of the settings.
    """
    width, height = ground.scene_width, ground.scene_height
    smallest, largest = settings.min_height_fraction, settings.max_height_fraction
    in_front = max(known or (smallest + largest) / 2, smallest / NEAREST)
    room = (1 - 2 * EDGE_SHARE) * width / sticker.width
    own = min(MAX_ENLARGEMENT, room) * sticker.height / height
    if round(own * height) < round(smallest * height):
        return None
    return _Scale(in_front, smallest, max(smallest, min(own, largest, in_front * NEAREST)))


def _left(sticker: LibrarySticker, wide: int, flip: bool, width: int, across: float) -> int:
    """The first column of a sticker that is `wide` pixels wide, at a share of the room it has."""
    cut_left, cut_right = sticker.touches_left, sticker.touches_right
    if flip:
        cut_left, cut_right = cut_right, cut_left
    past = max(1, round(CUT_SHARE * wide))
    if cut_left:
        return -past
    if cut_right:
        return width - wide + past
    edge = round(EDGE_SHARE * width)
    return edge + round(across * (width - 2 * edge - wide))


def _spot(
    sticker: LibrarySticker, scale: _Scale, flip: bool, ground: Ground, rng: np.random.Generator
) -> Box:
    """A place at random that is plausible in itself: the nearer the foot, the larger."""
    across, share = rng.random(), rng.uniform(scale.smallest, scale.largest)
    if sticker.touches_bottom:
        share = scale.largest
    height = ground.scene_height
    tall = max(1, round(share * height))
    wide = max(1, round(sticker.width * tall / sticker.height))
    if sticker.touches_bottom:
        foot = height + max(1, round(CUT_SHARE * tall))
    else:
        foot = round(foot_at(share / scale.in_front, ground.horizon) * height)
    return Box(_left(sticker, wide, flip, ground.scene_width, across), foot - tall, wide, tall)


def _overlaps(box: Box, others: Sequence[Box]) -> bool:
    return any(
        box.x < other.right
        and other.x < box.right
        and box.y < other.bottom
        and other.y < box.bottom
        for other in others
    )


def _support(box: Box, ground: Ground) -> float:
    """Trust, 0..1, in the ground under an object, over its whole width."""
    behind, before = (round(share * box.height) for share in (STANDING_SHARE, FORWARD_SHARE))
    top, tall = box.bottom - behind, max(1, behind + before)
    edges = [box.x + round(box.width * part / PARTS) for part in range(PARTS + 1)]
    strips = (Box(left, top, max(1, right - left), tall) for left, right in pairwise(edges))
    return min(ground.support_in(strip) for strip in strips)


def _unlikeness(sticker: LibrarySticker, box: Box, ground: Ground) -> float:
    """How much harmonizing a place would need: the color difference to its surroundings, LAB."""
    if sticker.lab is None:
        return 0.0
    extra = round(AROUND_SHARE * max(box.width, box.height))
    return float(np.linalg.norm(ground.lab_in(box.widened(extra)) - sticker.lab))


def _best(spots: Iterator[Box], sticker: LibrarySticker, ground: Ground) -> Box | None:
    """The place with the best ground; among equally good ones, where the sticker suits best."""
    judged = [(_support(box, ground), box) for box in spots]
    best = max((support for support, _ in judged), default=0.0)
    # What the scene's bottom edge cuts needs no ground: its feet are out of sight.
    least = 0.0 if sticker.touches_bottom else LEAST_SUPPORT
    good = [box for support, box in judged if support >= max(least, best - EQUALLY_GOOD)]
    return min(good, key=lambda box: _unlikeness(sticker, box, ground), default=None)


def _placed(
    sticker: LibrarySticker,
    ground: Ground,
    found: Sequence[Detection],
    taken: Sequence[Box],
    settings: PlacementSettings,
    scene_key: str,
) -> Placement | None:
    rng = np.random.default_rng(name_hash(f"{settings.seed}\0{scene_key}\0{sticker.sticker}"))
    flip = settings.flip and rng.random() < 0.5
    known = height_in_front(sticker.label, ground.horizon, found, ground.scene_height)
    scale = _scale(sticker, known, settings, ground)
    if scale is None:
        return None
    spots = (_spot(sticker, scale, flip, ground, rng) for _ in range(SPOTS))
    free = (box for box in spots if box.y >= 0 and not _overlaps(box, taken))
    box = _best(free, sticker, ground)
    return None if box is None else Placement(sticker.sticker, box, flip)


def plan(
    scene: Rgb,
    stickers: Sequence[LibrarySticker],
    obstacles: Sequence[Detection],
    settings: PlacementSettings,
    *,
    scene_key: str,
) -> list[Placement]:
    """Place up to `settings.stickers_per_scene` stickers on a scene.

    Objects stand on ground, the nearer the larger, and as large as what was found in the scene
    says; what an edge of its photo cut is cut by the same edge of the scene; nothing overlaps what
    was found in the scene, or another sticker; among equally good places, the one whose
    surroundings are closest in color is taken.

    Args:
        scene: (height, width, 3) uint8 RGB.
        stickers: candidates, best first (`candidates_from`); one that does not fit is passed over.
        obstacles: what the scene shows already, in its pixels.
        scene_key: decides, with `settings.seed`, between places.

    Returns:
        Boxes in scene pixels, which reach past the edges where the scene cuts the object; empty
        where there is no room or no sticker.
    """
    ground, taken = ground_of(scene), [each.box for each in obstacles]
    placements: list[Placement] = []
    for sticker in stickers:
        if len(placements) == settings.stickers_per_scene:
            break
        placement = _placed(sticker, ground, obstacles, taken, settings, scene_key)
        if placement is not None:
            taken.append(placement.box)
            placements.append(placement)
    return placements
