"""What a clue is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Clue = NDArray[np.float32]
"""One figure for each pixel of the box, (box height, box width) float32."""
Clues = dict[str, Clue]
"""Clues by name."""
