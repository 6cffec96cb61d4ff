"""Write the trained network as an ONNX file with weights in half precision.

python export.py out/checkpoint.pt scene_layout.onnx
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import onnx
import torch
from network import LayoutNetwork
from torch import Tensor, nn
from torch.nn import functional

from nst_pipeline.vision.place.layout import SIDE_PX

sys.path.append(str(Path(__file__).parents[1]))
from onnx_files import halve


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


def main() -> None:
    """Export a checkpoint."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("checkpoint", type=Path)
    reader.add_argument("out", type=Path)
    chosen = reader.parse_args()
    network = LayoutNetwork()
    network.load_state_dict(torch.load(chosen.checkpoint, weights_only=True)["average"])
    torch.onnx.export(
        Deployed(network.eval()).eval(),
        (torch.zeros(1, 3, SIDE_PX, SIDE_PX),),
        str(chosen.out),
        input_names=["picture"],
        output_names=["surfaces", "scale"],
        dynamic_axes={name: {0: "views"} for name in ("picture", "surfaces", "scale")},
        opset_version=17,
        dynamo=False,
    )
    model = onnx.load(str(chosen.out))
    halve(model)
    onnx.checker.check_model(model)
    onnx.save(model, str(chosen.out))


if __name__ == "__main__":
    main()
