"""Describe the light on a scene and on an object, by statistics of their colors."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.harmonize.light.change import to_linear
from nst_pipeline.vision.images.color import Lab
from nst_pipeline.vision.shapes import Mask

Numbers = NDArray[np.float32]


@dataclass(frozen=True)
class DescriptionParameters:
    """What is measured. The judge was trained with the defaults."""

    quantiles: tuple[float, ...] = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)
    """Quantiles of lightness and chroma."""
    extreme_share: float = 0.1
    """Share of a region's pixels that are its brightest, and its darkest."""
    neutral_share: float = 0.25
    """Share of its pixels, those of least chroma, that are taken as gray."""
    minkowski_power: int = 6
    """Power of the mean by which the light's color is estimated (shades of gray)."""
    clipped_lightness: float = 97.0
    """LAB units; lighter pixels are clipped."""
    light_floor: float = 0.004
    """Linear light that is added before logarithms: below it, a photo is noise."""
    least_std: tuple[float, float] = (0.5, 0.3)
    """LAB units: with less spread of lightness, or of a and b, a correlation is noise."""
    texture_px: tuple[int, ...] = (1, 3, 8)
    """Widths of the Gaussians beyond which detail is measured."""
    texture_floor: float = 0.1
    """LAB units that are added to detail before logarithms."""
    top_share: float = 0.35
    """The scene's upper part, often sky."""
    bottom_share: float = 0.6
    """Its lower part begins here."""
    smallest_region_px: int = 20
    """A region with fewer pixels has no statistics."""
    smallest_part_px: int = 80
    """With fewer pixels, an upper or lower part is the whole scene."""


DESCRIPTION = DescriptionParameters()
_STATISTICS = 42


def _correlation(one: Numbers, other: Numbers, least: tuple[float, float]) -> float:
    if one.std() <= least[0] or other.std() <= least[1]:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _mean_and_std(lab: Lab) -> NDArray[np.float32]:
    return np.concatenate([lab.mean(0) / 50, lab.std(0) / 20])


def region_statistics(
    rgb: Numbers, lab: Lab, *, parameters: DescriptionParameters = DESCRIPTION
) -> Numbers:
    """Compute the statistics, (42,) float32, of a region's pixels.

    Parameters
    ----------
    rgb
        (n, 3) float32, sRGB 0..1.
    lab
        (n, 3) float32, the same pixels.
    parameters
        What is measured.

    References
    ----------
    G. Finlayson, E. Trezzi, "Shades of Gray and Colour Constancy", Color Imaging Conference, 2004:
    the mean of a power of light estimates the light's color.
    """
    if len(rgb) < parameters.smallest_region_px:
        return np.zeros(_STATISTICS, np.float32)
    lightness, chroma = lab[:, 0], np.hypot(lab[:, 1], lab[:, 2])
    linear, share = to_linear(rgb), parameters.extreme_share
    log_light = np.log(linear + parameters.light_floor)
    # One call for all quantiles of an array: each call partitions it anew.
    *by_lightness, bright, dark = np.quantile(lightness, [*parameters.quantiles, 1 - share, share])
    *by_chroma, neutral = np.quantile(chroma, [*parameters.quantiles, parameters.neutral_share])
    extremes = (lightness >= bright, lightness <= dark, chroma <= neutral)
    power = parameters.minkowski_power
    illuminant = (linear.astype(np.float64) ** power).mean(0) ** (1 / power)
    a, b, (least, least_ab) = lab[:, 1], lab[:, 2], parameters.least_std
    correlations = [
        _correlation(lightness, a, (least, least_ab)),
        _correlation(lightness, b, (least, least_ab)),
        _correlation(a, b, (least_ab, least_ab)),
    ]
    parts = [
        _mean_and_std(lab),
        np.array(by_lightness) / 50,
        np.array(by_chroma) / 30,
        log_light.mean(0),
        log_light.std(0),
        *(lab[each].mean(0) / 50 for each in extremes),
        np.log(illuminant + parameters.light_floor),
        [*correlations, (lightness > parameters.clipped_lightness).mean()],
    ]
    return np.concatenate(parts).astype(np.float32)


@dataclass(frozen=True)
class Colors:
    """An object and its surroundings, as both are described.

    Attributes
    ----------
    rgb
        (h, w, 3) float32, sRGB 0..1.
    lab
        (h, w, 3) float32.
    detail
        For each of `texture_px`, (h, w) float32, the lightness that is finer.
    """

    rgb: Numbers
    lab: Lab
    detail: tuple[Numbers, ...]

    @classmethod
    def of(cls, rgb: Numbers, *, parameters: DescriptionParameters = DESCRIPTION) -> Colors:
        """Convert a picture, (h, w, 3) float32, sRGB 0..1."""
        lab = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2Lab), np.float32)
        lightness = lab[..., 0]
        blurred = (cv2.GaussianBlur(lightness, (0, 0), width) for width in parameters.texture_px)
        return cls(rgb, lab, tuple(np.abs(lightness - each) for each in blurred))


def _texture(colors: Colors, region: Mask, parameters: DescriptionParameters) -> Numbers:
    """Compute the logarithm of a region's mean detail, by width."""
    means = [each[region].mean() if region.any() else 0 for each in colors.detail]
    return np.log(np.array(means) + parameters.texture_floor).astype(np.float32)


def _part(scene: Mask, rows: slice, parameters: DescriptionParameters) -> Mask:
    part = np.zeros_like(scene)
    part[rows] = scene[rows]
    return part if part.sum() > parameters.smallest_part_px else scene


def describe_light(
    colors: Colors, scene: Mask, *, parameters: DescriptionParameters = DESCRIPTION
) -> Numbers:
    """Describe the light of a scene.

    Parameters
    ----------
    colors
        Of an object and its surroundings.
    scene
        (h, w) bool, what to measure: without the object and the band at its outline.
    parameters
        What is measured.

    Returns
    -------
    numpy.ndarray
        (57,) float32: statistics of the scene, mean and spread of its upper and its lower part, and
        the strength of its detail.
    """
    lab, height = colors.lab, len(colors.lab)
    whole = region_statistics(colors.rgb[scene], lab[scene], parameters=parameters)
    top = _part(scene, slice(0, round(parameters.top_share * height)), parameters)
    bottom = _part(scene, slice(round(parameters.bottom_share * height), height), parameters)
    ends = (_mean_and_std(lab[part]) for part in (top, bottom))
    return np.concatenate([whole, *ends, _texture(colors, scene, parameters)])


def describe_object(
    colors: Colors, inside: Mask, *, parameters: DescriptionParameters = DESCRIPTION
) -> Numbers:
    """Describe the light on an object.

    Parameters
    ----------
    colors
        Of an object and its surroundings.
    inside
        (h, w) bool, the object, without the band at its outline.
    parameters
        What is measured.

    Returns
    -------
    numpy.ndarray
        (45,) float32: statistics of the object, and the strength of its detail.
    """
    statistics = region_statistics(colors.rgb[inside], colors.lab[inside], parameters=parameters)
    return np.concatenate([statistics, _texture(colors, inside, parameters)])
