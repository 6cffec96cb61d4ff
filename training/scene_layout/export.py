"""Write the trained network as an ONNX file with weights in half precision.

python export.py out/checkpoint.pt scene_layout.onnx
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from network import LayoutNetwork
from torch import Tensor, nn
from torch.nn import functional

from nst_pipeline.vision.place.layout import SIDE_PX

sys.path.append(str(Path(__file__).parents[1]))
from onnx_files import export


class Deployed(nn.Module):
    """The network with the outputs that the pipeline reads: probabilities, logarithms, spreads."""

    def __init__(self, network: LayoutNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Return surfaces (n, surfaces, rows, columns), 0..1, and scale (n, 2, rows, columns)."""
        logits, scale = self.network(picture)
        spread = functional.softplus(scale[:, 1:]) + 0.05
        return torch.softmax(logits, 1), torch.cat([scale[:, :1], spread], 1)


if __name__ == "__main__":
    picture = torch.zeros(1, 3, SIDE_PX, SIDE_PX)
    export(__doc__, LayoutNetwork(), Deployed, (picture,), ["picture"], ["surfaces", "scale"])
