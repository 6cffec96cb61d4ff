"""Cast the shadow that an object throws on the ground in directional light."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.compose.foot_line import FootLine, foot_line
from nst_pipeline.vision.images.regions import object_mask
from nst_pipeline.vision.images.resize import resize, shrink_to_fit
from nst_pipeline.vision.shapes import Box, Mask, Matte

Map = NDArray[np.float32]
"""One number for each pixel of a part of the reduced scene."""


@dataclass(frozen=True)
class Sun:
    """Directional light, described by the shadows that it casts on level ground.

    Attributes
    ----------
    direction
        Where shadows point, degrees on the ground: 0 is right, 90 away from the camera, 180 left.
    length
        Length of a shadow, as a multiple of its object's height.
    softness
        Width of the penumbra, as a share of the distance from what casts it; 0.01 in clear sun.
    shade
        Share of linear light that is missing in full shadow, for R, G and B, 0..1.
    """

    direction: float
    length: float = 1.0
    softness: float = 0.03
    shade: tuple[float, float, float] = (0.62, 0.59, 0.53)


@dataclass(frozen=True)
class CastParameters:
    """How shadows are drawn. Fractions are of the object's height unless said otherwise."""

    work_side_px: int = 224
    """Objects are reduced to this longest side; their shadows are drawn at that scale."""
    focal_length: float = 1.0
    """Of the scene's longer side: a lens with a view of 53 degrees."""
    roundness: float = 1.0
    """Half the depth of an object, as a multiple of the distance from its outline."""
    least_depth: float = 0.012
    """Half the depth of the flattest object: a sheet of paper has a shadow, too."""
    steps: int = 64
    """Points of a ray toward the light at which it is compared with the object."""
    lowest_camera: float = 0.12
    """Height of the camera above the foot, below which nothing is cast: ground that is seen so
    flat shows no shadow."""
    nearest: float = 0.3
    """Of the object's distance: nearest part of a shadow that points toward the camera."""
    fade: float = 0.25
    """Share of the shadow that is missing at its tip, where the light of sky and ground gets in."""
    least_blur_px: float = 0.6
    """Least standard deviation of the penumbra, pixels at the reduced scale."""
    blurs: int = 5
    """Number of blurs between which the penumbra is interpolated."""


@dataclass(frozen=True)
class _Stage:
    """An object that stands on level ground in front of a camera of height 1.

    Columns and rows are pixels of the reduced object; lengths on the ground are camera heights.
    """

    depth: Map
    """Half the depth of the object at each of its pixels, in pixels; 0 outside."""
    foot: FootLine
    center: float
    """Column of the vanishing point."""
    horizon: float
    """Row of the horizon."""
    focal: float
    """Focal length, pixels."""

    def distance(self, columns: NDArray[np.floating]) -> NDArray[np.float64]:
        """Distance of the object's plane from the camera at each column."""
        # Far beside the object, a slanting foot line may meet the horizon.
        return np.asarray(self.focal / np.maximum(self.foot.row(columns) - self.horizon, 1))

    @property
    def tallest(self) -> float:
        """Height of the object."""
        foot = float(self.foot.row(self.depth.shape[1] / 2))
        return foot / (foot - self.horizon)


def _half_depth(solid: Mask, parameters: CastParameters) -> Map:
    """Estimate half the depth of an object at each pixel, as if it were round; 0 outside."""
    # The foot is no outline: an object does not get thinner where it stands.
    padded = np.pad(solid, ((1, 0), (1, 1)))
    below = np.repeat(padded[-1:], len(solid) // 2, 0)
    inside = np.vstack([padded, below]).astype(np.uint8)
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_5)[1:, 1:-1]
    depth = np.maximum(
        parameters.roundness * distance[: len(solid)], parameters.least_depth * len(solid)
    )
    return np.asarray(np.where(solid, depth, 0), np.float32)


def _region(stage: _Stage, sun: Sun, frame: Box, parameters: CastParameters) -> Box:
    """Return the part of the frame that the shadow may reach."""
    height, width = stage.depth.shape
    columns = np.array([-1.0, width])
    plane = stage.distance(columns)
    thick = float(stage.depth.max()) * plane / stage.focal
    aside = (columns - stage.center) * plane / stage.focal
    ends = np.array([0.0, sun.length * stage.tallest])[:, None, None]
    away = sin(radians(sun.direction)) * ends
    deep = plane + away + np.array([-1, 1])[:, None] * thick
    deep = np.maximum(deep, parameters.nearest * plane)
    across = aside + cos(radians(sun.direction)) * ends + np.array([-1, 1])[:, None] * thick
    x = stage.center + stage.focal * across / deep
    y = stage.horizon + stage.focal / deep
    margin = 2 + round((3 * sun.softness * sun.length + 0.02) * height)
    left, top = max(int(x.min()) - margin, frame.x), max(int(y.min()) - margin, frame.y)
    top = max(top, int(stage.horizon) + 2)
    right = min(int(x.max()) + margin, frame.right)
    bottom = min(int(y.max()) + margin, frame.bottom)
    return Box(left, top, max(0, right - left), max(0, bottom - top))


def _march(stage: _Stage, sun: Sun, region: Box, parameters: CastParameters) -> tuple[Map, Map]:
    """Follow rays from the ground toward the light, and see where they meet the object.

    Returns the shadow, 0..1, and the height at which its rays meet the object, relative to the
    object's.
    """
    rows = np.arange(region.y, region.bottom, dtype=np.float32)[:, None]
    columns = np.arange(region.x, region.right, dtype=np.float32)[None]
    distance = np.broadcast_to(
        stage.focal / (rows - stage.horizon), (region.height, region.width)
    ).astype(np.float32)
    aside = (columns - stage.center) / (rows - stage.horizon)
    right, away = cos(radians(sun.direction)), sin(radians(sun.direction))
    shadow = np.zeros((region.height, region.width), np.float32)
    met_at = np.zeros_like(shadow)
    for share in np.linspace(0, 1, parameters.steps):
        up = share * stage.tallest
        deep = np.maximum(distance - np.float32(away * sun.length * up), 1e-3)
        x = stage.center + stage.focal * (aside - np.float32(right * sun.length * up)) / deep
        y = stage.horizon + stage.focal * np.float32(1 - up) / deep
        half = cv2.remap(stage.depth, x, y, cv2.INTER_LINEAR, borderValue=0)
        plane = stage.distance(x)
        off = np.abs(deep - plane) * stage.focal / plane
        # Half a pixel of tolerance hides the steps between the points of a ray.
        met = np.where(half > 0, np.clip(half + 1 - off, 0, 1), 0)
        met_at = np.where(met > shadow, np.float32(share), met_at)
        shadow = np.maximum(shadow, met).astype(np.float32)
    return shadow, met_at.astype(np.float32)


def _penumbra(
    shadow: Map, met_at: Map, widest_px: float, flatness: float, parameters: CastParameters
) -> Map:
    """Blur a shadow the more, and let it fade, the higher up it was cast."""
    least = parameters.least_blur_px
    around = max(1.0, widest_px)
    far = cv2.GaussianBlur(shadow * met_at, (0, 0), around)
    share = np.clip(far / np.maximum(cv2.GaussianBlur(shadow, (0, 0), around), 1e-3), 0, 1)
    levels = np.geomspace(least, max(widest_px, 1.01 * least), parameters.blurs)
    wanted = np.interp(share * widest_px, levels, np.arange(parameters.blurs))
    soft = np.zeros_like(shadow)
    for number, level in enumerate(levels):
        weight = np.clip(1 - np.abs(wanted - number), 0, 1).astype(np.float32)
        down = max(least, flatness * level)
        soft += weight * cv2.GaussianBlur(shadow, (0, 0), float(level), sigmaY=float(down))
    return np.asarray(np.clip(soft * (1 - parameters.fade * share), 0, 1), np.float32)


def cast_shadow(
    alpha: Matte,
    box: Box,
    sun: Sun,
    *,
    horizon: float,
    frame: tuple[int, int],
    parameters: CastParameters = CastParameters(),
) -> tuple[Box, Matte]:
    """Cast an object's shadow on level ground.

    The object is taken to be as deep as it is wide at each height, and to stand on its foot line.
    A point of the ground is dark where the ray from there to the light meets the object. The
    penumbra grows with the distance from what casts it.

    Parameters
    ----------
    alpha
        (height, width) float32, 0..1: the object as it lies on the scene.
    box
        Where it lies, in the scene's pixels; of the size of `alpha`.
    sun
        The light.
    horizon
        Row of the horizon, in the scene's pixels.
    frame
        Width and height of the scene, pixels.
    parameters
        How the shadow is drawn.

    Returns
    -------
    box
        Where the shadow lies, within the scene; it has no area if there is none, for example
        because the object stands too close to the horizon.
    shade
        (h, w) float32, 0..1: how much of the directional light is missing in the box.

    Examples
    --------
    >>> post, box = np.ones((40, 8), np.float32), Box(50, 40, 8, 40)
    >>> area, shade = cast_shadow(post, box, Sun(0), horizon=30, frame=(160, 120))
    >>> canvas = np.zeros((120, 160), np.float32)
    >>> canvas[area.slices] = shade
    >>> canvas[76:84, 60:80].max() > 0.8, canvas[:, :40].max() < 0.1
    (np.True_, np.True_)
    """
    none = Box(0, 0, 0, 0), np.zeros((0, 0), np.float32)
    small = shrink_to_fit(alpha, parameters.work_side_px)
    solid = object_mask(small)
    if not solid.any():
        return none
    scale = small.shape[0] / alpha.shape[0]
    foot, row = foot_line(solid), scale * (horizon - box.y)
    lowest = foot.row(np.array([0.0, solid.shape[1]])).min()
    if lowest - row < parameters.lowest_camera * len(solid):
        return none
    center = scale * (frame[0] / 2 - box.x)
    focal = scale * parameters.focal_length * max(frame)
    stage = _Stage(_half_depth(solid, parameters), foot, center, row, focal)
    whole = Box(0, 0, *frame)
    reduced = Box(
        int(-scale * box.x),
        int(-scale * box.y),
        int(scale * whole.width) + 1,
        int(scale * whole.height) + 1,
    )
    region = _region(stage, sun, reduced, parameters)
    if not region.width or not region.height:
        return none
    shadow, met_at = _march(stage, sun, region, parameters)
    flatness = float((lowest - row) / focal)
    widest = sun.softness * sun.length * len(solid)
    shade = _penumbra(shadow, met_at, widest, flatness, parameters)
    return _in_scene(region, shade * float(alpha.max()), box, scale, whole)


def _in_scene(region: Box, shade: Map, box: Box, scale: float, whole: Box) -> tuple[Box, Matte]:
    """Enlarge a shadow to the scene's pixels and clip it to the scene."""
    left, top = box.x + round(region.x / scale), box.y + round(region.y / scale)
    across, down = (max(1, round(side / scale)) for side in (region.width, region.height))
    enlarged = np.clip(resize(shade, across, down), 0, 1)
    large = Box(left, top, across, down)
    visible = large.clipped(whole.width, whole.height)
    within = Box(visible.x - left, visible.y - top, visible.width, visible.height)
    return visible, enlarged[within.slices]
