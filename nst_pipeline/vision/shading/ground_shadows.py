"""Find shadows that upright things cast on a scene's ground."""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, degrees, hypot
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.images.color import LUMINANCE
from nst_pipeline.vision.shading.ground import Ground
from nst_pipeline.vision.shading.regions import Regions, find_regions
from nst_pipeline.vision.shapes import Mask, Rgb


@dataclass(frozen=True)
class ShadowSearchParameters:
    """What counts as a shadow. Lengths are fractions of the scene's width or height.

    The limits are strict: in most photos no shadow can be read with certainty, and a wrong
    direction is worse than none.
    """

    # Ground.
    sure_ground: float = 0.4
    """Least confidence of regions that are certainly ground."""
    sure_area: float = 0.004
    """Least area of such a region, of the scene's."""
    like_ground: float = 12.0
    """LAB distance, with lightness counted 0.6 times, within which a region is ground, too."""
    lightness_weight: float = 0.6
    below: float = 0.8
    """Share of a region that must lie below the horizon."""
    least_ground: float = 0.15
    """Of the scene's area."""
    bright_ground: float = 42.0
    """Least median lightness of ground in the sun."""
    smooth_ground: float = 0.045
    """Largest median gradient of the ground, log units per pixel. On rough ground everything is
    dark somewhere."""

    # Border of a shadow.
    depth: tuple[float, float] = (-2.5, -0.4)
    """Limits of the logarithm of the ratio of luminance, in the shadow and beside it."""
    blueness: tuple[float, float] = (-0.05, 1.1)
    """Limits of blue's logarithm less red's: the sky, which lights a shadow, is bluer than the
    sun."""
    greenness: float = 0.13
    """Limit of green's distance from the mean of the two: daylight has no green shadows."""
    spread: float = 0.6
    """Largest standard deviation of the ratio along a border: the sun is equally bright
    everywhere."""
    sharpness: float = 0.2
    least_border_px: float = 5.0

    # The shadow.
    border_share: float = 0.3
    """Least share of a region's circumference that is a border of a shadow."""
    darker_share: float = 0.45
    """The same, of the circumference where it is darker than its neighbor."""
    largest_region: float = 0.1
    """Of the scene's area."""
    area: float = 0.002
    """Of the scene's area: smallest shadow."""
    surrounded: float = 0.85
    """Least share of its surroundings that is ground."""
    elongation: float = 2.0
    """Least ratio of squared width and area."""
    steepest: float = 0.7
    """Limit of its slope in the picture: what points up or down may be a thing that stands."""
    mean_depth: tuple[float, float] = (-1.8, -0.6)
    mean_blueness: tuple[float, float] = (-0.01, 0.6)
    mean_greenness: float = 0.1
    """Limits of the same along the whole border."""
    inner_depth: tuple[float, float] = (-1.35, -0.4)
    inner_blueness: tuple[float, float] = (0.03, 0.7)
    inner_greenness: float = 0.11
    """Limits of the same in its middle, off the penumbra. Things are as dark in blue as in red."""
    below_horizon: float = 0.06
    """Least distance from the horizon."""
    penumbra_px: int = 2
    """Its darkness is measured this far from its border."""
    at_frame: float = 0.1
    """Largest share of it at the frame's left and right edges, which may hide its foot."""

    # Its two ends: at one something rises, the other lies on plain ground.
    end: float = 0.15
    """Share of the shadow that is an end."""
    window: float = 0.045
    """Half the width of the window above an end."""
    window_rows: tuple[float, float] = (0.14, 0.03)
    """How far above the end the window begins and ends."""
    plain: float = 0.88
    """Least share of ground around the free end."""
    plain_window: float = 0.03
    """Half the size of the window there."""
    oblique: float = 50.0
    """Largest angle between a shadow and the picture's plane, degrees: it must point aside."""
    longest: float = 10.0
    """Of the height of what casts it."""
    rises: float = 0.35
    """Largest ratio of vertical edges above the free end and above the foot."""
    upright: float = 1.6
    """Least ratio of those above the foot and on the ground."""


@dataclass(frozen=True)
class GroundShadow:
    """A shadow on the ground.

    Attributes
    ----------
    direction
        Where it points, degrees on the ground: 0 is right, 90 away from the camera, 180 left.
    length
        Relative to the height of what casts it.
    ratio
        Light in the shadow relative to the ground beside it, for R, G and B.
    sharpness
        Of its borders, 0..1.
    """

    direction: float
    length: float
    ratio: tuple[float, float, float]
    sharpness: float


def _ground(regions: Regions, parameters: ShadowSearchParameters) -> NDArray[np.bool_]:
    """Say which regions are ground: the certain ones, and those of the same color."""
    whole = regions.labels.size
    sure = (
        (regions.below > parameters.below)
        & (regions.ground > parameters.sure_ground)
        & (regions.area > parameters.sure_area * whole)
    )
    if not sure.any():
        return sure
    color = regions.color * np.array([parameters.lightness_weight, 1, 1])
    distance = np.linalg.norm(color[:, None] - color[None, sure], axis=2).min(1)
    return np.asarray((regions.below > parameters.below) & (distance < parameters.like_ground))


def _shadow_borders(
    regions: Regions, ground: NDArray[np.bool_], parameters: ShadowSearchParameters
) -> NDArray[np.bool_]:
    """Say which borders look like those of a shadow on the ground.

    Lalonde, Efros, Narasimhan, "Detecting Ground Shadows in Outdoor Consumer Photographs", 2010,
    learn such borders from similar measurements.
    """
    borders, ratio = regions.borders, regions.borders.ratio
    blueness = ratio[:, 2] - ratio[:, 0]
    greenness = ratio[:, 1] - (ratio[:, 0] + ratio[:, 2]) / 2
    return np.asarray(
        (borders.depth > parameters.depth[0])
        & (borders.depth < parameters.depth[1])
        & (blueness > parameters.blueness[0])
        & (blueness < parameters.blueness[1])
        & (np.abs(greenness) < parameters.greenness)
        & (borders.spread < parameters.spread)
        & (borders.sharpness > parameters.sharpness)
        & (borders.length > parameters.least_border_px)
        & (regions.below[borders.dark] > 0.95)
        & ground[borders.bright]
    )


def _shadow_regions(
    regions: Regions, of_shadow: NDArray[np.bool_], parameters: ShadowSearchParameters
) -> NDArray[np.bool_]:
    """Say which regions lie in shadow: those that have such borders nearly all around."""
    borders, count = regions.borders, len(regions.area)

    def total(which: NDArray[np.bool_], side: NDArray[np.intp]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(side[which], borders.length[which], count), np.float64)

    every = np.ones(len(borders.dark), np.bool_)
    around = total(every, borders.dark) + total(every, borders.bright)
    shadow = total(of_shadow, borders.dark)
    return np.asarray(
        (shadow > parameters.darker_share * total(borders.depth < -0.2, borders.dark))
        & (shadow > parameters.border_share * around)
        & (regions.area < parameters.largest_region * regions.labels.size)
    )


def _window(values: NDArray[Any], x: float, y: float, half: float, rows: float) -> float:
    """Average values around a point; 0 if half of the window lies outside."""
    left, top = max(0, round(x - half)), max(0, round(y - rows))
    part = values[top : max(0, round(y + rows)), left : max(0, round(x + half))]
    return float(part.mean()) if part.size > 2 * half * rows else 0.0


@dataclass(frozen=True)
class _Search:
    """A scene in which shadows are looked for."""

    regions: Regions
    lit: Mask
    """Ground that is no shadow."""
    borders: NDArray[np.bool_]
    """Which borders are those of shadows."""
    upright: NDArray[np.float32]
    """Strength of vertical edges, log units per pixel."""
    parameters: ShadowSearchParameters

    def shadow(self, mask: Mask) -> GroundShadow | None:
        """Describe a connected dark part of the ground; None if it is no certain shadow."""
        measured = self._light(mask)
        if measured is None or not self._lies_on_ground(mask):
            return None
        ends = self._ends(mask)
        if ends is None:
            return None
        foot, tip = ends
        ratio, sharpness = measured
        direction, length = self._on_ground(foot, tip)
        oblique = abs((direction + 90) % 180 - 90)
        if oblique > self.parameters.oblique or length > self.parameters.longest:
            return None
        return GroundShadow(direction, length, ratio, sharpness)

    def _light(self, mask: Mask) -> tuple[tuple[float, float, float], float] | None:
        """Measure the ratio of light, and the sharpness of the borders."""
        regions, parameters = self.regions, self.parameters
        borders = regions.borders
        own = self.borders & np.isin(borders.dark, np.unique(regions.labels[mask]))
        if not own.any():
            return None
        weights = borders.length[own]
        red, green, blue = np.average(borders.ratio[own], 0, weights)
        depth = float(np.array([red, green, blue]) @ LUMINANCE)
        at_border = (
            parameters.mean_depth[0] < depth < parameters.mean_depth[1]
            and parameters.mean_blueness[0] < blue - red < parameters.mean_blueness[1]
            and abs(green - (red + blue) / 2) < parameters.mean_greenness
        )
        red, green, blue = self._difference(mask)
        depth = float(np.array([red, green, blue]) @ LUMINANCE)
        inside = (
            parameters.inner_depth[0] < depth < parameters.inner_depth[1]
            and parameters.inner_blueness[0] < blue - red < parameters.inner_blueness[1]
            and abs(green - (red + blue) / 2) < parameters.inner_greenness
        )
        if not (at_border and inside):
            return None
        ratio = float(np.exp(red)), float(np.exp(green)), float(np.exp(blue))
        return ratio, float(np.average(borders.sharpness[own], weights=weights))

    def _difference(self, mask: Mask) -> list[float]:
        """Compare the light in the shadow and on the ground, off the penumbra; R, G, B logs."""
        size, inner = 2 * self.parameters.penumbra_px + 1, mask.astype(np.uint8)
        square = np.ones((size, size), np.uint8)
        near, far = cv2.dilate(inner, square), cv2.dilate(inner, square, iterations=3)
        core = cv2.erode(inner, np.ones((3, 3), np.uint8)) > 0
        beside = self.lit & (far > 0) & (near == 0)
        dark = np.median(self.regions.light[core if core.any() else mask], 0)
        bright = np.median(self.regions.light[beside if beside.any() else self.lit], 0)
        return [float(each) for each in dark - bright]

    def _lies_on_ground(self, mask: Mask) -> bool:
        """Whether ground surrounds it, and it is not cut by the frame."""
        parameters, (height, width) = self.parameters, mask.shape
        around = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(np.bool_)
        around &= ~mask
        rows, columns = np.nonzero(mask)
        at_frame = (columns < 2) | (columns > width - 3)
        return bool(
            mask.sum() > parameters.area * mask.size
            and self.lit[around].mean() > parameters.surrounded
            and rows.mean() > self.regions.horizon + parameters.below_horizon * height
            and at_frame.mean() < parameters.at_frame
        )

    def _ends(self, mask: Mask) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """Tell its foot, at which something rises, from its tip on plain ground; x and y each."""
        parameters, (height, width) = self.parameters, mask.shape
        rows, columns = np.nonzero(mask)
        first, last = (float(x) for x in np.percentile(columns, [3, 97]))
        span = last - first
        if span**2 < parameters.elongation * len(columns):
            return None
        inner = np.percentile(columns, [100 * parameters.end, 100 * (1 - parameters.end)])
        left = first, float(rows[columns <= inner[0]].mean())
        right = last, float(rows[columns >= inner[1]].mean())
        if abs(right[1] - left[1]) > parameters.steepest * span:
            return None
        above = [self._rise(end, height, width) for end in (left, right)]
        foot, tip, outward = (left, right, 1) if above[0] > above[1] else (right, left, -1)
        half = parameters.plain_window
        center = tip[0] + outward * (half + 0.005) * width
        plain = _window(self.lit, center, tip[1], half * width, half * height)
        upright = max(above) > parameters.upright * self._texture()
        if not upright or min(above) > parameters.rises * max(above) or plain < parameters.plain:
            return None
        return foot, tip

    def _texture(self) -> float:
        """Typical strength of vertical edges on the ground."""
        return float(np.median(self.upright[self.lit]))

    def _rise(self, end: tuple[float, float], height: int, width: int) -> float:
        """Measure vertical edges above an end."""
        start, stop = (share * height for share in self.parameters.window_rows)
        middle, half = end[1] - (start + stop) / 2, (start - stop) / 2
        return _window(self.upright, end[0], middle, self.parameters.window * width, half)

    def _on_ground(
        self, foot: tuple[float, float], tip: tuple[float, float]
    ) -> tuple[float, float]:
        """Compute direction and relative length on the ground, in perspective."""
        height, width = self.lit.shape
        focal = max(height, width)
        (x0, z0), (x1, z1) = (
            ((x - width / 2) / (y - self.regions.horizon), focal / (y - self.regions.horizon))
            for x, y in (foot, tip)
        )
        tall = self._height(foot) / (foot[1] - self.regions.horizon)
        return degrees(atan2(z1 - z0, x1 - x0)), hypot(x1 - x0, z1 - z0) / max(tall, 1e-6)

    def _height(self, foot: tuple[float, float]) -> float:
        """Follow the vertical edges above a foot; return how far they reach, pixels."""
        height, width = self.lit.shape
        half = self.parameters.window * width
        left, right = max(0, round(foot[0] - half)), max(1, round(foot[0] + half))
        strength = self.upright[: max(1, round(foot[1])), left:right].mean(1)
        gap = max(1, round(self.parameters.window_rows[1] * height))
        strength = np.convolve(strength, np.ones(gap) / gap, "same")[::-1]
        plain = np.flatnonzero(strength[gap:] < 2 * self._texture())
        return float(gap + plain[0]) if len(plain) else foot[1]


def find_ground_shadows(
    image: Rgb, ground: Ground, *, parameters: ShadowSearchParameters = ShadowSearchParameters()
) -> list[GroundShadow] | None:
    """Find the shadows on the ground of which it is certain what they are and where they point.

    A shadow is a dark band on smooth, bright ground. Its light differs from the ground's beside it
    by a nearly constant ratio, a little less in blue. Above one of its ends something rises, and
    the other lies on plain ground.

    Parameters
    ----------
    image
        (h, w, 3) uint8 RGB; the limits suit a longest side of 192 to 320 pixels.
    ground
        The scene's ground, from `estimate_ground`.
    parameters
        What counts as a shadow.

    Returns
    -------
    list of GroundShadow or None
        Empty in most photos; None without smooth and bright ground, on which one could be seen.
    """
    regions = find_regions(image, ground)
    is_ground = _ground(regions, parameters)
    borders = _shadow_borders(regions, is_ground, parameters)
    in_shadow = _shadow_regions(regions, borders, parameters)
    lit = (is_ground & ~in_shadow)[regions.labels]
    luminance = (regions.light @ LUMINANCE).astype(np.float32)
    gradient = np.abs(cv2.Sobel(luminance, cv2.CV_32F, 1, 0) / 8)
    if (
        lit.mean() < parameters.least_ground
        or np.median(regions.lab[..., 0][lit]) < parameters.bright_ground
        or np.median(gradient[lit]) > parameters.smooth_ground
    ):
        return None
    dark = in_shadow[regions.labels].astype(np.uint8)
    closed = cv2.morphologyEx(dark, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    count, parts = cv2.connectedComponents(closed, connectivity=8)
    search = _Search(regions, lit, borders, gradient, parameters)
    found = (search.shadow(parts == number) for number in range(1, count))
    return [each for each in found if each is not None]
