"""Toned scenes: recognize black-and-white, sepia and split tones, and give them to an object.

In a toned scene, color follows from lightness. A muted, foggy or single-hued scene differs: things
of one lightness still have colors of their own there.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.images.color import Lab, to_lab, to_rgb
from nst_pipeline.vision.images.regions import CLEAR_ALPHA, object_box
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.shapes import Mask, Matte, Rgb, ToneKind


@dataclass(frozen=True)
class ToneParameters:
    """How a toned scene is recognized, and its tone measured."""

    side_px: int = 1024
    """Longest side at which a scene is judged. Shrinking mixes colors, and their mixture lies off
    the tone's curve."""
    margin_px: int = 2
    """Pixels around the object to leave out, at that size: the seam shows both sides."""
    smallest_range: float = 25.0
    """Least distance of the scene's dark from its light parts, lightness units. Plain backgrounds
    have less; whether they are toned cannot be told."""
    range_quantiles: tuple[float, float] = (0.02, 0.98)
    """Quantiles of lightness that count as dark and light."""
    fewest_levels: float = 0.3
    """Least share of the levels of lightness between the two that the scene shows: a drawing's few
    colors follow from lightness, too."""
    shown_level: float = 0.05
    """Share of the mean number of pixels from which a level counts as shown."""
    edge_contrast: float = 3.0
    """Lightness range around a pixel at which its weight is half: at edges, JPEG's color belongs to
    both sides."""
    edge_px: int = 1
    """Reach of that range."""
    stiffness: float = 10.0
    """Penalty on the curve's slope, in pixels; it bridges lightness that the scene lacks."""
    block_share: float = 1 / 32
    """Side of the blocks whose mean deviation from the curve counts, as a share of the picture's
    longer side: noise and JPEG's coarse color average out."""
    smallest_block_px: int = 8
    """Least side of these blocks."""
    fewest_blocks: int = 16
    """A scene with fewer blocks is not judged."""
    largest_deviation: tuple[float, float] = (0.6, 0.02)
    """Largest root mean square deviation in a toned scene, LAB units: a constant, and a share of
    the scene's chroma, because JPEG stores color coarsely. Eyes see no less than 2 units."""
    muted_deviation: tuple[float, float] = (0.25, 0.07)
    """The same for scenes of little color. In muted photos, things have colors of their own, too,
    and deviate by more of their chroma."""
    deviation_per_range: float = 0.015
    """Largest deviation as a share of the range of lightness: haze reduces both."""
    neutral_chroma: float = 0.5
    """LAB units; a tone with less is none, but noise."""
    visible_distance: float = 2.3
    """LAB units by which an object's colors are farther from the tone than the scene's, and show
    it."""
    certainty: float = 0.99
    """Probability that an object whose colors differ from the tone has to change."""


TONE = ToneParameters()

_LEVELS = np.arange(101.0)
"""Lightness at which a tone's colors are given."""


@dataclass(frozen=True)
class Tone:
    """Color as a function of lightness.

    Attributes
    ----------
    colors
        (101, 2) float64, LAB's a and b at lightness 0, 1, ..., 100.
    """

    colors: NDArray[np.float64]

    @property
    def kind(self) -> ToneKind:
        """Whether the tone has a color."""
        return "toned" if self.colors.any() else "monochrome"

    def apply_to_lab(self, lab: Lab) -> Lab:
        """Return LAB values, (..., 3) float32, with the same lightness and the tone's colors."""
        toned = lab.copy()
        for channel, color in enumerate(self.colors.T, start=1):
            toned[..., channel] = np.interp(lab[..., 0], _LEVELS, color)
        return toned

    def distance(self, lab: Lab) -> float:
        """Compute the root mean square distance of colors, (n, 3) float32, from the tone's."""
        return _rms(self.apply_to_lab(lab) - lab)


def _rms(vectors: NDArray[np.float32]) -> float:
    """Compute the root mean square length of vectors, (n, channels)."""
    return float(np.sqrt((vectors**2).sum(-1).mean()))


def _reach(values: NDArray[np.float32], radius_px: int) -> NDArray[np.float32]:
    """Return the largest value within a square around each pixel."""
    side = 2 * radius_px + 1
    return np.asarray(cv2.dilate(values, np.ones((side, side), np.uint8)), np.float32)


def _extent(
    lightness: NDArray[np.float32], weight: NDArray[np.float32], parameters: ToneParameters
) -> float:
    """Compute the range of lightness that a scene's pixels, (n,), cover; 0 if it has large gaps."""
    dark, light = np.quantile(lightness, parameters.range_quantiles)
    counts = np.bincount(lightness.astype(int), weight)[int(dark) : int(light) + 1]
    shown = float((counts >= parameters.shown_level * counts.mean()).mean())
    return float(light - dark) if shown >= parameters.fewest_levels else 0.0


def _fit_colors(lab: Lab, weight: NDArray[np.float32], stiffness: float) -> NDArray[np.float64]:
    """Fit a penalized linear spline of a and b over lightness; lab (n, 3), weight (n,).

    The penalty is on the slope, so that the curve is level beyond the scene's lightness.

    References
    ----------
    P. Eilers, B. Marx, "Flexible Smoothing with B-splines and Penalties", Statistical Science,
    1996.
    """
    last = len(_LEVELS) - 1
    lightness = np.clip(lab[:, 0], 0, last).astype(float)
    below = np.minimum(lightness.astype(int), last - 1)
    share = lightness - below

    def summed(level: NDArray[np.int_], values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(level, weight * values, last + 1), np.float64)

    own = summed(below, (1 - share) ** 2) + summed(below + 1, share**2)
    between = summed(below, share * (1 - share))[:-1]
    slope = np.diff(np.eye(last + 1), axis=0)
    normal = np.diag(own) + np.diag(between, 1) + np.diag(between, -1)
    normal += stiffness * slope.T @ slope
    target = [
        summed(below, (1 - share) * color) + summed(below + 1, share * color)
        for color in lab[:, 1:].T
    ]
    return np.asarray(np.linalg.solve(normal, np.stack(target, axis=1)), np.float64)


def _deviation(lab: Lab, scene: Mask, tone: Tone, parameters: ToneParameters) -> float:
    """Compute how far a scene's colors, averaged over blocks, lie from a tone's, LAB units.

    It is a root mean square; infinite if the scene has too few blocks.
    """
    side = max(parameters.smallest_block_px, round(parameters.block_share * max(scene.shape)))
    rows, columns = (length // side for length in scene.shape)

    def block_means(values: NDArray[np.float32]) -> NDArray[np.float32]:
        whole = values[: rows * side, : columns * side]
        return np.asarray(whole.reshape(rows, side, columns, side, -1).mean((1, 3)))

    # Where the curve is steep, a pixel is nearer to it than to the color at its own lightness.
    steepness = np.hypot(*np.gradient(tone.colors, axis=0).T)
    nearer = np.hypot(1, np.interp(lab[..., 0], _LEVELS, steepness))
    off = (lab - tone.apply_to_lab(lab)) * (scene / nearer)[..., None].astype(np.float32)
    share = block_means(scene.astype(np.float32))[..., 0]
    valid = share >= 0.5
    if valid.sum() < parameters.fewest_blocks:
        return float("inf")
    return _rms(block_means(off)[valid] / share[valid][:, None])


def _largest_deviation(extent: float, chroma: float, parameters: ToneParameters) -> float:
    """Return the largest deviation of a toned scene with this range of lightness and chroma."""
    limits = (parameters.largest_deviation, parameters.muted_deviation)
    by_chroma = min(constant + share * chroma for constant, share in limits)
    return min(by_chroma, parameters.deviation_per_range * extent)


def find_tone(image: Rgb, matte: Matte, *, parameters: ToneParameters = TONE) -> Tone | None:
    """Find the tone of a scene, if it is a toned one.

    Parameters
    ----------
    image
        (height, width, 3) uint8 RGB.
    matte
        (height, width) float32, 0..1; the object's pixels do not count.
    parameters
        How a toned scene is recognized.

    Returns
    -------
    Tone or None
        None if the scene has colors of its own, or too few pixels or too little contrast to tell.

    Examples
    --------
    >>> gray = np.tile(np.arange(0, 240, 2, np.uint8)[:, None, None], (1, 120, 3))
    >>> nothing = np.zeros((120, 120), np.float32)
    >>> find_tone(gray, nothing).kind
    'monochrome'
    >>> flag = gray.copy()
    >>> flag[:, :40, 1:] //= 2
    >>> find_tone(flag, nothing) is None
    True
    """
    lab = to_lab(shrink_to_fit(image, parameters.side_px))
    covered = shrink_to_fit(matte, parameters.side_px) > CLEAR_ALPHA
    scene = _reach(covered.astype(np.float32), parameters.margin_px) == 0
    if not scene.any():
        return None
    lightness, reach = lab[..., 0], parameters.edge_px
    contrast = _reach(lightness, reach) + _reach(-lightness, reach)
    weight = 1 / (1 + (contrast / parameters.edge_contrast) ** 2)
    extent = _extent(lab[scene][:, 0], weight[scene], parameters)
    if extent < parameters.smallest_range:
        return None
    tone = Tone(_fit_colors(lab[scene], weight[scene], parameters.stiffness))
    allowed = _largest_deviation(extent, _rms(lab[scene][:, 1:]), parameters)
    if _deviation(lab, scene, tone, parameters) > allowed:
        return None
    if _rms(tone.apply_to_lab(lab[scene])[:, 1:]) < parameters.neutral_chroma:
        return Tone(np.zeros_like(tone.colors))
    return tone


def apply_tone(image: Rgb, matte: Matte, tone: Tone) -> Rgb:
    """Give the object a tone, its soft edge included; lightness stays.

    Parameters
    ----------
    image
        (height, width, 3) uint8 RGB.
    matte
        (height, width) float32, 0..1; where it is 0, no byte changes. Elsewhere the whole pixel
        takes the tone: what shines through of the scene has it anyway.
    tone
        The scene's tone.

    Returns
    -------
    Rgb
        (height, width, 3) uint8 RGB, a new array.

    Examples
    --------
    >>> red = np.full((1, 2, 3), (200, 30, 40), np.uint8)
    >>> apply_tone(red, np.array([[0, 0.1]], np.float32), Tone(np.zeros((101, 2)))).tolist()
    [[[200, 30, 40], [102, 102, 102]]]
    """
    part, toned = object_box(matte).slices, image.copy()
    if toned[part].size:
        toned[part] = to_rgb(tone.apply_to_lab(to_lab(image[part])))
    return recompose(image, np.float32(1) * (matte > 0), toned)
