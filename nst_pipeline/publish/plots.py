"""Draw plots as small images."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from nst_pipeline.vision.shapes import Rgb

_MARGIN_PX = 12
_INK = (40, 90, 160)


def plot_loss(losses: Sequence[float], *, width: int = 480, height: int = 240) -> Rgb:
    """Plot a loss curve with a logarithmic axis, labeled with its highest and lowest value.

    Parameters
    ----------
    losses
        One value for each step, at least one; values that are not positive are drawn as the
        smallest float32.
    width, height
        Size of the plot, pixels.

    Returns
    -------
    numpy.ndarray
        (height, width, 3) uint8 RGB, white background.

    Examples
    --------
    >>> plot_loss([100.0, 10.0, 5.0]).shape
    (240, 480, 3)
    """
    plot = np.full((height, width, 3), 255, np.uint8)
    values = np.log10(np.maximum(losses, np.finfo(np.float32).tiny))
    low, high = float(values.min()), float(values.max())
    x = np.linspace(_MARGIN_PX, width - _MARGIN_PX, len(values))
    y = (high - values) / (high - low or 1) * (height - 2 * _MARGIN_PX) + _MARGIN_PX
    points = np.rint(np.stack([x, y], axis=1)).astype(np.int32)
    cv2.polylines(plot, [points], isClosed=False, color=_INK, thickness=2, lineType=cv2.LINE_AA)
    for value, label_y in ((high, 20), (low, height - 10)):
        label, position = f"{10**value:.3g}", (width - 90, label_y)
        cv2.putText(plot, label, position, cv2.FONT_HERSHEY_SIMPLEX, 0.45, _INK)
    return plot
