"""Cut objects out by the photo's own transparency, which is exact: nothing is estimated."""

from __future__ import annotations

import cv2
import numpy as np

from nst_pipeline.vision.shapes import Box, Cutout, Detection, Matte, Rgb

_SHARE_INSIDE = 0.5
"""A part of the alpha belongs to a box that holds at least this share of its area."""


def _parts_in_box(alpha: Matte, box: Box) -> Matte:
    """Keep the connected parts of an alpha that lie mostly in a box, each as a whole."""
    visible = (alpha > 0).astype(np.uint8)
    count, parts = cv2.connectedComponents(visible, connectivity=8)
    inside = np.bincount(parts[box.slices].ravel(), minlength=count)
    is_kept = inside >= _SHARE_INSIDE * np.bincount(parts.ravel(), minlength=count)
    is_kept[0] = False
    return np.where(is_kept[parts], alpha, np.float32(0))


def matte_from_alpha(alpha: Matte, detection: Detection) -> Matte | None:
    """Return a detected object's matte, if the photo's alpha alone gives it.

    Parameters
    ----------
    alpha
        (height, width) float32, 0..1: the photo's own transparency.
    detection
        The object.

    Returns
    -------
    numpy.ndarray or None
        (height, width) float32: the parts of the alpha that lie mostly in the box, as they are.
        None if there is no such part, because the box marks a piece of a larger one, or if the
        detection has a mask of its own. Then `limit_to_alpha` applies.

    Examples
    --------
    >>> alpha = np.zeros((40, 60), np.float32)
    >>> alpha[10:20, 5:15], alpha[10:20, 30:50] = 1, 0.5
    >>> glass = matte_from_alpha(alpha, Detection(Box(28, 8, 24, 14), "glass", 1.0, "sidecar"))
    >>> glass.sum()
    np.float32(100.0)
    """
    if detection.mask is not None:
        return None
    height, width = alpha.shape
    matte = _parts_in_box(alpha, detection.box.clipped(width, height))
    return matte if matte.any() else None


def limit_to_alpha(cutout: Cutout, alpha: Matte, photo: Rgb) -> Cutout:
    """Make a cut-out nowhere more opaque than its photo.

    Parameters
    ----------
    cutout
        An object cut out of the photo's colors, in the photo's frame.
    alpha
        (height, width) float32, 0..1: the photo's own transparency.
    photo
        (height, width, 3) uint8 RGB; its colors hold where the alpha limits the matte.
    """
    is_own = (alpha <= cutout.matte)[..., None]
    return Cutout(
        np.minimum(cutout.matte, alpha),
        np.where(is_own, photo, cutout.colors),
        cutout.quality,
        cutout.figures,
    )
