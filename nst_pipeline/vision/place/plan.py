"""Plan where stickers go on a scene: on what carries them, in their size, clear of things."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.settings import PlacementSettings
from nst_pipeline.vision.images.color import to_lab
from nst_pipeline.vision.images.resize import resize
from nst_pipeline.vision.place.choose import LibrarySticker, name_hash
from nst_pipeline.vision.place.layout import OBSTACLES, Layout, Map
from nst_pipeline.vision.place.perspective import (
    USUAL,
    Perspective,
    fit_perspective,
    visible_height,
)
from nst_pipeline.vision.place.support import GROUND, HANGING, SURFACES_OF, name_of
from nst_pipeline.vision.place.things import Support, Thing, thing_named
from nst_pipeline.vision.shapes import Box, Detection, Placement, Rgb

_UNKNOWN = Thing(0.0, 3.0, ("ground", "floor", "table"))
"""What is assumed of a thing with an unknown name: nothing of its height."""


@dataclass(frozen=True)
class PlanParameters:
    """Tuned constants of planning. Fractions are of the named length."""

    max_enlargement: float = 1.5
    """A sticker enlarged by more than this looks soft compared with the scene."""
    tries: int = 160
    """Random boxes tried for each sticker and support."""
    standing_fraction: float = 0.1
    """Of the object's height, from the foot up: the part with its support visible behind it."""
    forward_fraction: float = 0.06
    """Of the object's height: support required in front of the foot."""
    strips: int = 3
    """The support is rated in this many vertical strips. The worst one counts, so that the object
    stands on both ends."""
    plausible: float = 0.45
    """The first sticker from this plausibility on is taken."""
    plausibility_tolerance: float = 0.03
    """Boxes whose plausibility differs by less are equally good, and colors decide."""
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
    blocked: float = 0.03
    """Share of a box that shows obstacles which stand as near, or nearer, at which its plausibility
    falls to 0.6."""
    covered: float = 0.2
    """The same for obstacles that stand behind, and are covered."""
    nearest: float = 1.5
    """How many times as near as the scene's lowest row an object stands that the bottom edge
    cuts."""
    lowered: float = 1.2
    """An object that the bottom edge cuts may be lower than perspective says by this factor: it is
    not known how much of it is cut off."""
    hidden_support: float = 0.7
    """Probability that such an object has ground to stand on, if none is seen."""
    clearance: float = 0.08
    """Of the object's height: how much higher the foot of what stands behind is."""
    doubtful_size: float = 0.8
    """Standard deviation of the logarithm of a size at which its plausibility is half."""
    given_spread: float = 1.05
    """Spread of a height that the user gave."""


@dataclass(frozen=True)
class Planned:
    """A placement, and what speaks for it.

    Attributes
    ----------
    placement
        Where.
    plausibility
        0..1: how sure it is that the thing is carried there, is not in the way, and has its size.
    why
        A few words.
    """

    placement: Placement
    plausibility: float
    why: str


@dataclass(frozen=True)
class Plan:
    """What was planned for a scene.

    Attributes
    ----------
    planned
        The most plausible first.
    refused
        Why a sticker does not fit, by its name.
    """

    planned: tuple[Planned, ...]
    refused: dict[str, str]


@dataclass(frozen=True)
class _Rated:
    box: Box
    plausibility: float
    support: Support
    carried: float
    free: float


def _overlap_any(box: Box, others: Sequence[Box]) -> bool:
    return any(
        box.x < other.right
        and other.x < box.right
        and box.y < other.bottom
        and other.y < box.bottom
        for other in others
    )


@dataclass(frozen=True)
class _Cells:
    """Means over boxes of scene pixels, of what is known of a layout's cells."""

    integral: NDArray[np.float64]
    width: int
    height: int

    @staticmethod
    def of(values: NDArray[np.float32], scene: Rgb) -> _Cells:
        """Prepare values, (rows, columns, channels)."""
        integral = np.asarray(
            cv2.integral(np.ascontiguousarray(values), sdepth=cv2.CV_64F), np.float64
        )
        return _Cells(integral.reshape(*integral.shape[:2], -1), scene.shape[1], scene.shape[0])

    def mean(self, box: Box) -> NDArray[np.float64]:
        """Return the mean, (channels,); a box narrower than a cell has that cell's values."""
        rows, columns = (side - 1 for side in self.integral.shape[:2])
        left, right = (round(x * columns / self.width) for x in (box.x, box.right))
        top, bottom = (round(y * rows / self.height) for y in (box.y, box.bottom))
        left, top = min(max(left, 0), columns - 1), min(max(top, 0), rows - 1)
        right, bottom = min(max(right, left + 1), columns), min(max(bottom, top + 1), rows)
        sums = self.integral
        total = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
        return np.asarray(total / ((right - left) * (bottom - top)))


@dataclass(frozen=True)
class _Planner:
    """One scene, and the rules for placing stickers on it."""

    scene: Rgb
    layout: Layout
    references: Sequence[Detection]
    settings: PlacementSettings
    parameters: PlanParameters

    @cached_property
    def _obstacles(self) -> Map:
        return self.layout.probability(OBSTACLES)

    @cached_property
    def _feet(self) -> Map:
        """For cells that show an obstacle, the row below its lowest cell in the same column."""
        is_obstacle = self._obstacles > 0.5
        feet = np.zeros(is_obstacle.shape, np.float32)
        below = np.zeros(is_obstacle.shape[1], np.float32)
        for row in range(len(feet) - 1, -1, -1):
            below = np.where(is_obstacle[row], np.maximum(below, row + 1), 0)
            feet[row] = below
        return feet

    @cached_property
    def _colors(self) -> _Cells:
        rows, columns = self.layout.log_meter.shape
        return _Cells.of(to_lab(resize(self.scene, columns, rows)), self.scene)

    def best(self, sticker: LibrarySticker, taken: Sequence[Box], scene_key: str) -> Planned | str:
        """Find the most plausible box for a sticker, or say why there is none."""
        settings, parameters = self.settings, self.parameters
        rng = np.random.default_rng(name_hash(f"{settings.seed}\0{scene_key}\0{sticker.sticker}"))
        flip = settings.flip and rng.random() < 0.5
        thing = self._thing(sticker)
        rated, why = [], "the scene shows nothing that carries it"
        for support in thing.stands_on:
            cells = self.layout.fit(SURFACES_OF[support])
            height = self.scene.shape[0]
            prior = USUAL if support in GROUND else None
            plane = fit_perspective(self.layout, cells, self.references, height, prior=prior)
            if sticker.touches_bottom:
                plane = plane or prior  # Nobody sees where it stands.
            if plane is None:
                continue
            found = list(self._rate(sticker, thing, support, plane, taken, flip, rng))
            why = why if found else "it would be too small, too large, or in the way"
            rated += found
        best = max((each.plausibility for each in rated), default=0.0)
        if not rated:
            return why
        if best < settings.min_plausibility:
            return f"plausibility {best:.2f} at best (placement.min_plausibility)"
        limit = max(settings.min_plausibility, best - parameters.plausibility_tolerance)
        good = [each for each in rated if each.plausibility >= limit]
        chosen = min(good, key=lambda each: self._color_difference(sticker, each.box))
        size = f"{thing.height_m:.3g} m tall" if thing.height_m else "of unknown size"
        why = (
            f"{name_of(chosen.support)} ({chosen.carried:.2f}), {size}, "
            f"free of obstacles ({chosen.free:.2f})"
        )
        placement = Placement(sticker.sticker, chosen.box, flip)
        return Planned(placement, round(chosen.plausibility, 4), why)

    def _thing(self, sticker: LibrarySticker) -> Thing:
        """Return what is known of a sticker's thing; what the user says comes first."""
        thing = thing_named(sticker.label) or _UNKNOWN
        given = sticker.height_m or self.settings.heights_m.get(sticker.label)
        if given is None:
            return thing
        return replace(thing, height_m=given, spread=self.parameters.given_spread)

    def _rate(
        self,
        sticker: LibrarySticker,
        thing: Thing,
        support: Support,
        plane: Perspective,
        taken: Sequence[Box],
        flip: bool,
        rng: np.random.Generator,
    ) -> Iterator[_Rated]:
        """Draw random boxes in perspective, and rate those that do not overlap what is taken."""
        parameters = self.parameters
        cells = _Cells.of(self.layout.fit(SURFACES_OF[support])[..., None], self.scene)
        usual = 1.0 if support == thing.stands_on[0] else 0.85
        doubt = float(np.hypot(plane.spread, np.log(thing.spread)))
        certain = 1 / (1 + (doubt / parameters.doubtful_size) ** 2)
        for _ in range(parameters.tries):
            box = self._random_box(sticker, thing, support, plane, flip, rng)
            if box is None or box.y < 0 or _overlap_any(box, taken):
                continue
            carried = self._carried(box, cells, support, sticker)
            free = self._free(box)
            yield _Rated(box, usual * carried * free * certain, support, carried, free)

    def _random_box(
        self,
        sticker: LibrarySticker,
        thing: Thing,
        support: Support,
        plane: Perspective,
        flip: bool,
        rng: np.random.Generator,
    ) -> Box | None:
        """Draw a random box; None if the thing would be too small or too large there."""
        settings, parameters = self.settings, self.parameters
        across, row = rng.random(), rng.uniform(0.2, parameters.lowest_foot)
        scene_height, scene_width = self.scene.shape[:2]
        lowest, highest = settings.min_height_fraction, settings.max_height_fraction
        if sticker.touches_bottom:
            row = 1.0
        if thing.height_m and sticker.touches_bottom and support in GROUND:
            nearness = rng.uniform(1, parameters.nearest)
            fraction = visible_height(plane, thing.height_m, nearness)
            if fraction <= parameters.lowered * highest:
                fraction = min(fraction, highest)
        elif thing.height_m and support != "air":
            fraction = float(plane.meter(row)) * thing.height_m
            fraction *= thing.spread ** (rng.uniform(-0.5, 0.5))
        else:
            near = float(plane.meter(row) / plane.meter(1.0)) if support not in HANGING else 1.0
            fraction = near * (lowest + highest) / 2
        fit = (1 - 2 * parameters.side_margin_fraction) * scene_width / sticker.width
        possible = min(parameters.max_enlargement, fit) * sticker.height / scene_height
        if not lowest <= fraction <= min(highest, possible):
            return None
        height = max(1, round(fraction * scene_height))
        width = max(1, round(sticker.width * height / sticker.height))
        foot = round(row * scene_height)
        if sticker.touches_bottom:
            foot = scene_height + max(1, round(parameters.cut_overlap_fraction * height))
        return Box(self._left(sticker, width, flip, across), foot - height, width, height)

    def _left(self, sticker: LibrarySticker, width: int, flip: bool, across: float) -> int:
        """Return the first column of a box; `across` is its position, 0 (left) to 1 (right)."""
        cut_left, cut_right = sticker.touches_left, sticker.touches_right
        if flip:
            cut_left, cut_right = cut_right, cut_left
        scene_width: int = self.scene.shape[1]
        past_edge = max(1, round(self.parameters.cut_overlap_fraction * width))
        if cut_left:
            return -past_edge
        if cut_right:
            return scene_width - width + past_edge
        margin = round(self.parameters.side_margin_fraction * scene_width)
        return margin + round(across * (scene_width - 2 * margin - width))

    def _carried(self, box: Box, cells: _Cells, support: Support, sticker: LibrarySticker) -> float:
        """Estimate the probability, 0..1, that a box's support carries it over its whole width."""
        parameters = self.parameters
        if support in HANGING:
            return float(cells.mean(box)[0])
        if sticker.touches_bottom and support in GROUND:
            # Its feet are out of sight.
            return parameters.hidden_support
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
        return min(float(cells.mean(strip)[0]) for strip in strips)

    def _free(self, box: Box) -> float:
        """Estimate how clear of obstacles a box is, 0..1; covering what stands behind is less bad.

        An obstacle stands where, in its column, the lowest of its cells is.
        """
        parameters, obstacles = self.parameters, self._obstacles
        rows, columns = obstacles.shape
        height, width = self.scene.shape[:2]
        inside = box.clipped(width, height)
        top, bottom = (round(y * rows / height) for y in (inside.y, inside.bottom))
        left, right = (round(x * columns / width) for x in (inside.x, inside.right))
        part = (slice(top, max(bottom, top + 1)), slice(left, max(right, left + 1)))
        shown = obstacles[part]
        if not shown.size:
            return 0.0
        behind = (box.bottom - parameters.clearance * box.height) * rows / height
        is_near = self._feet[part] >= behind
        blocked, covered = (float((shown * each).mean()) for each in (is_near, ~is_near))
        off = (blocked / parameters.blocked) ** 2 + (covered / parameters.covered) ** 2
        return float(np.exp(-off / 2))

    def _color_difference(self, sticker: LibrarySticker, box: Box) -> float:
        """Return the LAB distance of a sticker's mean color from its surroundings, 0 if unknown."""
        if sticker.lab is None:
            return 0.0
        reach = round(self.parameters.surroundings_fraction * max(box.width, box.height))
        return float(np.linalg.norm(self._colors.mean(box.expanded(reach)) - sticker.lab))


def plan(
    scene: Rgb,
    layout: Layout,
    stickers: Sequence[LibrarySticker],
    obstacles: Sequence[Detection],
    settings: PlacementSettings,
    *,
    scene_key: str,
    parameters: PlanParameters = PlanParameters(),
) -> Plan:
    """Place up to `settings.stickers_per_scene` stickers on a scene.

    Things stand on what usually carries them, are as large as they are in reality, and keep clear
    of what the scene shows. An object that an edge of its photo cuts is cut by the same edge of the
    scene. The first stickers that are plausible enough are taken, or else the most plausible ones,
    each at its most plausible place; among equally good places, the one with surroundings closest
    in color.

    Parameters
    ----------
    scene
        (height, width, 3) uint8 RGB.
    layout
        The scene's surfaces and scale.
    stickers
        Candidates, best first (see `sticker_candidates`).
    obstacles
        Objects that the scene already shows, in its pixels. Those of a known height tell the
        scene's scale.
    settings
        Number of stickers, their heights, whether they may be mirrored, and the seed.
    scene_key
        Seeds the random boxes, together with `settings.seed`; equal keys give equal placements.
    parameters
        Tuned constants.

    Returns
    -------
    Plan
        Boxes in scene pixels, which reach past the edges where the scene cuts the object.
    """
    planner = _Planner(scene, layout, obstacles, settings, parameters)
    taken = [each.box for each in obstacles]
    planned: list[Planned] = []
    refused: dict[str, str] = {}
    left = list(stickers)
    while left and len(planned) < settings.stickers_per_scene:
        found = {each.sticker: planner.best(each, taken, scene_key) for each in left}
        refused |= {name: why for name, why in found.items() if isinstance(why, str)}
        fitting = [each for each in found.values() if isinstance(each, Planned)]
        if not fitting:
            break
        # The first that is plausible enough, so that no sticker takes all scenes.
        limit = min(parameters.plausible, max(each.plausibility for each in fitting))
        best = next(each for each in fitting if each.plausibility >= limit)
        planned.append(best)
        taken.append(best.placement.box)
        left = [
            each
            for each in left
            if each.sticker != best.placement.sticker and each.sticker not in refused
        ]
    return Plan(tuple(planned), refused)
