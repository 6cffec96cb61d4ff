"""Find the object that a photo's own transparency cuts out."""

from __future__ import annotations

from nst_pipeline.vision.images.regions import object_box
from nst_pipeline.vision.shapes import Detection, Matte

OWN_ALPHA = "alpha"
"""The source of such a detection."""
_LABEL = "object"
"""Transparency does not say what an object is."""


def find_cut_out(alpha: Matte | None) -> list[Detection]:
    """Find the object that a photo's transparency shows.

    All that is visible counts as one object, whether its parts touch or not: somebody cut it out
    that way. Boxes beside the photo separate the parts (`vision.cutout.own_alpha`).

    Parameters
    ----------
    alpha
        (height, width) float32, 0..1, as `decode_alpha` returns it; None for an opaque photo.

    Returns
    -------
    list of Detection
        The box around all visible pixels, without a mask: the alpha says more than a mask could.
        Empty if nothing is visible or the photo is opaque.

    Examples
    --------
    >>> import numpy as np
    >>> alpha = np.zeros((40, 60), np.float32)
    >>> alpha[10:20, 30:50] = 0.4
    >>> find_cut_out(alpha)[0].box
    Box(x=30, y=10, width=20, height=10)
    """
    if alpha is None or not alpha.any():
        return []
    return [Detection(object_box(alpha), _LABEL, 1.0, OWN_ALPHA)]
