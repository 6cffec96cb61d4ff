"""Find the region that VGG works on: an object, and the ring that it takes its style from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nst_pipeline.vision.images.regions import object_box, ring_mask
from nst_pipeline.vision.shapes import Box, Matte


@dataclass(frozen=True)
class ObjectRing:
    """An object with the ring around it, cut out of a composite.

    Attributes
    ----------
    window
        Box of the region, in the composite's pixels.
    matte
        (window height, window width) float32, 0..1: the object.
    width_px
        Width of the ring.
    """

    window: Box
    matte: Matte
    width_px: int

    @property
    def mask(self) -> Matte:
        """(window height, window width) float32, 1 on the ring."""
        return ring_mask(self.matte, self.width_px).astype(np.float32)


def object_ring(matte: Matte, *, reach: float = 0.5) -> ObjectRing:
    """Find the window and the ring of an object.

    Parameters
    ----------
    matte
        (height, width) float32, 0..1, of the composite's size.
    reach
        Width of the ring, as a fraction of the object's longer side.

    Examples
    --------
    >>> matte = np.zeros((60, 80), np.float32)
    >>> matte[20:40, 30:50] = 1
    >>> ring = object_ring(matte)
    >>> ring.window, ring.width_px
    (Box(x=20, y=10, width=40, height=40), 10)
    """
    box, window = object_box(matte), object_box(matte, margin=reach)
    width_px = max(1, round(reach * max(box.width, box.height)))
    return ObjectRing(window, matte[window.slices], width_px)
