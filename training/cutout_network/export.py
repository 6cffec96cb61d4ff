"""Write the trained network as an ONNX file with weights in half precision.

python export.py out/checkpoint.pt cutout_network.onnx
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from network import CutoutNetwork
from samples import SIDE
from torch import Tensor, nn

sys.path.append(str(Path(__file__).parents[1]))
from onnx_files import export


class Deployed(nn.Module):
    """The network with the outputs that the pipeline reads: probabilities, and expected IoU."""

    def __init__(self, network: CutoutNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: Tensor, box: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mask (n, 1, side, side), 0..1, and the expected IoU (n, 1)."""
        logits, expected_iou = self.network(picture, box)
        return torch.sigmoid(logits), expected_iou


if __name__ == "__main__":
    views = (torch.zeros(1, 3, SIDE, SIDE), torch.zeros(1, 2, SIDE, SIDE))
    outputs = ["mask", "expected_iou"]
    export(__doc__, CutoutNetwork(), Deployed, views, ["picture", "box"], outputs)
