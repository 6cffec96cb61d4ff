"""Draw plots as small images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from nst_pipeline.vision.shapes import Rgb

_MARGIN_PX = 12
_LINE_PX = 18
_INKS = ((40, 90, 160), (190, 80, 30), (50, 130, 70))


def _write(plot: Rgb, text: str, x: int, y: int, color: tuple[int, int, int]) -> None:
    cv2.putText(plot, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.45, color, 1, cv2.LINE_AA)


def plot_losses(
    curves: Mapping[str, Sequence[float]], *, width: int = 480, height: int = 240
) -> Rgb:
    """Plot loss curves with a logarithmic axis, labeled with the highest and lowest value.

    Parameters
    ----------
    curves
        By name, one value for each step, at least one; values that are not positive are drawn as
        the smallest float32. At most three curves.
    width, height
        Size of the plot, pixels.

    Returns
    -------
    numpy.ndarray
        (height, width, 3) uint8 RGB, white background.

    Examples
    --------
    >>> plot_losses({"object": [100.0, 10.0, 5.0]}).shape
    (240, 480, 3)
    """
    plot = np.full((height, width, 3), 255, np.uint8)
    logs = {
        name: np.log10(np.maximum(losses, np.finfo(np.float32).tiny))
        for name, losses in curves.items()
    }
    everything = np.concatenate(list(logs.values()))
    low, high = float(everything.min()), float(everything.max())
    longest = max(len(values) for values in logs.values())
    for number, (name, values) in enumerate(logs.items()):
        x = np.linspace(_MARGIN_PX, width - _MARGIN_PX, max(longest, 2))[: len(values)]
        y = (high - values) / (high - low or 1) * (height - 2 * _MARGIN_PX) + _MARGIN_PX
        points = np.rint(np.stack([x, y], axis=1)).astype(np.int32)
        ink = _INKS[number % len(_INKS)]
        cv2.polylines(plot, [points], isClosed=False, color=ink, thickness=2, lineType=cv2.LINE_AA)
        _write(plot, name, width - 90, 20 + _LINE_PX * (number + 1), ink)
    for value, label_y in ((high, 20), (low, height - 10)):
        _write(plot, f"{10**value:.3g}", width - 90, label_y, (60, 60, 60))
    return plot
