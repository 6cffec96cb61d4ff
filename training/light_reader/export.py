"""Write the trained reader of light as an ONNX file with weights in half precision.

python export.py out/checkpoint.pt light_reader.onnx
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from network import LightReader

sys.path.append(str(Path(__file__).parents[1]))
from onnx_files import export

from nst_pipeline.vision.harmonize.light.view import SIDE_PX

if __name__ == "__main__":
    weights = torch.zeros(1, 1, SIDE_PX, SIDE_PX)
    views = (torch.zeros(1, 3, SIDE_PX, SIDE_PX), weights, weights)
    inputs = ["picture", "near", "hidden"]
    export(__doc__, LightReader(), lambda network: network, views, inputs, ["reading"], "reader.")
