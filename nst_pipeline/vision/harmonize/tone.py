"""Toned scenes: recognize black-and-white, sepia and split tones, and give them to an object.

In a toned scene, color follows from lightness. A muted, foggy or single-hued scene differs: things
of one lightness still have colors of their own there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.images.color import Lab, to_lab, to_rgb
from nst_pipeline.vision.images.dtype import to_uint8
from nst_pipeline.vision.images.regions import CLEAR_ALPHA, object_box
from nst_pipeline.vision.images.resize import resize, shrink_to_fit
from nst_pipeline.vision.shapes import Composite, Mask, Matte, Rgb, ToneKind


@dataclass(frozen=True)
class ToneParameters:
    """How a toned scene is recognized, and its tone measured."""

    judged_px: int = 256
    """Longest side at which a scene is judged; shrinking averages noise and JPEG's coarse color."""
    fitted_px: int = 1024
    """Longest side at which its tone is measured: shrinking mixes colors, and mixtures lie off the
    tone's curve."""
    margin_px: int = 2
    """Pixels around the object to leave out, at these sizes: the seam shows both sides."""
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
    """Lightness range within 3 x 3 pixels at which a pixel's weight is half: at edges, JPEG's color
    belongs to both sides."""
    stiffness: float = 10.0
    """Penalty on the curve's slope, in pixels; it bridges lightness that the scene lacks."""
    block_px: int = 8
    """Side of the blocks whose mean deviation from the curve counts: noise averages out."""
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
    gray_chroma: float = 0.05
    """LAB units; no pixel of a file without color has more."""
    gray_levels: float = 0.8
    """Share of the levels between dark and light that such a photo shows; drawings show few."""
    faded_chroma: tuple[float, float] = (2.5, 6.0)
    """Chroma, on average and at most, of a black-and-white photo with stains: old paper and
    scanners tint parts of it."""
    faded_range: float = 45.0
    """Range of lightness from which such a scene is no fog or snow."""
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
_SHADES = np.linspace(0, 100, 1001)
"""Lightness at which a tone's colors are looked up; 8-bit colors are no finer."""


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
        toned[..., 1:] = _look_up(self.colors, lab[..., 0])
        return toned

    def pictured(self, lightness: NDArray[np.float32]) -> Rgb:
        """Return the tone's 8-bit colors, (..., 3) uint8 RGB, that are nearest in lightness.

        Only colors whose own lightness leads to themselves are used, so that toning twice changes
        nothing.
        """
        lab = np.zeros((1, len(_SHADES), 3), np.float32)
        lab[..., 0] = _SHADES
        colors = np.unique(to_rgb(self.apply_to_lab(lab))[0], axis=0)
        own = to_lab(colors[None])[0, :, 0]
        nearest = np.abs(_SHADES[:, None] - own).argmin(1)
        fixed = nearest[_shade(own)] == np.arange(len(own))
        nearest = np.abs(_SHADES[:, None] - own[fixed]).argmin(1)
        return np.asarray(colors[fixed][nearest][_shade(lightness)])

    def distance(self, lab: Lab) -> float:
        """Compute the root mean square distance of colors, (n, 3) float32, from the tone's."""
        return _rms(self.apply_to_lab(lab) - lab)


def _shade(lightness: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return the index of the nearest of `_SHADES`."""
    last = len(_SHADES) - 1
    nearest = np.rint(lightness * np.float32(last / 100))
    return np.asarray(np.clip(nearest, 0, last), np.intp)


def _look_up(values: NDArray[np.float64], lightness: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return values, (..., channels), at a lightness, (...), from those at `_LEVELS`."""
    fine = [np.interp(_SHADES, _LEVELS, channel) for channel in values.T]
    return np.asarray(np.stack(fine, axis=1).astype(np.float32)[_shade(lightness)])


def _rms(vectors: NDArray[np.float32]) -> float:
    """Compute the root mean square length of vectors, (n, channels)."""
    return float(np.sqrt((vectors**2).sum(-1).mean()))


def _reach(values: NDArray[np.float32], radius_px: int) -> NDArray[np.float32]:
    """Return the largest value within a square around each pixel."""
    side = 2 * radius_px + 1
    return np.asarray(cv2.dilate(values, np.ones((side, side), np.uint8)), np.float32)


def _scene(
    image: Rgb, matte: Matte, side_px: int, parameters: ToneParameters
) -> tuple[Lab, Mask, NDArray[np.float32]]:
    """Shrink a picture; return its colors, where the scene is, and the weight of each pixel."""
    lab = to_lab(shrink_to_fit(image, side_px))
    covered = shrink_to_fit(matte, side_px) > CLEAR_ALPHA
    scene = _reach(covered.astype(np.float32), parameters.margin_px) == 0
    contrast = _reach(lab[..., 0], 1) + _reach(-lab[..., 0], 1)
    weight = 1 / (1 + (contrast / np.float32(parameters.edge_contrast)) ** 2)
    return lab, np.asarray(scene), np.asarray(weight, np.float32)


def _extent(
    lightness: NDArray[np.float32], weight: NDArray[np.float32], parameters: ToneParameters
) -> float:
    """Compute the range of lightness that a scene's pixels, (n,), cover; 0 if it has large gaps."""
    dark, light = np.quantile(lightness, parameters.range_quantiles)
    counts = np.bincount(lightness.astype(int), weight)[int(dark) : int(light) + 1]
    shown = float((counts >= parameters.shown_level * counts.mean()).mean())
    return float(light - dark) if shown >= parameters.fewest_levels else 0.0


def _is_gray(lab: Lab, parameters: ToneParameters) -> bool:
    """Whether a scene's pixels, (n, 3), are those of a photo without any color."""
    if float(np.abs(lab[:, 1:]).max()) > parameters.gray_chroma:
        return False
    dark, light = np.quantile(lab[:, 0], parameters.range_quantiles)
    shown = np.bincount(lab[:, 0].astype(int))[int(dark) : int(light) + 1] > 0
    wide = float(light - dark) >= parameters.smallest_range
    return wide and float(shown.mean()) >= parameters.gray_levels


def _fit_tone(lab: Lab, weight: NDArray[np.float32], parameters: ToneParameters) -> Tone:
    """Fit a penalized linear spline of a and b over lightness; lab (n, 3), weight (n,).

    The penalty is on the slope, so that the curve is level beyond the scene's lightness.

    References
    ----------
    P. Eilers, B. Marx, "Flexible Smoothing with B-splines and Penalties", Statistical Science,
    1996.
    """
    shade = _shade(lab[:, 0])

    def at_shades(values: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(shade, values, len(_SHADES)), np.float64)

    counts, *sums = (at_shades(each) for each in (weight, *(weight * lab[:, 1:].T)))
    last = len(_LEVELS) - 1
    below = np.minimum(_SHADES.astype(int), last - 1)
    share = _SHADES - below

    def at_levels(level: NDArray[np.int_], values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(level, values, last + 1), np.float64)

    own = at_levels(below, counts * (1 - share) ** 2) + at_levels(below + 1, counts * share**2)
    between = at_levels(below, counts * share * (1 - share)) - parameters.stiffness
    own += parameters.stiffness * np.r_[1, np.full(last - 1, 2), 1]
    target = [
        at_levels(below, each * (1 - share)) + at_levels(below + 1, each * share) for each in sums
    ]
    # The equations' matrix is tridiagonal: each level's color concerns its neighbors' only.
    bands = np.stack([np.roll(between, 1), own])
    return Tone(solveh_banded(bands, np.stack(target, axis=1)))


def _deviation(lab: Lab, scene: Mask, tone: Tone, parameters: ToneParameters) -> float:
    """Compute how far a scene's colors, averaged over blocks, lie from a tone's, LAB units.

    It is a root mean square; infinite if the scene has too few blocks.
    """
    side = parameters.block_px
    rows, columns = (length // side for length in scene.shape)
    if rows * columns < parameters.fewest_blocks:
        return float("inf")

    def block_means(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return resize(values[: rows * side, : columns * side], columns, rows)

    # Where the curve is steep, a pixel is nearer to it than to the color at its own lightness.
    nearer = np.hypot(1, np.hypot(*np.gradient(tone.colors, axis=0).T))
    off = (lab - tone.apply_to_lab(lab)) / _look_up(nearer[:, None], lab[..., 0])
    off[~scene] = 0
    share = block_means(scene.astype(np.float32))
    valid = share >= 0.5
    if valid.sum() < parameters.fewest_blocks:
        return float("inf")
    return _rms(block_means(off)[valid] / share[valid][:, None])


def _largest_deviation(extent: float, chroma: float, parameters: ToneParameters) -> float:
    """Return the largest deviation of a toned scene with this range of lightness and chroma."""
    limits = (parameters.largest_deviation, parameters.muted_deviation)
    by_chroma = min(constant + share * chroma for constant, share in limits)
    return min(by_chroma, parameters.deviation_per_range * extent)


def _is_faded(lab: Lab, extent: float, parameters: ToneParameters) -> bool:
    """Whether a scene's pixels, (n, 3), are those of a black-and-white photo with stains."""
    usual, most = parameters.faded_chroma
    chroma = np.linalg.norm(lab[:, 1:], axis=1)
    gray = _rms(lab[:, 1:]) <= usual and float(np.quantile(chroma, 0.995)) <= most
    return gray and extent >= parameters.faded_range


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
    lab, scene, weight = _scene(image, matte, parameters.judged_px, parameters)
    if not scene.any():
        return None
    pixels, weights = lab[scene], weight[scene]
    if _is_gray(pixels, parameters):
        return Tone(np.zeros((len(_LEVELS), 2)))
    extent = _extent(pixels[:, 0], weights, parameters)
    if extent < parameters.smallest_range:
        return None
    tone = _fit_tone(pixels, weights, parameters)
    allowed = _largest_deviation(extent, _rms(pixels[:, 1:]), parameters)
    has_tone = _deviation(lab, scene, tone, parameters) <= allowed
    if not has_tone and not _is_faded(pixels, extent, parameters):
        return None
    if _rms(tone.apply_to_lab(pixels)[:, 1:]) < parameters.neutral_chroma:
        return Tone(np.zeros_like(tone.colors))
    lab, scene, weight = _scene(image, matte, parameters.fitted_px, parameters)
    return _fit_tone(lab[scene], weight[scene], parameters)


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
    [[[200, 30, 40], [103, 103, 103]]]
    """
    part, toned = object_box(matte).slices, image.copy()
    if toned[part].size:
        toned[part] = tone.pictured(to_lab(image[part])[..., 0])
    return recompose(image, np.float32(1) * (matte > 0), toned)


def tone_shadows(composite: Composite, scene: Rgb) -> Composite:
    """Give the shadows in a toned scene its tone; objects stay as they are.

    The sun's shadows are bluish, and what light is left of a sepia ground has less color than
    sepia.

    Parameters
    ----------
    composite
        As `compose` returns it.
    scene
        (height, width, 3) uint8 RGB, the scene without objects.

    Returns
    -------
    Composite
        `composite` itself if it has no shadow, or if the scene has colors of its own.
    """
    shaded = (to_uint8(composite.shadow) > 0) & (composite.matte == 0)
    tone = find_tone(scene, np.zeros_like(composite.matte)) if shaded.any() else None
    if tone is None:
        return composite
    return replace(composite, image=apply_tone(composite.image, shaded.astype(np.float32), tone))
