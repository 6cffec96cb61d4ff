"""How natural a composite looks: what can give it away, and the probability that nothing does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

FACTORS = ("cutout", "size", "place", "light", "sharpness", "seam", "shadow")
"""What can give a composite away."""
WHOLE = "whole"
"""What the network makes of the picture as a whole."""
SEEN = (*FACTORS, WHOLE)
"""What the network says, in the order of its outputs."""
CLOSE = ("cutout", "light", "sharpness", "seam")
"""What the network is asked with all details; the rest at a glance (`views.coarse`)."""
Seen = Mapping[str, float]
"""Logits by name: above 0 where a photo is more likely than a fault."""


@dataclass(frozen=True)
class NaturalnessParameters:
    """How factors become a probability: a logistic function.

    The weights' proportions are set by hand, so that each fault counts; their scale, and the bias,
    are fitted to what viewers said of 198 composites and of photos (docs/models.md).
    """

    bias: float = -2.24
    weights: tuple[float, ...] = (0.49, 0.54, 0.59, 0.15, 0.05, 0.07, 0.02, 0.15)
    """Of what is seen, in its order."""
    limit: float = 2.5
    """Logits beyond this tell nothing more."""
    prominence: float = 0.44
    """Weight of the logarithm of the object's height: what is small is hardly looked at."""
    usual_height: float = 0.3
    """Height, as a share of the picture's, that counts neither for nor against."""
    least_height: float = 0.05
    """What is smaller is looked at no less."""
    kinship: float = 0.8
    """Weight of the logit of kinship."""
    pasted: float = -3.0
    """Added where a placement is known, so that something was pasted: of the 48 most natural of
    324 composites, two viewers took 8% for photographs, and the network alone would say 62%."""


@dataclass(frozen=True)
class Naturalness:
    """How natural a composite looks.

    Attributes
    ----------
    probability
        0..1, that a person takes it for a photograph.
    factors
        0..1, by name: the probability that this does not give it away.
    """

    probability: float
    factors: dict[str, float]

    @property
    def worst(self) -> str:
        """The factor that gives it away most."""
        return min(self.factors, key=self.factors.__getitem__)


def _probability(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))


def _logit(probability: float) -> float:
    kept = min(max(probability, 1e-3), 1 - 1e-3)
    return float(np.log(kept / (1 - kept)))


def naturalness(
    seen: Seen,
    height: float,
    *,
    quality: float | None = None,
    plausibility: float | None = None,
    kinship: float | None = None,
    parameters: NaturalnessParameters = NaturalnessParameters(),
) -> Naturalness:
    """Combine what is seen of a composite with what is known of it.

    Parameters
    ----------
    seen
        What the network says.
    height
        The object's, as a share of the picture's.
    quality
        The sticker's quality, 0..1, if it is known. The cut-out is no better than that.
    plausibility
        The placement's, 0..1, if it is known. The place is no better than that.
    kinship
        How alike the scene and the object's own photo are, 0..1, if it is known.
    parameters
        Of the combination.

    Examples
    --------
    >>> good = naturalness(dict.fromkeys(SEEN, 2.0), 0.3)
    >>> bad = naturalness(dict.fromkeys(SEEN, 2.0), 0.3, quality=0.2)
    >>> good.probability > bad.probability, bad.worst
    (True, 'cutout')
    """
    logits = dict(seen)
    for name, known in (("cutout", quality), ("place", plausibility)):
        if known is not None:
            logits[name] = min(logits[name], _logit(known))
    counted = np.clip([logits[name] for name in SEEN], -parameters.limit, parameters.limit)
    weighted = float(np.dot(parameters.weights, counted))
    size = max(height, parameters.least_height) / parameters.usual_height
    total = parameters.bias + weighted - parameters.prominence * float(np.log(size))
    if plausibility is not None:
        total += parameters.pasted
    if kinship is not None:
        total += parameters.kinship * _logit(kinship)
    factors = {name: round(_probability(logits[name]), 4) for name in FACTORS}
    return Naturalness(round(_probability(total), 4), factors)
