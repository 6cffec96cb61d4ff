"""The array type of the color model's features, targets and weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
"""float64, of any shape."""
