"""The scripts of `training/` import one another as they do when Python runs them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "training/cutout_network"))
