"""Plan where stickers go on a scene: on its ground, in its perspective, where their colors fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from nst_pipeline.settings import PlacementSettings
from nst_pipeline.vision.place.choose import LibrarySticker, name_hash
from nst_pipeline.vision.place.ground import Ground, estimate_ground
from nst_pipeline.vision.place.scale import foot_at, height_at_bottom_edge
from nst_pipeline.vision.shapes import Box, Detection, Placement, Rgb


@dataclass(frozen=True)
class PlanParameters:
    """Tuned constants of planning. Fractions are of the named length."""

    max_enlargement: float = 1.5
    """A sticker enlarged by more than this looks soft compared with the scene."""
    tries: int = 96
    """Random boxes tried for each sticker."""
    standing_fraction: float = 0.25
    """Of the object's height, from the foot up: the part with ground visible behind it."""
    forward_fraction: float = 0.06
    """Of the object's height: ground required in front of the foot."""
    strips: int = 3
    """The ground is rated in this many vertical strips. The worst one counts, so that the object
    stands on both ends."""
    min_support: float = 0.3
    """Lowest confidence in the ground; with less, objects seem to float."""
    support_tolerance: float = 0.1
    """Boxes whose confidence differs by less are equally good, and colors decide."""
    surroundings_fraction: float = 0.3
    """Of the object's longer side: reach of the surroundings whose color is compared."""
    side_margin_fraction: float = 0.02
    """Of the scene's width: room between the sticker and the left and right edges."""
    cut_overlap_fraction: float = 0.04
    """Of a cut-off object's side: how far it reaches past the scene's edge, which hides the cut and
    a frayed matte."""
    lowest_foot: float = 0.97
    """Of the scene's height: lowest row of a foot, a little above the bottom edge, so that the foot
    is visible."""


@dataclass(frozen=True)
class _HeightRange:
    """Limits of a sticker's height, as fractions of the scene's height."""

    at_bottom_edge: float
    """Height at the scene's bottom edge; farther away it is shorter, in proportion."""
    lowest: float
    highest: float


def _overlap_any(box: Box, others: Sequence[Box]) -> bool:
    return any(
        box.x < other.right
        and other.x < box.right
        and box.y < other.bottom
        and other.y < box.bottom
        for other in others
    )


@dataclass(frozen=True)
class _Planner:
    """One scene, and the rules for placing stickers on it."""

    ground: Ground
    obstacles: Sequence[Detection]
    settings: PlacementSettings
    parameters: PlanParameters

    def place(
        self, sticker: LibrarySticker, taken: Sequence[Box], scene_key: str
    ) -> Placement | None:
        """Find a box for a sticker that overlaps none of `taken`; None if there is no room."""
        settings = self.settings
        rng = np.random.default_rng(name_hash(f"{settings.seed}\0{scene_key}\0{sticker.sticker}"))
        flip = settings.flip and rng.random() < 0.5
        heights = self._height_range(sticker)
        if heights is None:
            return None
        boxes = (
            self._random_box(sticker, heights, flip, rng) for _ in range(self.parameters.tries)
        )
        free = (box for box in boxes if box.y >= 0 and not _overlap_any(box, taken))
        box = self._best(free, sticker)
        return None if box is None else Placement(sticker.sticker, box, flip)

    def _height_range(self, sticker: LibrarySticker) -> _HeightRange | None:
        """Compute how tall a sticker may be; None if it has too few pixels for the least height.

        An object of unknown size gets a medium height at the bottom edge.
        """
        ground, parameters = self.ground, self.parameters
        lowest, highest = self.settings.min_height_fraction, self.settings.max_height_fraction
        known = height_at_bottom_edge(
            sticker.label, ground.horizon, self.obstacles, ground.scene_height
        )
        at_bottom = max(known or (lowest + highest) / 2, lowest / parameters.lowest_foot)
        fit = (1 - 2 * parameters.side_margin_fraction) * ground.scene_width / sticker.width
        possible = min(parameters.max_enlargement, fit) * sticker.height / ground.scene_height
        if round(possible * ground.scene_height) < round(lowest * ground.scene_height):
            return None
        return _HeightRange(
            at_bottom,
            lowest,
            max(lowest, min(possible, highest, at_bottom * parameters.lowest_foot)),
        )

    def _left(self, sticker: LibrarySticker, width: int, flip: bool, across: float) -> int:
        """Return the first column of a box; `across` is its position, 0 (left) to 1 (right)."""
        cut_left, cut_right = sticker.touches_left, sticker.touches_right
        if flip:
            cut_left, cut_right = cut_right, cut_left
        scene_width = self.ground.scene_width
        past_edge = max(1, round(self.parameters.cut_overlap_fraction * width))
        if cut_left:
            return -past_edge
        if cut_right:
            return scene_width - width + past_edge
        margin = round(self.parameters.side_margin_fraction * scene_width)
        return margin + round(across * (scene_width - 2 * margin - width))

    def _random_box(
        self,
        sticker: LibrarySticker,
        heights: _HeightRange,
        flip: bool,
        rng: np.random.Generator,
    ) -> Box:
        """Draw a random box in perspective: the nearer the foot, the taller."""
        across, fraction = rng.random(), rng.uniform(heights.lowest, heights.highest)
        if sticker.touches_bottom:
            fraction = heights.highest
        scene_height = self.ground.scene_height
        height = max(1, round(fraction * scene_height))
        width = max(1, round(sticker.width * height / sticker.height))
        if sticker.touches_bottom:
            foot = scene_height + max(1, round(self.parameters.cut_overlap_fraction * height))
        else:
            near = fraction / heights.at_bottom_edge
            foot = round(foot_at(near, self.ground.horizon) * scene_height)
        return Box(self._left(sticker, width, flip, across), foot - height, width, height)

    def _support(self, box: Box) -> float:
        """Estimate the confidence, 0..1, that an object has ground under its whole width."""
        parameters = self.parameters
        behind, before = (
            round(fraction * box.height)
            for fraction in (parameters.standing_fraction, parameters.forward_fraction)
        )
        top, height = box.bottom - behind, max(1, behind + before)
        edges = [
            box.x + round(box.width * strip / parameters.strips)
            for strip in range(parameters.strips + 1)
        ]
        strips = (Box(left, top, max(1, right - left), height) for left, right in pairwise(edges))
        return min(self.ground.mean_confidence(strip) for strip in strips)

    def _color_difference(self, sticker: LibrarySticker, box: Box) -> float:
        """Return the LAB distance of a sticker's mean color from its surroundings, 0 if unknown."""
        if sticker.lab is None:
            return 0.0
        reach = round(self.parameters.surroundings_fraction * max(box.width, box.height))
        return float(np.linalg.norm(self.ground.mean_lab(box.expanded(reach)) - sticker.lab))

    def _best(self, boxes: Iterator[Box], sticker: LibrarySticker) -> Box | None:
        """Choose the box with the best ground; among equally good ones, the closest in color."""
        rated = [(self._support(box), box) for box in boxes]
        best = max((support for support, _ in rated), default=0.0)
        # An object that the bottom edge cuts needs no ground: its feet are out of sight.
        least = 0.0 if sticker.touches_bottom else self.parameters.min_support
        limit = max(least, best - self.parameters.support_tolerance)
        good = [box for support, box in rated if support >= limit]
        return min(good, key=lambda box: self._color_difference(sticker, box), default=None)


def plan(
    scene: Rgb,
    stickers: Sequence[LibrarySticker],
    obstacles: Sequence[Detection],
    settings: PlacementSettings,
    *,
    scene_key: str,
    parameters: PlanParameters = PlanParameters(),
) -> list[Placement]:
    """Place up to `settings.stickers_per_scene` stickers on a scene.

    Objects stand on the ground. They are larger the nearer they stand, in proportion to the objects
    found in the scene. An object that an edge of its photo cuts is cut by the same edge of the
    scene. Nothing overlaps an obstacle or another sticker. Among equally good boxes, the one with
    surroundings closest in color is taken.

    Parameters
    ----------
    scene
        (height, width, 3) uint8 RGB.
    stickers
        Candidates, best first (see `sticker_candidates`). One that does not fit is skipped.
    obstacles
        Objects that the scene already shows, in its pixels.
    settings
        Number of stickers, their heights, whether they may be mirrored, and the seed.
    scene_key
        Seeds the random boxes, together with `settings.seed`; equal keys give equal placements.
    parameters
        Tuned constants.

    Returns
    -------
    list of Placement
        Boxes in scene pixels, which reach past the edges where the scene cuts the object. Empty if
        there is no room or no sticker.

    Examples
    --------
    >>> lawn = np.full((200, 300, 3), (90, 140, 70), np.uint8)
    >>> lawn[:100] = (150, 190, 240)  # sky
    >>> dog = LibrarySticker("dog.0", "dog", 120, 90, quality=0.9)
    >>> [placement] = plan(lawn, [dog], [], PlacementSettings(), scene_key="lawn")
    >>> placement.sticker, placement.box.bottom > 100
    ('dog.0', True)
    """
    planner = _Planner(estimate_ground(scene), obstacles, settings, parameters)
    taken = [each.box for each in obstacles]
    placements: list[Placement] = []
    for sticker in stickers:
        if len(placements) == settings.stickers_per_scene:
            break
        placement = planner.place(sticker, taken, scene_key)
        if placement is not None:
            taken.append(placement.box)
            placements.append(placement)
    return placements
