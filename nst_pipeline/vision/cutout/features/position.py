"""Where in the box a pixel lies, and what box it is."""

from __future__ import annotations

import numpy as np

from nst_pipeline.vision.cutout.features.kind import Clue, Clues
from nst_pipeline.vision.cutout.neighborhood import View


def superellipse(across: Clue, down: Clue, exponent: float) -> Clue:
    """Distance from the middle, 1 on the superellipse inscribed in the box.

    Exponent 2: an ellipse; more: toward a rectangle.
    """
    return np.asarray((across**exponent + down**exponent) ** (1 / exponent), np.float32)


def position_clues(view: View) -> Clues:
    """Distances from the middle, height in the box, its shape and share, what is cut off."""
    across, down = view.depths()
    height, width = view.picture.shape[:2]
    rows = np.linspace(0, 1, view.box.height, dtype=np.float32)[:, None]
    share = view.box.width * view.box.height / (height * width)
    left, top, right, bottom = view.open_sides
    everywhere = np.ones_like(across)
    return {
        "across": across,
        "down": down,
        "ellipse": superellipse(across, down, 2),
        "rounded": superellipse(across, down, 4),
        "height": rows * everywhere,
        "aspect": everywhere * np.float32(np.log(view.box.width / view.box.height)),
        "share": everywhere * np.float32(np.log(share)),
        "open_beside": everywhere * (left + right),
        "open_above": everywhere * top,
        "open_below": everywhere * bottom,
    }
