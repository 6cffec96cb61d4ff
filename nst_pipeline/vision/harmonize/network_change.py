"""Transfer a network's change of colors to an object at full size, without the network's texture.

In each neighborhood, the network's change is fitted by a gain and an offset for each channel. Both
vary slowly, so that they can be enlarged and applied to all of the object's own detail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.images.dtype import round_to_uint8
from nst_pipeline.vision.images.regions import object_box
from nst_pipeline.vision.images.resize import resize, shrink_to_fit
from nst_pipeline.vision.shapes import Box, Matte, Rgb


@dataclass(frozen=True)
class NetworkChangeParameters:
    """How a network's change is read and applied."""

    side_px: int = 512
    """Longest side at which the change is read; enough for what varies slowly."""
    sigma_share: float = 0.03
    """Width of the Gaussian neighborhood, as a share of that side."""
    share: float = 0.5
    """Share of the change to apply; the whole change does harm more often."""
    least_std: float = 15.0
    """8-bit units; with less contrast in a neighborhood, its change is rather an offset."""
    gain_limit: float = 1.6
    """Largest gain, up or down."""


NETWORK_CHANGE = NetworkChangeParameters()
"""For style networks."""
HARMONIZER_CHANGE = NetworkChangeParameters(side_px=1024, sigma_share=0.004, share=1.0)
"""For networks that were trained to harmonize: their change is meant as it is. The narrow Gaussian
only removes what they reconstruct badly."""


@dataclass(frozen=True)
class Proposal:
    """What a network made of a composite.

    Attributes
    ----------
    after
        (h, w, 3) uint8 RGB, of any size.
    before
        The picture that `after` is compared with, of any size, e.g. the composite in its own
        style; None for the composite itself.
    """

    after: Rgb
    before: Rgb | None = None


Proposals = Mapping[str, Callable[[], Proposal]]
"""Functions that make or read proposals, by the name of the candidate that uses them."""


@dataclass(frozen=True)
class LocalChange:
    """What turns 8-bit values x into gain * x + offset, each (h, w, 3) float32."""

    gain: NDArray[np.float32]
    offset: NDArray[np.float32]


def apply_network_change(
    composite: Rgb,
    matte: Matte,
    proposal: Proposal,
    *,
    parameters: NetworkChangeParameters = NETWORK_CHANGE,
) -> Rgb:
    """Apply a share of a network's change to the object.

    Parameters
    ----------
    composite
        (height, width, 3) uint8 RGB.
    matte
        (height, width) float32, 0..1; where it is 0, no byte changes.
    proposal
        What the network made of the composite.
    parameters
        How the change is read and applied.

    Returns
    -------
    Rgb
        (height, width, 3) uint8 RGB, a new array.

    Examples
    --------
    >>> import numpy as np
    >>> composite, matte = np.full((40, 40, 3), 90, np.uint8), np.ones((40, 40), np.float32)
    >>> warmer = composite + np.array([40, 0, 0], np.uint8)
    >>> apply_network_change(composite, matte, Proposal(warmer))[20, 20]
    array([110,  90,  90], dtype=uint8)
    """
    after, before = proposal.after, proposal.before
    if before is None:
        before = resize(composite, after.shape[1], after.shape[0])
    small = shrink_to_fit(before, parameters.side_px)
    height, width = small.shape[:2]
    weight = resize(shrink_to_fit(matte, parameters.side_px), width, height)
    change = fit_local_change(resize(after, width, height), small, weight, parameters=parameters)
    changed = apply_local_change(composite, change, parameters.share, object_box(matte))
    return recompose(composite, matte, changed)


def fit_local_change(
    after: Rgb,
    before: Rgb,
    weight: Matte,
    *,
    parameters: NetworkChangeParameters = NETWORK_CHANGE,
) -> LocalChange:
    """Fit, around each pixel, the gain and offset that turn one picture into another.

    Parameters
    ----------
    after
        (h, w, 3) uint8 RGB, e.g. the composite in the scene's style.
    before
        Same size, e.g. the composite in its own style, so that what the network does to every
        picture cancels out.
    weight
        (h, w) float32, the weight of each pixel. Weights of 0 outside the object keep changes of
        the background from bleeding into it.
    parameters
        The neighborhood's width, and limits.

    References
    ----------
    K. He, J. Sun, X. Tang, "Guided Image Filtering", ECCV 2010, equations 5 to 8, with Gaussian
    weights, channel by channel, and a gain that tends to 1, not 0, where there is no contrast.
    """
    sigma = parameters.sigma_share * max(weight.shape)
    share = np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), 1e-3)[..., None]

    def mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.GaussianBlur(values * weight[..., None], (0, 0), sigma) / share)

    x, y = (each.astype(np.float32) for each in (before, after))
    mean_x, mean_y = mean(x), mean(y)
    # Where the gain is 1, the offset is the mean difference.
    variance = mean(np.square(x - mean_x)) + np.float32(parameters.least_std**2)
    excess = mean((x - mean_x) * (y - x - mean_y + mean_x)) / variance
    limit = np.float32(parameters.gain_limit)
    gain = np.clip(1 + excess, 1 / limit, limit)
    return LocalChange(mean(gain), mean(mean_y - gain * mean_x))


def apply_local_change(image: Rgb, change: LocalChange, share: float, box: Box) -> Rgb:
    """Apply a share of a change, enlarged to the picture's size, within a box.

    Parameters
    ----------
    image
        (height, width, 3) uint8 RGB.
    change
        Of any size; it covers the whole picture.
    share
        Share of the change to apply, 0..1.
    box
        Part of the picture; pixels outside keep their values.

    Returns
    -------
    Rgb
        (height, width, 3) uint8 RGB, a new array.
    """
    down, across = (change.gain.shape[axis] / image.shape[axis] for axis in (0, 1))
    # Pixel centers lie at half coordinates.
    to_change = np.array(
        [
            [across, 0, (box.x + 0.5) * across - 0.5],
            [0, down, (box.y + 0.5) * down - 0.5],
        ]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    gain, offset = (
        cv2.warpAffine(
            each, to_change, (box.width, box.height), flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
        for each in (change.gain, change.offset)
    )
    changed, part = image.copy(), image[box.slices].astype(np.float32)
    changed[box.slices] = round_to_uint8(part + np.float32(share) * (part * (gain - 1) + offset))
    return changed
