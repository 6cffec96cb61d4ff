"""Plan where stickers go on a scene: on what carries them, in their size, clear of things."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import islice, pairwise

import numpy as np

from nst_pipeline.settings import PlacementSettings
from nst_pipeline.vision.images.color import to_lab
from nst_pipeline.vision.images.edges import find_edges
from nst_pipeline.vision.images.resize import resize
from nst_pipeline.vision.place.cells import Cells
from nst_pipeline.vision.place.choose import LibrarySticker, name_hash
from nst_pipeline.vision.place.layout import SIDE_PX, Layout
from nst_pipeline.vision.place.obstacles import Obstacles
from nst_pipeline.vision.place.perspective import (
    USUAL,
    Perspective,
    fit_perspective,
    usual_plane,
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

    max_enlargement: float = 1.25
    """A sticker enlarged by more than this looks soft compared with the scene."""
    tries: int = 160
    """Random boxes tried for each sticker and support."""
    standing_fraction: float = 0.1
    """Of the object's height, from the foot up: the part with its support visible behind it."""
    forward_fraction: float = 0.06
    """Of the object's height: support required in front of the foot."""
    foot_fraction: float = 0.02
    """Of the scene's height, around a foot that somebody put: the part whose support counts."""
    strips: int = 3
    """The support is rated in this many vertical strips. The worst one counts, so that the object
    stands on both ends."""
    carried_power: float = 1.5
    """Of the probability that a place carries the thing: a place that may be water is worse than
    an object that may be in the way."""
    places: int = 2
    """Places that a sticker is tried at."""
    plausible: float = 0.6
    """Places from this plausibility on count as tries."""
    plausibility_tolerance: float = 0.03
    """Boxes whose plausibility differs by less are equally good, and colors decide."""
    surroundings_fraction: float = 0.3
    """Of the object's longer side: reach of the surroundings whose color is compared."""
    side_margin_fraction: float = 0.02
    """Of the scene's width: room between the sticker and the left and right edges."""
    cut_overlap_fraction: float = 0.04
    """Of a cut-off object's side: how far it reaches past the scene's edge, which hides the cut and
    a frayed matte."""
    feet: tuple[float, float] = (0.2, 0.97)
    """Rows of feet, as fractions of the scene's height: a little above the bottom edge, so that a
    foot is visible."""
    second_support: float = 0.85
    """Plausibility of a support that is not a thing's most usual one."""
    tallest_in_air: float = 0.22
    """Of the scene's height. What flies may be at any distance, but is seldom near."""
    nearest: float = 1.5
    """How many times as near as the scene's lowest row an object stands that the bottom edge
    cuts."""
    lowered: float = 1.2
    """An object that the bottom edge cuts may be lower than perspective says by this factor: it is
    not known how much of it is cut off."""
    hidden_support: float = 0.7
    """Probability that such an object has ground to stand on, if none is seen."""
    doubtful_size: float = 0.8
    """Standard deviation of the logarithm of a size at which its plausibility is half."""
    given_spread: float = 1.05
    """Spread of a height that the user gave."""
    tolerated_size: float = 0.2
    """Logarithm of the size by which an object may be off besides."""
    doubtful_view: float = 20.0
    """Degrees by which a thing is seen from further above or below than in its own photo, at which
    a place is half as plausible."""
    roadside_reach: float = 1.0
    """Of a thing's height, to each side of it: within it the road ends, or begins."""
    strange: float = 0.5
    """Kinship below which a place is less plausible, in proportion."""
    kin: float = 0.65
    """From this kinship on, stickers are equally welcome."""
    busy: float = 0.05
    """Share of a wall that edges cover at which something is hung there 0.6 times as readily: who
    hangs a clock on a poster or a curtain?"""
    same_place: float = 0.3
    """Share of the smaller of two boxes from which on they are one place."""


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
    kinship
        0..1: how well the sticker belongs into the scene.
    """

    placement: Placement
    plausibility: float
    why: str
    kinship: float = 1.0


Judge = Callable[[Planned], float]
"""Function that rates a placement; the higher, the better."""
Kinship = Callable[[LibrarySticker], float]
"""Function that rates how well a sticker belongs into the scene, 0..1."""


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


def _shared_area(box: Box, other: Box) -> float:
    """Return the area that two boxes share, as a fraction of the smaller one's."""
    width = min(box.right, other.right) - max(box.x, other.x)
    height = min(box.bottom, other.bottom) - max(box.y, other.y)
    smaller = min(box.width * box.height, other.width * other.height)
    return max(0, width) * max(0, height) / smaller


def _overlap_any(box: Box, others: Sequence[Box]) -> bool:
    return any(
        box.x < other.right
        and other.x < box.right
        and box.y < other.bottom
        and other.y < box.bottom
        for other in others
    )


@dataclass(frozen=True)
class _Subject:
    """A sticker that is to be placed, and what it shows."""

    sticker: LibrarySticker
    thing: Thing
    flip: bool

    @property
    def stands_out_of_sight(self) -> bool:
        """Whether the scene's bottom edge must hide where it stands."""
        return self.sticker.touches_bottom


@dataclass(frozen=True)
class _Stand:
    """A support in the scene: the plane that it lies in, and the fit of each cell."""

    support: Support
    plane: Perspective
    fit: Cells

    @property
    def goes_on_below(self) -> bool:
        """Whether there is more of it below the scene's bottom edge."""
        return self.support in GROUND


def _alike(sticker: LibrarySticker) -> float:
    """Rate any sticker as if its own photo were the scene."""
    del sticker
    return 1.0


@dataclass(frozen=True)
class _Planner:
    """One scene, and the rules for placing stickers on it."""

    scene: Rgb
    layout: Layout
    references: Sequence[Detection]
    settings: PlacementSettings
    parameters: PlanParameters
    judge: Judge
    round: int
    turned_down: Sequence[Placement] = ()
    kinship: Kinship = _alike

    @cached_property
    def _supports(self) -> dict[Support, tuple[Perspective | None, Cells]]:
        """The plane of each support, None if the scene does not show it, and how well cells fit."""
        height, found = self.scene.shape[0], {}
        for support, fits in SURFACES_OF.items():
            fit, prior = self.layout.fit(fits), usual_plane(support)
            plane = fit_perspective(self.layout, fit, self.references, height, prior=prior)
            found[support] = plane, Cells.of(fit, self.scene)
        return found

    @cached_property
    def _obstacles(self) -> Obstacles:
        return Obstacles(self.layout, self.scene)

    @cached_property
    def _road(self) -> Cells:
        return Cells.of(self.layout.probability(["road"]), self.scene)

    @cached_property
    def _water(self) -> Cells:
        return Cells.of(self.layout.probability(["water"]), self.scene)

    @cached_property
    def _edges(self) -> Cells:
        """Where the scene has edges."""
        return Cells.of(find_edges(self.scene, SIDE_PX).astype(np.float32), self.scene)

    @cached_property
    def _colors(self) -> Cells:
        rows, columns = self.layout.log_meter.shape
        return Cells.of(to_lab(resize(self.scene, columns, rows)), self.scene)

    def best(
        self, sticker: LibrarySticker, taken: Sequence[Box], scene_key: str
    ) -> list[Planned] | str:
        """Find the most plausible boxes for a sticker, or say why there is none."""
        settings = self.settings
        if self._belongs(sticker) < settings.min_plausibility:
            return "it is at home elsewhere (placement.min_plausibility)"
        rng = np.random.default_rng(name_hash(f"{settings.seed}\0{scene_key}\0{sticker.sticker}"))
        flip = settings.flip and rng.random() < 0.5
        subject = _Subject(sticker, self._thing(sticker), flip)
        stands = list(self._stands(subject))
        if not stands:
            return "the scene shows nothing that carries it"
        rated = [
            each
            for stand in stands
            for each in self._rate(subject, stand, rng)
            if not _overlap_any(each.box, taken) and not self._is_turned_down(sticker, each.box)
        ]
        if not rated:
            return "it would be too small, too large, or in the way"
        best = max(each.plausibility for each in rated)
        if best < settings.min_plausibility:
            if all(subject.sticker.standing(each.support) < 0.5 for each in rated):
                return "it does not stand in its own photo on what could carry it"
            return f"plausibility {best:.2f} at best (placement.min_plausibility)"
        first = self.parameters.places * self.round
        found = list(islice(self._places(subject, rated), first, first + self.parameters.places))
        return found or "earlier variants of the scene have taken its places"

    def _belongs(self, sticker: LibrarySticker) -> float:
        """Return how much of its plausibility a sticker keeps in this scene, 0..1."""
        return min(self.kinship(sticker) / self.parameters.strange, 1.0)

    def _is_turned_down(self, sticker: LibrarySticker, box: Box) -> bool:
        return any(
            each.sticker == sticker.sticker
            and _shared_area(each.box, box) >= self.parameters.same_place
            for each in self.turned_down
        )

    def _places(self, subject: _Subject, rated: Sequence[_Rated]) -> Iterator[Planned]:
        """Yield places that do not overlap, the most plausible first."""
        while rated:
            best = max(each.plausibility for each in rated)
            if best < self.settings.min_plausibility:
                return
            found = self._planned(subject, rated, best - self.parameters.plausibility_tolerance)
            yield found
            box = found.placement.box
            rated = [each for each in rated if not _overlap_any(each.box, [box])]

    def _by_kinship(self, stickers: Sequence[LibrarySticker]) -> list[LibrarySticker]:
        """Sort stickers; those that are kin enough stay in order, so that none takes all scenes."""
        enough = self.parameters.kin
        return sorted(stickers, key=lambda each: -min(self.kinship(each), enough))

    def choose(
        self,
        stickers: Sequence[LibrarySticker],
        taken: Sequence[Box],
        scene_key: str,
        refused: dict[str, str],
    ) -> Planned | None:
        """Find places until enough are plausible, and take the one that is judged best.

        Why other stickers do not fit is added to `refused`, by their names.
        """
        fitting: list[Planned] = []
        for sticker in self._by_kinship(stickers):
            found = self.best(sticker, taken, scene_key)
            if isinstance(found, str):
                refused[sticker.sticker] = found
                continue
            fitting += found
            good = sum(each.plausibility >= self.parameters.plausible for each in fitting)
            # Those that follow are not even tried, so that no sticker takes all scenes.
            if good >= self.settings.tries:
                break
        fitting.sort(key=lambda each: each.plausibility, reverse=True)
        return max(fitting[: self.settings.tries], key=self.judge, default=None)

    def _planned(self, subject: _Subject, rated: Sequence[_Rated], limit: float) -> Planned:
        """Choose by color among the boxes from a plausibility on."""
        good = [each for each in rated if each.plausibility >= limit]
        chosen = min(good, key=lambda each: self._color_difference(subject.sticker, each.box))
        height_m = subject.thing.height_m
        size = f"{height_m:.3g} m tall" if height_m else "of unknown size"
        kinship = self.kinship(subject.sticker)
        why = (
            f"{name_of(chosen.support)} ({chosen.carried:.2f}), {size}, "
            f"free of obstacles ({chosen.free:.2f}), at home there ({kinship:.2f})"
        )
        hangs = chosen.support in HANGING
        placement = Placement(subject.sticker.sticker, chosen.box, subject.flip, hangs)
        return Planned(placement, round(chosen.plausibility, 4), why, kinship)

    def _thing(self, sticker: LibrarySticker) -> Thing:
        """Return what is known of a sticker's thing; what the user says comes first."""
        thing = thing_named(sticker.label) or _UNKNOWN
        given = sticker.height_m or self.settings.heights_m.get(sticker.label)
        if given is None:
            return thing
        return replace(thing, height_m=given, spread=self.parameters.given_spread)

    def _stands(self, subject: _Subject) -> Iterator[_Stand]:
        """Find what carries a thing in the scene."""
        for support in subject.thing.stands_on:
            plane, fit = self._supports[support]
            if subject.stands_out_of_sight and support in GROUND:
                plane = plane or USUAL
            if plane is not None:
                yield _Stand(support, plane, fit)

    def _rate(self, subject: _Subject, stand: _Stand, rng: np.random.Generator) -> Iterator[_Rated]:
        """Draw random boxes in perspective, and rate them."""
        for _ in range(self.parameters.tries):
            box = self._random_box(subject, stand, rng)
            if box is not None and box.y >= 0:
                yield self._rated(subject, stand, box)

    def _rated(self, subject: _Subject, stand: _Stand, box: Box) -> _Rated:
        """Rate a box, whose size is right."""
        parameters, thing = self.parameters, subject.thing
        usual = 1.0 if stand.support == thing.stands_on[0] else parameters.second_support
        certain = 1 / (1 + (self._doubt(subject, stand) / parameters.doubtful_size) ** 2)
        carried, free = self._carried(subject, stand, box), self._obstacles.free(box)
        plausibility = usual * carried**parameters.carried_power * free * certain
        plausibility *= subject.sticker.standing(stand.support)
        plausibility *= self._seen_alike(subject, stand, box)
        plausibility *= self._belongs(subject.sticker)
        return _Rated(box, plausibility, stand.support, carried, free)

    def _seen_alike(self, subject: _Subject, stand: _Stand, box: Box) -> float:
        """Return how well the camera's angle at a place agrees with that of the own photo, 0..1."""
        own = subject.sticker.view
        if own is None or stand.support in HANGING or subject.stands_out_of_sight:
            return 1.0
        off = (
            stand.plane.angle(box.bottom / len(self.scene)) - own
        ) / self.parameters.doubtful_view
        return 1 / (1 + off**2)

    def _doubt(self, subject: _Subject, stand: _Stand) -> float:
        """Return the standard deviation of the logarithm of a size."""
        return float(np.hypot(stand.plane.spread, np.log(subject.thing.spread)))

    def assess(self, sticker: LibrarySticker, box: Box) -> float:
        """Rate a box that somebody chose, 0..1; it may be of the wrong size."""
        subject, best = _Subject(sticker, self._thing(sticker), flip=False), 0.0
        for stand in self._stands(subject):
            rated = self._rated(subject, stand, box.clipped(*self.scene.shape[1::-1]))
            fits = self._size_fit(subject, stand, box)
            best = max(best, rated.plausibility * fits)
        return best

    def height_at(self, sticker: LibrarySticker, foot: Box) -> float:
        """Compute how tall a thing is whose foot somebody put there, in heights of the scene."""
        subject = _Subject(sticker, self._thing(sticker), flip=False)
        thing, settings, row = subject.thing, self.settings, foot.bottom / len(self.scene)
        stands = sorted(self._stands(subject), key=lambda each: float(each.fit.mean(foot)[0]))
        plane = stands[-1].plane if stands else USUAL
        real = float(plane.meter(row)) * thing.height_m
        if settings.min_height_fraction <= real <= settings.max_height_fraction:
            return real
        near = float(plane.meter(row) / plane.meter(1.0))
        return near * (settings.min_height_fraction + settings.max_height_fraction) / 2

    def _size_fit(self, subject: _Subject, stand: _Stand, box: Box) -> float:
        """Return how well the height of a box agrees with perspective, 0..1."""
        height, thing = self.scene.shape[0], subject.thing
        hidden = subject.stands_out_of_sight and stand.goes_on_below
        if not thing.height_m or hidden or stand.support == "air":
            return 1.0
        expected = float(stand.plane.meter(box.bottom / height)) * thing.height_m
        off = float(np.log(box.height / height / expected))
        spread = np.hypot(self._doubt(subject, stand), self.parameters.tolerated_size)
        return float(np.exp(-((off / spread) ** 2) / 2))

    def _random_box(self, subject: _Subject, stand: _Stand, rng: np.random.Generator) -> Box | None:
        """Draw a random box; None if the thing would be too small or too large there."""
        parameters, sticker = self.parameters, subject.sticker
        scene_height, scene_width = self.scene.shape[:2]
        across, row = rng.random(), rng.uniform(*parameters.feet)
        if subject.stands_out_of_sight:
            row = 1.0
        fraction = self._height(subject, stand, row, rng)
        fit = (1 - 2 * parameters.side_margin_fraction) * scene_width / sticker.width
        possible = min(parameters.max_enlargement, fit) * sticker.height / scene_height
        highest = min(self.settings.max_height_fraction, possible)
        if not self.settings.min_height_fraction <= fraction <= highest:
            return None
        height = max(1, round(fraction * scene_height))
        width = max(1, round(sticker.width * height / sticker.height))
        foot = round(row * scene_height)
        if subject.stands_out_of_sight:
            foot += max(1, round(parameters.cut_overlap_fraction * height))
        return Box(self._left(subject, width, across), foot - height, width, height)

    def _height(
        self, subject: _Subject, stand: _Stand, row: float, rng: np.random.Generator
    ) -> float:
        """Compute how tall a thing is whose foot is in a row, in heights of the scene."""
        settings, thing, plane = self.settings, subject.thing, stand.plane
        lowest, highest = settings.min_height_fraction, settings.max_height_fraction
        if stand.support == "air":
            return float(rng.uniform(lowest, max(lowest, self.parameters.tallest_in_air)))
        if not thing.height_m:
            near = 1.0 if stand.support in HANGING else plane.meter(row) / plane.meter(1.0)
            return float(near * (lowest + highest) / 2)
        if subject.stands_out_of_sight and stand.goes_on_below:
            nearness = rng.uniform(1, self.parameters.nearest)
            visible = visible_height(plane, thing.height_m, nearness)
            can_be_lowered = visible <= self.parameters.lowered * highest
            return min(visible, highest) if can_be_lowered else visible
        varied = thing.height_m * thing.spread ** rng.uniform(-0.5, 0.5)
        return float(plane.meter(row) * varied)

    def _left(self, subject: _Subject, width: int, across: float) -> int:
        """Return the first column of a box; `across` is its position, 0 (left) to 1 (right)."""
        cut_left, cut_right = subject.sticker.touches_left, subject.sticker.touches_right
        if subject.flip:
            cut_left, cut_right = cut_right, cut_left
        scene_width: int = self.scene.shape[1]
        past_edge = max(1, round(self.parameters.cut_overlap_fraction * width))
        if cut_left:
            return -past_edge
        if cut_right:
            return scene_width - width + past_edge
        margin = round(self.parameters.side_margin_fraction * scene_width)
        return margin + round(across * (scene_width - 2 * margin - width))

    def _carried(self, subject: _Subject, stand: _Stand, box: Box) -> float:
        """Estimate the probability, 0..1, that a support carries a box over its whole width."""
        parameters = self.parameters
        if stand.support == "wall":
            busy = float(self._edges.mean(box)[0]) / parameters.busy
            return float(stand.fit.mean(box)[0] * np.exp(-(busy**2) / 2))
        if stand.support in HANGING:
            return float(stand.fit.mean(box)[0])
        if subject.stands_out_of_sight and stand.goes_on_below:
            # Water at the bottom edge goes on below it; anything else can end there.
            foot = Box(box.x, self.scene.shape[0] - 1, box.width, 1)
            return parameters.hidden_support * (1 - float(self._water.mean(foot)[0]))
        behind, before = (
            round(fraction * box.height)
            for fraction in (parameters.standing_fraction, parameters.forward_fraction)
        )
        top, height = box.bottom - behind, max(1, behind + before)
        edges = [
            box.x + round(box.width * strip / parameters.strips)
            for strip in range(parameters.strips + 1)
        ]
        beside = self._beside_road(box, top, height) if stand.support == "roadside" else 1.0
        strips = (Box(left, top, max(1, right - left), height) for left, right in pairwise(edges))
        return beside * min(float(stand.fit.mean(strip)[0]) for strip in strips)

    def _beside_road(self, box: Box, top: int, height: int) -> float:
        """Estimate the probability that a road ends to the left or right of a box's foot."""
        reach = max(1, round(self.parameters.roadside_reach * box.height))
        left, right = (
            float(self._road.mean(Box(x, top, reach, height))[0])
            for x in (box.x - reach, box.right)
        )
        return max(left, right) * (1 - min(left, right))

    def _color_difference(self, sticker: LibrarySticker, box: Box) -> float:
        """Return the LAB distance of a sticker's mean color from its surroundings, 0 if unknown."""
        if sticker.lab is None:
            return 0.0
        reach = round(self.parameters.surroundings_fraction * max(box.width, box.height))
        return float(np.linalg.norm(self._colors.mean(box.expanded(reach)) - sticker.lab))


def assess(
    scene: Rgb,
    layout: Layout,
    sticker: LibrarySticker,
    box: Box,
    obstacles: Sequence[Detection],
    settings: PlacementSettings,
    *,
    parameters: PlanParameters = PlanParameters(),
) -> float:
    """Rate a place that somebody chose, as `plan` rates places, and its size besides.

    Parameters
    ----------
    scene, layout, obstacles, settings, parameters
        As in `plan`.
    sticker
        What stands there.
    box
        Where, in scene pixels.

    Returns
    -------
    float
        Plausibility, 0..1; 0 if the scene shows nothing that carries the thing.
    """
    planner = _Planner(scene, layout, obstacles, settings, parameters, _plausibility, 0)
    return round(planner.assess(sticker, box), 4)


def height_at(
    scene: Rgb,
    layout: Layout,
    sticker: LibrarySticker,
    foot: tuple[int, int],
    settings: PlacementSettings,
    *,
    parameters: PlanParameters = PlanParameters(),
) -> int:
    """Compute how tall a thing is whose foot somebody put somewhere in a scene.

    Parameters
    ----------
    scene, layout, settings, parameters
        As in `plan`.
    sticker
        The thing.
    foot
        Column and row of its foot, in scene pixels.

    Returns
    -------
    int
        Pixels, at least 1. A thing of unknown height, or one that would be too small or too large
        there, gets a medium height, less the farther it is.
    """
    planner = _Planner(scene, layout, [], settings, parameters, _plausibility, 0)
    around = Box(foot[0], foot[1] - 1, 1, 1).expanded(round(len(scene) * parameters.foot_fraction))
    area = around.clipped(scene.shape[1], foot[1])
    return max(1, round(planner.height_at(sticker, area) * len(scene)))


def _plausibility(planned: Planned) -> float:
    return planned.plausibility


def plan(
    scene: Rgb,
    layout: Layout,
    stickers: Sequence[LibrarySticker],
    obstacles: Sequence[Detection],
    settings: PlacementSettings,
    *,
    scene_key: str,
    judge: Judge = _plausibility,
    round: int = 0,
    turned_down: Sequence[Placement] = (),
    kinship: Kinship = _alike,
    parameters: PlanParameters = PlanParameters(),
) -> Plan:
    """Place up to `settings.stickers_per_scene` stickers on a scene.

    Things stand on what usually carries them, are as large as they are in reality, and keep clear
    of what the scene shows. An edge of the scene cuts what the same edge of its photo cut. Of the
    places that are plausible enough, or else the most plausible ones, the one judged best is taken.

    Parameters
    ----------
    scene
        (height, width, 3) uint8 RGB.
    layout
        The scene's surfaces and scale.
    stickers
        Candidates, best first (see `StickerCandidates`).
    obstacles
        Objects that the scene already shows, in its pixels; known heights tell its scale.
    settings
        Number of stickers, their heights, mirroring, the seed, and how many places are tried.
    scene_key
        Seeds the random boxes, together with `settings.seed`; equal keys give equal placements.
    judge
        Rates a place; by default its plausibility.
    round
        How often the same stickers were placed before; each round takes other places for them.
    turned_down
        Placements that the user does not want: their stickers go elsewhere.
    kinship
        Rates how alike the scene and a sticker's own photo are; by default all are.
    parameters
        Tuned constants.

    Returns
    -------
    Plan
        Boxes in scene pixels, which reach past the edges where the scene cuts the object.
    """
    planner = _Planner(
        scene, layout, obstacles, settings, parameters, judge, round, turned_down, cache(kinship)
    )
    taken = [each.box for each in obstacles]
    planned: list[Planned] = []
    refused: dict[str, str] = {}
    left = list(stickers)
    while left and len(planned) < settings.stickers_per_scene:
        best = planner.choose(left, taken, scene_key, refused)
        if best is None:
            break
        planned.append(best)
        taken.append(best.placement.box)
        done = {best.placement.sticker, *refused}
        left = [each for each in left if each.sticker not in done]
    return Plan(tuple(planned), refused)
