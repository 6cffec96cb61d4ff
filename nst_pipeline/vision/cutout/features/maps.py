"""Types of feature maps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FeatureMap = NDArray[np.float32]
"""One number for each pixel of the box, (box height, box width) float32."""
FeatureMaps = dict[str, FeatureMap]
"""Feature maps by name."""
