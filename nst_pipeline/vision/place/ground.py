"""Where things can stand in a scene: its horizon, and ground that one reaches without an edge."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.images.color import Lab, to_lab
from nst_pipeline.vision.images.resize import fitted_size, resize
from nst_pipeline.vision.shapes import Box, Rgb

Map = NDArray[np.float32]
"""One number for each pixel of the reduced picture, (h, w)."""

ANALYSIS_SIDE = 192
"""Scenes are looked at in this longest side, pixels: the ground is no detail."""
SMOOTHING_PX = 1.5
"""Takes gravel, grass and noise away, and leaves kerbs, walls and table edges."""

HORIZON_RANGE = (0.25, 0.6)
"""Photographers seldom hold the camera so that the horizon is outside it."""
USUAL_HORIZON, USUAL_SPREAD = 0.5, 0.25
"""Where it is when the picture does not tell, and how firmly; shares of the height."""
TEXTURE_WEIGHT = 4.0
"""Gradients are small beside colors, and tell as much."""
LEAST_EVIDENCE = 0.05
"""What the weakest evidence counts beside a clear horizon's 1: then habit decides."""

SOME_GROUND, LIKELY = 0.08, 0.35
"""Ground ends above the highest row with this share of pixels of at least this trust."""

FRONT_SHARE = 0.25
"""Nearly every photo's lowest quarter shows ground: its texture is the ground's own."""
TEXTURE_QUANTILE, ROUGHEST = 0.6, 2.0
TEXTURE_RANGE = (0.5, 3.0)
"""Gradients up to this quantile of the front are taken for its texture: at most so many times the
picture's median, and in a range, LAB units per pixel. Below it is noise; a front that is rougher is
full of things."""
CLIMB = 0.05
"""Cost of a pixel without any edge: without a sign of an end, what is far is still less sure."""
REACH = 20.0
"""LAB units of edges crossed on the way from the bottom, at which trust has fallen to 1/e."""
BALANCE = 4.0
"""How much easier a pixel is to reach from the bottom than from the top for it to be ground rather
than sky, LAB units."""
SHARPEST = 4.0
"""An edge this strong under a foot, LAB units per pixel, takes trust to 1/e."""
BLUE_RANGE = (-12.0, -30.0)
BLUE_DOUBT = 0.7
"""From the first b* to the second, ground becomes doubtful by this share: water, rather."""


@dataclass(frozen=True)
class Ground:
    """What a scene offers to stand on.

    `horizon` is a share of the scene's height from the top. `sums`, (h + 1, w + 1, 4) float64, is
    the integral of trust in the ground (0..1) and of the LAB colors, of a reduced picture.
    """

    horizon: float
    sums: NDArray[np.float64]
    scene_width: int
    scene_height: int

    def _mean(self, box: Box) -> NDArray[np.float64]:
        height, width = (side - 1 for side in self.sums.shape[:2])
        left, right = (round(x * width / self.scene_width) for x in (box.x, box.right))
        top, bottom = (round(y * height / self.scene_height) for y in (box.y, box.bottom))
        left, top = min(max(left, 0), width - 1), min(max(top, 0), height - 1)
        right, bottom = min(max(right, left + 1), width), min(max(bottom, top + 1), height)
        sums = self.sums
        total = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
        return np.asarray(total / ((right - left) * (bottom - top)))

    def support_in(self, box: Box) -> float:
        """Mean trust, 0..1, that a box of scene pixels shows ground to stand on."""
        return float(self._mean(box)[0])

    def lab_in(self, box: Box) -> NDArray[np.float64]:
        """Mean LAB color of a box of scene pixels, (3,)."""
        return self._mean(box)[1:]


def _reduced(scene: Rgb) -> Rgb:
    longest_side = min(ANALYSIS_SIDE, max(scene.shape[:2]))
    return resize(scene, *fitted_size(scene, longest_side, shortest_side=2))


def _gradient(lab: Lab) -> Map:
    """How much color changes from pixel to pixel, LAB units."""
    across, down = cv2.Sobel(lab, cv2.CV_32F, 1, 0), cv2.Sobel(lab, cv2.CV_32F, 0, 1)
    sobel_gain = 8
    return np.asarray(np.sqrt((across**2 + down**2).sum(2)) / sobel_gain, np.float32)


def _split(lab: Lab) -> float:
    """The split of the rows into two that differ most, drawn toward the usual place.

    Otsu's criterion (1979) on color and texture at once.
    """
    rows = np.dstack([lab, TEXTURE_WEIGHT * _gradient(lab)]).mean(1).astype(np.float64)
    count = len(rows)
    above = np.arange(1, count)
    before, total = np.cumsum(rows, 0)[:-1], rows.sum(0)
    difference = before / above[:, None] - (total - before) / (count - above)[:, None]
    between = (above * (count - above) / count**2) * (difference**2).sum(1)
    explained = between / (rows.var(0).sum() + 1e-9)
    place = above / count
    habit = np.exp(-(((place - USUAL_HORIZON) / USUAL_SPREAD) ** 2) / 2)
    score = habit * (LEAST_EVIDENCE + explained**2)
    return float(place[int(np.argmax(score))])


def _farthest(trust: Map) -> float:
    """The highest row that shows some ground, as a share of the height."""
    count = max(1, round(SOME_GROUND * trust.shape[1]))
    best = np.partition(trust, -count, axis=1)[:, -count:].mean(1)
    rows = np.flatnonzero(best >= LIKELY)
    return rows[0] / len(trust) if len(rows) else 1.0


def _horizon(lab: Lab, trust: Map) -> float:
    """The middle one of three witnesses.

    Rows split best at the sky's end, which hills and houses raise above the horizon; the ground's
    end lies below it wherever something stands in the way; and habit knows where it usually is.
    """
    middle = sorted((_split(lab), _farthest(trust), USUAL_HORIZON))[1]
    low, high = HORIZON_RANGE
    return float(np.clip(middle, low, high))


def _climb(steps: Map) -> Map:
    """Least sum of `steps` on a way from the bottom row to each pixel, up and aside, never down."""
    costs = np.empty_like(steps)
    below = np.zeros(steps.shape[1], np.float32)
    for row in range(len(steps) - 1, -1, -1):
        own = below + steps[row]
        # Aside, a way costs the difference of running sums: two sweeps find the best for all.
        along = np.cumsum(steps[row])
        from_left = np.minimum.accumulate(own - along) + along
        from_right = np.minimum.accumulate((own + along)[::-1])[::-1] - along
        below = costs[row] = np.minimum(from_left, from_right)
    return costs


def _trust(lab: Lab) -> Map:
    """Trust, 0..1, that each pixel shows ground.

    Ground is what one reaches from the picture's bottom without crossing an edge, and more easily
    than from its top; no edge lies there, and it is not blue.
    """
    smooth = cv2.GaussianBlur(lab, (0, 0), SMOOTHING_PX)
    gradient = _gradient(np.asarray(smooth, np.float32))
    front = gradient[int((1 - FRONT_SHARE) * len(gradient)) :]
    texture = min(np.quantile(front, TEXTURE_QUANTILE), ROUGHEST * np.median(gradient))
    texture = np.clip(texture, *TEXTURE_RANGE)
    edge = np.maximum(gradient - np.float32(texture), 0)
    from_bottom, from_top = _climb(edge + CLIMB), _climb(edge[::-1] + CLIMB)[::-1]
    easier = np.tanh((from_top - from_bottom) / (2 * BALANCE)) / 2 + 0.5
    blue = np.interp(-smooth[..., 2], [-b for b in BLUE_RANGE], [0, BLUE_DOUBT])
    return np.asarray(np.exp(-from_bottom / REACH - edge / SHARPEST) * easier * (1 - blue))


def ground_of(scene: Rgb) -> Ground:
    """Guess where a scene's ground is, without any learned weights.

    Cheap at any size: the picture is reduced first.

    Args:
        scene: (height, width, 3) uint8 RGB.
    """
    lab = to_lab(_reduced(scene))
    trust = _trust(lab)
    sums = cv2.integral(np.dstack([trust, lab]).astype(np.float32), sdepth=cv2.CV_64F)
    height, width = scene.shape[:2]
    return Ground(_horizon(lab, trust), np.asarray(sums), width, height)
