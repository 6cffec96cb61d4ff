"""Transfer a style network's color change to an object, without the network's texture."""

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
    """Longest side at which the change is read; enough for its low frequencies."""
    sigma_share: float = 0.03
    """Width of the Gaussian that removes the network's texture, as a share of that side."""
    share: float = 0.5
    """Share of the change to apply; the whole change does harm more often."""


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


def apply_network_change(
    composite: Rgb,
    matte: Matte,
    proposal: Proposal,
    *,
    parameters: NetworkChangeParameters = NETWORK_CHANGE,
) -> Rgb:
    """Add the low frequencies of a network's change to the object.

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
    sigma = parameters.sigma_share * max(height, width)
    weight = resize(shrink_to_fit(matte, parameters.side_px), width, height)
    change = low_frequency_change(resize(after, width, height), small, weight, sigma)
    changed = add_change(composite, change, parameters.share, object_box(matte))
    return recompose(composite, matte, changed)


def low_frequency_change(
    after: Rgb, before: Rgb, weight: Matte, sigma_px: float
) -> NDArray[np.float32]:
    """Blur the difference of two pictures, which keeps a network's change but not its texture.

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
    sigma_px
        Width of the Gaussian, pixels.

    Returns
    -------
    NDArray[np.float32]
        (h, w, 3), in 8-bit units, to be added to a picture.
    """
    difference = (after.astype(np.float32) - before) * weight[..., None]
    blurred = cv2.GaussianBlur(difference, (0, 0), sigma_px)
    share = cv2.GaussianBlur(weight, (0, 0), sigma_px)
    return np.asarray(blurred / np.maximum(share, 1e-3)[..., None], np.float32)


def add_change(image: Rgb, change: NDArray[np.float32], share: float, box: Box) -> Rgb:
    """Add a share of a smooth change, enlarged to the picture's size, within a box.

    Parameters
    ----------
    image
        (height, width, 3) uint8 RGB.
    change
        (h, w, 3) float32 in 8-bit units, of any size; it covers the whole picture.
    share
        Share of the change to add, 0..1.
    box
        Part of the picture; pixels outside keep their values.

    Returns
    -------
    Rgb
        (height, width, 3) uint8 RGB, a new array.
    """
    down, across = (change.shape[axis] / image.shape[axis] for axis in (0, 1))
    # Pixel centers lie at half coordinates.
    to_change = np.array(
        [
            [across, 0, (box.x + 0.5) * across - 0.5],
            [0, down, (box.y + 0.5) * down - 0.5],
        ]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    enlarged = cv2.warpAffine(
        change, to_change, (box.width, box.height), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    changed = image.copy()
    part = image[box.slices] + np.float32(share) * enlarged
    changed[box.slices] = round_to_uint8(part)
    return changed
