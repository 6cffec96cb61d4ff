"""Layouts of made-up scenes, in perspective."""

from collections.abc import Callable

import numpy as np

from nst_pipeline.vision.place.layout import SURFACES, Layout

CELLS = 64


def made_up(
    surface_at: Callable[[np.ndarray, np.ndarray], np.ndarray],
    *,
    horizon: float = 0.4,
    eye_m: float = 1.6,
    spread: float = 0.2,
) -> Layout:
    """Make a layout from a function of rows and columns, 0..1, to names of surfaces.

    A camera at a height above level ground sees it up to the horizon.
    """
    middle = (np.arange(CELLS) + 0.5) / CELLS
    rows, columns = np.meshgrid(middle, middle, indexing="ij")
    names = surface_at(rows, columns)
    surfaces = np.stack([(names == name).astype(np.float32) for name in SURFACES])
    meter = np.maximum((rows - horizon) / eye_m, 1e-3)
    return Layout(
        surfaces, np.log(meter).astype(np.float32), np.full(rows.shape, spread, np.float32)
    )


def lawn(horizon: float = 0.4, ground: str = "grass") -> Layout:
    """Return a layout with ground below the horizon, and sky above it."""
    return made_up(lambda rows, _: np.where(rows > horizon, ground, "sky"), horizon=horizon)
