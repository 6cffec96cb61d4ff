"""Estimate a scene's directional light: from which side it comes, and what shadows it casts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import atan2, cos, degrees, radians, sin

import numpy as np

from nst_pipeline.settings import CastShadow
from nst_pipeline.vision.compose.cast_shadow import Sun
from nst_pipeline.vision.compose.layer_shade import Sunlit
from nst_pipeline.vision.images.resize import fitted_size, resize, shrink_to_fit
from nst_pipeline.vision.shading.ground import Ground, estimate_ground
from nst_pipeline.vision.shading.ground_shadows import GroundShadow, find_ground_shadows
from nst_pipeline.vision.shading.sky import read_sky
from nst_pipeline.vision.shapes import Rgb


@dataclass(frozen=True)
class SceneLightParameters:
    """How what the scene shows becomes a light."""

    side_px: int = 256
    """Longest side at which the sky is read, and ground is rated."""
    shadow_sides_px: tuple[int, ...] = (256, 192, 224, 320)
    """Longest sides at which shadows are looked for, wide ones and narrow ones."""
    least_side_px: int = 32
    """A narrower scene tells nothing."""
    agreement: float = 0.8
    """Least length of the mean of the shadows' directions, as unit vectors."""
    oblique: float = 40.0
    """Largest angle between a shadow and the picture's plane, degrees. Near the plane, directions
    are read well; nobody sees the difference beyond."""
    length: tuple[float, float] = (0.5, 1.6)
    """Limits of a shadow's length relative to its object's height."""
    ratio: tuple[float, float] = (0.2, 0.6)
    """Limits of the light that is left in a shadow."""
    sharpness: tuple[float, float] = (0.45, 0.8)
    """Sharpness of the scene's shadows at which they are soft, and hard."""
    softness: tuple[float, float] = (0.1, 0.02)
    """The penumbra's width then, as a share of the distance from what casts it."""


@dataclass(frozen=True)
class SceneLight:
    """A scene's directional light.

    Attributes
    ----------
    side
        Side from which it comes: -1 (left) to 1 (right), with its size as confidence; 0 if
        unknown.
    sunlit
        What is needed to cast shadows; None if the scene shows none whose direction is certain.
    """

    side: float
    sunlit: Sunlit | None


GIVEN_LIGHT = {"left": Sun(direction=15.0), "right": Sun(direction=165.0)}
"""Light from a side that the user names: shadows point to the other one, and a little away."""
UNKNOWN_LIGHT = SceneLight(0.0, None)
"""The light of a scene that does not tell."""


def _mean_direction(
    shadows: Sequence[GroundShadow], parameters: SceneLightParameters
) -> float | None:
    """Average directions, degrees; None if they disagree."""
    angles = [radians(each.direction) for each in shadows]
    right, away = np.mean([cos(a) for a in angles]), np.mean([sin(a) for a in angles])
    if np.hypot(right, away) < parameters.agreement:
        return None
    oblique = degrees(atan2(away, abs(right)))
    oblique = float(np.clip(oblique, -parameters.oblique, parameters.oblique))
    return oblique if right > 0 else 180 - oblique


def _sun(shadows: Sequence[GroundShadow], parameters: SceneLightParameters) -> Sun | None:
    direction = _mean_direction(shadows, parameters)
    if direction is None:
        return None
    length = np.clip(np.median([each.length for each in shadows]), *parameters.length)
    ratio = np.clip(np.mean([each.ratio for each in shadows], 0), *parameters.ratio)
    sharpness = float(np.mean([each.sharpness for each in shadows]))
    softness = np.interp(sharpness, parameters.sharpness, parameters.softness)
    red, green, blue = (1 - ratio).tolist()
    return Sun(direction, float(length), float(softness), (red, green, blue))


def _resized(scene: Rgb, side_px: int) -> Rgb:
    return resize(scene, *fitted_size(scene, side_px))


def _shadows(scene: Rgb, ground: Ground, parameters: SceneLightParameters) -> list[GroundShadow]:
    """Look for shadows at several sizes; if the ground is unfit at the first one, at no other."""
    found: list[GroundShadow] = []
    for side_px in parameters.shadow_sides_px:
        here = find_ground_shadows(_resized(scene, side_px), ground)
        if here is None and side_px == parameters.shadow_sides_px[0]:
            return []
        found += here or []
    return found


def estimate_light(
    scene: Rgb,
    *,
    ground: Ground | None = None,
    parameters: SceneLightParameters = SceneLightParameters(),
) -> SceneLight:
    """Estimate a scene's directional light.

    Shadows on the ground tell all: where they point, how long, dark and soft they are. Without
    them, a clear sky tells the side. In most scenes nothing is certain, and nothing is said.

    Parameters
    ----------
    scene
        (height, width, 3) uint8 RGB. It is reduced first, so the cost hardly depends on its size.
    ground
        The scene's ground, if it is known already.
    parameters
        How what the scene shows becomes a light.

    Returns
    -------
    SceneLight
        `UNKNOWN_LIGHT` if the scene does not tell.

    References
    ----------
    Lalonde, Efros, Narasimhan, "Estimating the Natural Illumination Conditions from a Single
    Outdoor Image", 2012.

    Examples
    --------
    >>> estimate_light(np.full((120, 160, 3), 128, np.uint8)).sunlit is None
    True
    """
    image = shrink_to_fit(scene, parameters.side_px)
    if min(image.shape[:2]) < parameters.least_side_px:
        return UNKNOWN_LIGHT
    ground, sky = ground or estimate_ground(scene), read_sky(image)
    shadows = [] if sky.overcast else _shadows(scene, ground, parameters)
    sun = _sun(shadows, parameters) if shadows else None
    if sun is None:
        return SceneLight(sky.side, None)
    side = -float(np.sign(cos(radians(sun.direction))))
    return SceneLight(side, Sunlit(sun, ground.horizon, ground.confidence))


def scene_light(scene: Rgb, cast_shadow: CastShadow) -> SceneLight:
    """Return a scene's directional light as the setting `placement.cast_shadow` wants it.

    Parameters
    ----------
    scene
        (height, width, 3) uint8 RGB.
    cast_shadow
        `auto` estimates the light; `left` and `right` name its side; `off` casts no shadow, but
        still estimates the side.

    Returns
    -------
    SceneLight

    Examples
    --------
    >>> gray = np.full((120, 160, 3), 128, np.uint8)
    >>> scene_light(gray, "left").side, scene_light(gray, "off").sunlit
    (-1.0, None)
    """
    sun = GIVEN_LIGHT.get(cast_shadow)
    if sun is not None:
        ground = estimate_ground(scene)
        side = -1.0 if cast_shadow == "left" else 1.0
        return SceneLight(side, Sunlit(sun, ground.horizon, ground.confidence))
    light = estimate_light(scene)
    return light if cast_shadow == "auto" else replace(light, sunlit=None)
