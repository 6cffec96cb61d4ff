"""Predict how well a cut-out fits its object, from what the network and its mask say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FIGURES = ("network_iou", "agreement", "edges")
"""What the quality is predicted from, each 0..1: the IoU that the network expects; the agreement of
its views; and the share of the outline that follows edges. The IoU that the probabilities imply
adds nothing to these."""
_NEAREST = 0.01
"""Shares are kept this far from 0 and 1, where their logits would be infinite."""


@dataclass(frozen=True)
class QualityParameters:
    """Weights of the figures' logits, fitted by `training/cutout_network/calibrate.py`.

    None is negative, so that no figure lowers the quality by rising.
    """

    network_iou: float = 0.950
    agreement: float = 0.419
    edges: float = 0.384
    bias: float = -3.187


def logit(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute log(share / (1 - share)) of shares 0..1, of any shape."""
    kept = np.clip(shares, _NEAREST, 1 - _NEAREST)
    return np.asarray(np.log(kept / (1 - kept)), np.float64)


def predict_quality(
    figures: Mapping[str, float], *, parameters: QualityParameters = QualityParameters()
) -> float:
    """Predict the IoU of a cut-out with the true mask.

    Parameters
    ----------
    figures
        The values of `FIGURES`, by name.
    parameters
        Their weights.

    Returns
    -------
    float
        0..1.
    """
    weights = (parameters.network_iou, parameters.agreement, parameters.edges)
    total = float(np.dot(weights, logit(np.array([figures[name] for name in FIGURES]))))
    return float(1 / (1 + np.exp(-(total + parameters.bias))))
