"""Write the trained network as an ONNX file with weights in half precision.

python export.py out/checkpoint.pt naturalness.onnx
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from network import NaturalnessNetwork

from nst_pipeline.vision.naturalness.factors import SEEN
from nst_pipeline.vision.naturalness.views import SIDE_PX

sys.path.append(str(Path(__file__).parents[1]))
from onnx_files import export

if __name__ == "__main__":
    views = torch.zeros(1, 2, 3, SIDE_PX, SIDE_PX), torch.zeros(1, 2, SIDE_PX, SIDE_PX)
    export(
        __doc__,
        NaturalnessNetwork(len(SEEN)),
        lambda network: network,
        views,
        ["pictures", "mattes"],
        ["logits"],
    )
