"""Estimate a scene's horizon and ground by edges and colors, for shadows to fall on."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.images.color import Lab, to_lab
from nst_pipeline.vision.images.resize import fitted_size, resize
from nst_pipeline.vision.shapes import Rgb

_SOBEL_GAIN = 8
"""Sum of the positive weights of OpenCV's 3 x 3 Sobel kernel, times the two-pixel distance."""

PixelMap = NDArray[np.float32]
"""One number for each pixel of the reduced scene, (h, w)."""


@dataclass(frozen=True)
class GroundParameters:
    """Tuned constants of the estimate. LAB units: lightness 0..100, white point D65."""

    analysis_side_px: int = 192
    """Scenes are reduced to this longest side: the ground is visible without fine detail."""
    smoothing_px: float = 1.5
    """Standard deviation of the blur that removes gravel, grass and noise but keeps curbs and table
    edges."""

    horizon_range: tuple[float, float] = (0.25, 0.6)
    """Fractions of the height; few photos have their horizon outside this range."""
    usual_horizon: float = 0.5
    """Fraction of the height at which the horizon is assumed if there is no evidence."""
    usual_horizon_std: float = 0.25
    """Standard deviation of the horizon around it, as a fraction of the height."""
    texture_weight: float = 4.0
    """Weight of gradients relative to colors: they are smaller numbers but equally informative."""
    min_evidence: float = 0.05
    """Evidence that every row gets; a clear horizon gets 1. Without one, the usual place wins."""

    min_ground_fraction: float = 0.08
    """A row shows ground if this fraction of its pixels is ground."""
    min_ground_confidence: float = 0.35
    """Lowest mean confidence of those pixels."""

    front_fraction: float = 0.25
    """Fraction of the height that counts as the front: the lowest part of nearly every photo shows
    ground."""
    texture_quantile: float = 0.6
    """Gradients in the front up to this quantile count as the ground's texture."""
    max_texture_ratio: float = 2.0
    """Limit of that texture, relative to the picture's median gradient: a rougher front is full of
    objects."""
    texture_range: tuple[float, float] = (0.5, 3.0)
    """Limits of that texture, LAB units per pixel; weaker gradients are noise."""
    step_cost: float = 0.05
    """Cost of a pixel without an edge, LAB units: far ground is less certain."""
    edge_decay: float = 20.0
    """Path cost from the bottom at which the confidence falls to 1/e, LAB units."""
    sky_balance: float = 4.0
    """Scale of the logistic function that compares the path costs from the top and the bottom: sky
    is reached more easily from the top. LAB units."""
    foot_edge_decay: float = 4.0
    """Edge strength at the pixel itself at which the confidence falls to 1/e, LAB units per
    pixel."""
    blue_range: tuple[float, float] = (-12.0, -30.0)
    """Values of b* between which ground becomes doubtful, because it may be water."""
    blue_doubt: float = 0.7
    """Fraction of its confidence that the bluest ground loses."""


@dataclass(frozen=True)
class Ground:
    """Where shadows can fall in a scene."""

    horizon: float
    """Fraction of the scene's height from the top."""
    confidence: PixelMap
    """Confidence, 0..1, that each pixel of the reduced scene is ground, (h, w)."""


def _reduced(scene: Rgb, longest_side: int) -> Rgb:
    side = min(longest_side, max(scene.shape[:2]))
    return resize(scene, *fitted_size(scene, side, shortest_side=2))


def _gradient(lab: Lab) -> PixelMap:
    """Compute the length of the color gradient, LAB units per pixel."""
    across, down = cv2.Sobel(lab, cv2.CV_32F, 1, 0), cv2.Sobel(lab, cv2.CV_32F, 0, 1)
    return np.asarray(np.sqrt((across**2 + down**2).sum(2)) / _SOBEL_GAIN, np.float32)


def _row_split(lab: Lab, parameters: GroundParameters) -> float:
    """Split the rows into the two groups that differ most, with a prior for the usual horizon.

    Applies Otsu's criterion to color and texture together. Returns a fraction of the height.
    """
    features = np.dstack([lab, parameters.texture_weight * _gradient(lab)])
    rows = features.mean(1).astype(np.float64)
    count = len(rows)
    above = np.arange(1, count)
    before, total = np.cumsum(rows, 0)[:-1], rows.sum(0)
    difference = before / above[:, None] - (total - before) / (count - above)[:, None]
    between = (above * (count - above) / count**2) * (difference**2).sum(1)
    explained = between / (rows.var(0).sum() + 1e-9)
    fraction = above / count
    offset = (fraction - parameters.usual_horizon) / parameters.usual_horizon_std
    prior = np.exp(-(offset**2) / 2)
    score = prior * (parameters.min_evidence + explained**2)
    return float(fraction[int(np.argmax(score))])


def _farthest_ground(confidence: PixelMap, parameters: GroundParameters) -> float:
    """Find the highest row that shows some ground, as a fraction of the height."""
    count = max(1, round(parameters.min_ground_fraction * confidence.shape[1]))
    best = np.partition(confidence, -count, axis=1)[:, -count:].mean(1)
    rows = np.flatnonzero(best >= parameters.min_ground_confidence)
    return rows[0] / len(confidence) if len(rows) else 1.0


def _horizon(lab: Lab, confidence: PixelMap, parameters: GroundParameters) -> float:
    """Take the median of three estimates, as a fraction of the height.

    The rows split best where the sky ends, which hills and houses raise above the horizon. The
    ground ends below the horizon wherever something stands in the way. The third estimate is the
    usual horizon.
    """
    estimates = (
        _row_split(lab, parameters),
        _farthest_ground(confidence, parameters),
        parameters.usual_horizon,
    )
    return float(np.clip(sorted(estimates)[1], *parameters.horizon_range))


def _path_costs(steps: PixelMap) -> PixelMap:
    """Compute the least sum of `steps` on paths from the bottom row, up and sideways only."""
    costs = np.empty_like(steps)
    below = np.zeros(steps.shape[1], np.float32)
    for row in range(len(steps) - 1, -1, -1):
        own = below + steps[row]
        # Sideways, a path costs the difference of running sums: two sweeps find the best for all.
        along = np.cumsum(steps[row])
        from_left = np.minimum.accumulate(own - along) + along
        from_right = np.minimum.accumulate((own + along)[::-1])[::-1] - along
        below = costs[row] = np.minimum(from_left, from_right)
    return costs


def _confidence(lab: Lab, parameters: GroundParameters) -> PixelMap:
    """Estimate the confidence, 0..1, that each pixel shows ground.

    Ground can be reached from the bottom of the picture without crossing an edge, and more easily
    than from the top; there is no edge on it, and it is not blue.
    """
    smooth = cv2.GaussianBlur(lab, (0, 0), parameters.smoothing_px)
    gradient = _gradient(np.asarray(smooth, np.float32))
    front = gradient[int((1 - parameters.front_fraction) * len(gradient)) :]
    texture = min(
        np.quantile(front, parameters.texture_quantile),
        parameters.max_texture_ratio * np.median(gradient),
    )
    texture = np.clip(texture, *parameters.texture_range)
    edge = np.maximum(gradient - np.float32(texture), 0)
    steps = edge + parameters.step_cost
    from_bottom, from_top = _path_costs(steps), _path_costs(steps[::-1])[::-1]
    easier = np.tanh((from_top - from_bottom) / (2 * parameters.sky_balance)) / 2 + 0.5
    blue_levels = [-level for level in parameters.blue_range]
    blue = np.interp(-smooth[..., 2], blue_levels, [0, parameters.blue_doubt])
    decay = -from_bottom / parameters.edge_decay - edge / parameters.foot_edge_decay
    return np.asarray(np.exp(decay) * easier * (1 - blue))


def estimate_ground(scene: Rgb, *, parameters: GroundParameters = GroundParameters()) -> Ground:
    """Estimate where a scene's ground and horizon are, without learned weights.

    The scene is reduced first, so the cost hardly depends on its size.

    Parameters
    ----------
    scene
        (height, width, 3) uint8 RGB.
    parameters
        Tuned constants.

    Returns
    -------
    Ground
        The horizon, and the confidence that each part of the scene is ground.

    References
    ----------
    Otsu, "A Threshold Selection Method from Gray-Level Histograms", 1979 (the split of the rows).

    Examples
    --------
    >>> scene = np.full((200, 300, 3), (90, 140, 70), np.uint8)
    >>> scene[:100] = (150, 190, 240)  # sky
    >>> ground = estimate_ground(scene)
    >>> ground.horizon
    0.5
    >>> height = len(ground.confidence)
    >>> sky, lawn = ground.confidence[: height // 3], ground.confidence[2 * height // 3 :]
    >>> bool(lawn.mean() > 10 * sky.mean())
    True
    """
    lab = to_lab(_reduced(scene, parameters.analysis_side_px))
    confidence = _confidence(lab, parameters)
    return Ground(_horizon(lab, confidence, parameters), confidence)
