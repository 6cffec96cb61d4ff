"""Features that compare color and texture between the box, its core, its rim and the outside."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.cutout.features.maps import FeatureMap, FeatureMaps
from nst_pipeline.vision.cutout.features.position import superellipse_radius
from nst_pipeline.vision.cutout.neighborhood import Neighborhood
from nst_pipeline.vision.images.color import Lab


@dataclass(frozen=True)
class HistogramParameters:
    """Parameters of the color histograms. Colors are quantized by k-means."""

    colors: int = 64
    """Enough to separate shades, few enough to count each of them."""
    sharing_std: float = 6.0
    """Colors share their counts with similar colors, by a Gaussian of this many LAB units."""
    iterations: int = 12
    """Maximum number of k-means iterations."""
    tolerance: float = 0.5
    """k-means stops once the colors move less than this, LAB units."""
    samples: int = 6000
    """Approximate number of pixels that k-means is run on."""
    seed: int = 0
    """Seed of k-means."""
    smoothing: float = 0.3
    """Added to the shares of a region's histogram, evenly over all colors, so that a color that
    occurs once does not dominate."""
    share_prior_px: float = 5
    """Pixels added to the denominator of a color's share inside the box: rare colors count less."""
    min_region_px: float = 20.0
    """Regions with fewer pixels have no histogram."""

    @property
    def floor(self) -> float:
        """Value added to the share of each color."""
        return self.smoothing / self.colors


@dataclass(frozen=True)
class ColorParameters:
    """Parameters of `color_features`."""

    histograms: HistogramParameters = field(default_factory=HistogramParameters)
    blur_px: float = 1.0
    """Standard deviation of the blur before colors are compared; it removes noise and JPEG
    blocks."""
    fine_texture_px: float = 1.5
    coarse_texture_px: float = 4.0
    """Standard deviations of the windows in which texture is measured."""
    fine_texture_weight: float = 10.0
    coarse_texture_weight: float = 12.0
    """Weights of texture relative to color."""
    lightness_weight: float = 0.5
    """Weight of lightness relative to chroma: shading changes lightness within an object."""
    core_radius: float = 0.5
    """Ellipse radius (0 at the center, 1 at the sides) over which the core fades out."""
    rim_radius: float = 0.85
    """Radius at which the rim begins."""
    surroundings_px: tuple[float, ...] = (10.0, 40.0)
    """Standard deviations of the blurs that carry the colors of the surroundings into the box."""
    unknown_difference: float = 15.0
    """Color difference (LAB) assumed where there are no surroundings: neither small nor large."""


def log_texture(lab: Lab, sigma_px: float) -> NDArray[np.float32]:
    """Measure texture as the logarithm of the local standard deviation of lightness.

    Parameters
    ----------
    lab
        (height, width, 3) float32 CIE LAB.
    sigma_px
        Standard deviation of the Gaussian window.

    Returns
    -------
    numpy.ndarray
        (height, width) float32, log(1 + standard deviation).
    """
    lightness = lab[..., 0]
    mean = cv2.GaussianBlur(lightness, (0, 0), sigma_px)
    variance = cv2.GaussianBlur(lightness * lightness, (0, 0), sigma_px) - mean**2
    return np.asarray(np.log1p(np.sqrt(np.maximum(variance, 0))), np.float32)


def _quantize(
    values: NDArray[np.float32], parameters: HistogramParameters
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Return the index of each pixel's nearest palette color, and the palette."""
    flat = values.reshape(-1, values.shape[-1])
    sample = np.ascontiguousarray(flat[:: max(len(flat) // parameters.samples, 1)])
    cv2.setRNGSeed(parameters.seed)
    stop = (
        cv2.TERM_CRITERIA_MAX_ITER + cv2.TERM_CRITERIA_EPS,
        parameters.iterations,
        parameters.tolerance,
    )
    start = np.zeros((len(sample), 1), np.int32)
    count = min(parameters.colors, len(sample))
    _, _, palette = cv2.kmeans(sample, count, start, stop, 1, cv2.KMEANS_PP_CENTERS)
    distance = (palette**2).sum(1) - 2 * flat @ palette.T
    return distance.argmin(1).reshape(values.shape[:2]), np.asarray(palette, np.float32)


def _sharing_matrix(palette: NDArray[np.float32], sharing_std: float) -> NDArray[np.float64]:
    """Compute how each color shares its count with similar colors, (colors, colors)."""
    squared = ((palette[:, None] - palette[None]) ** 2).sum(-1)
    similarity = np.exp(-squared / (2 * sharing_std**2))
    return np.asarray(similarity / similarity.sum(0), np.float64)


def _log_odds(
    first: NDArray[np.float64], second: NDArray[np.float64], parameters: HistogramParameters
) -> NDArray[np.float64]:
    """Compute each color's log odds between two regions; 0 if a region is too small."""
    if min(first.sum(), second.sum()) < parameters.min_region_px:
        return np.zeros_like(first)
    shares = [counts / counts.sum() + parameters.floor for counts in (first, second)]
    return np.asarray(np.log(shares[0] / shares[1]), np.float64)


def _palette_features(
    neighborhood: Neighborhood, values: NDArray[np.float32], parameters: ColorParameters
) -> FeatureMaps:
    """Compare the color histograms of the box, its core, its rim and the outside."""
    index, palette = _quantize(values, parameters.histograms)
    distances = neighborhood.center_distances()
    ellipse, rounded = superellipse_radius(*distances, 2), superellipse_radius(*distances, 4)
    boxed = index[neighborhood.box.slices]
    sharing = _sharing_matrix(palette, parameters.histograms.sharing_std)

    def count(where: NDArray[np.intp], weight: NDArray[np.floating]) -> NDArray[np.float64]:
        counts = np.bincount(where.ravel(), weight.ravel(), len(palette))
        return np.asarray(sharing @ counts, np.float64)

    inside = count(boxed, np.ones_like(ellipse))
    outside = count(index, (~neighborhood.box_mask).astype(np.float32))
    core = count(boxed, np.exp(-((ellipse / parameters.core_radius) ** 2)))
    rim = count(boxed, (rounded > parameters.rim_radius).astype(np.float32))
    by_color = {
        "box_vs_outside": _log_odds(inside, outside, parameters.histograms),
        "core_vs_outside": _log_odds(core, outside, parameters.histograms),
        "core_vs_box": _log_odds(core, inside, parameters.histograms),
        "rim_vs_box": _log_odds(rim, inside, parameters.histograms),
        "share_inside": inside / (inside + outside + parameters.histograms.share_prior_px),
        "mean_radius": count(boxed, ellipse) / np.maximum(inside, 1e-6),
        "log_area": np.log(inside / inside.sum() + parameters.histograms.floor),
    }
    return {name: values[boxed].astype(np.float32) for name, values in by_color.items()}


def _difference_from_surroundings(
    neighborhood: Neighborhood,
    smooth: NDArray[np.float32],
    sigma_px: float,
    unknown_difference: float,
) -> FeatureMap:
    """Compute LAB differences from the surroundings' colors, blurred into the box."""
    outside = (~neighborhood.box_mask).astype(np.float32)
    weight = cv2.GaussianBlur(outside, (0, 0), sigma_px)
    carried = cv2.GaussianBlur(smooth * outside[..., None], (0, 0), sigma_px)
    surroundings = carried / np.maximum(weight, 1e-6)[..., None]
    difference = np.linalg.norm(smooth - surroundings, axis=-1)
    known = np.where(weight > 1e-5, difference, unknown_difference)
    return np.asarray(known[neighborhood.box.slices], np.float32)


def _difference_from_core(
    neighborhood: Neighborhood, smooth: NDArray[np.float32], core_radius: float
) -> FeatureMap:
    """Compute LAB differences from the core's mean color."""
    boxed = smooth[neighborhood.box.slices]
    radius = superellipse_radius(*neighborhood.center_distances(), 2)
    weight = np.exp(-((radius / core_radius) ** 2))[..., None]
    core = (boxed * weight).sum((0, 1)) / max(float(weight.sum()), 1e-6)
    return np.asarray(np.linalg.norm(boxed - core, axis=-1), np.float32)


def color_features(
    neighborhood: Neighborhood, *, parameters: ColorParameters = ColorParameters()
) -> FeatureMaps:
    """Compare each pixel's color and texture with the regions of the box and its surroundings.

    Parameters
    ----------
    neighborhood
        The box and its surroundings.
    parameters
        Histograms, windows and weights.

    Returns
    -------
    dict
        Local texture; differences from the core and the surroundings (LAB units); and, by a
        palette of colors and one of textured colors, log odds between regions.
    """
    lab = neighborhood.lab
    smooth = np.asarray(cv2.GaussianBlur(lab, (0, 0), parameters.blur_px), np.float32)
    fine = log_texture(lab, parameters.fine_texture_px)
    coarse = log_texture(lab, parameters.coarse_texture_px)
    weights = np.array([parameters.lightness_weight, 1, 1], np.float32)
    textured = np.dstack(
        [
            smooth * weights,
            fine * parameters.fine_texture_weight,
            coarse * parameters.coarse_texture_weight,
        ]
    )
    by_palette = {
        f"{kind}_{name}": feature
        for kind, values in (("color", smooth), ("texture", textured.astype(np.float32)))
        for name, feature in _palette_features(neighborhood, values, parameters).items()
    }
    differences = {
        f"difference_from_surroundings_{sigma_px:.0f}": _difference_from_surroundings(
            neighborhood, smooth, sigma_px, parameters.unknown_difference
        )
        for sigma_px in parameters.surroundings_px
    }
    part = neighborhood.box.slices
    return {
        "texture_fine": fine[part],
        "texture_coarse": coarse[part],
        "difference_from_core": _difference_from_core(neighborhood, smooth, parameters.core_radius),
        **by_palette,
        **differences,
    }
