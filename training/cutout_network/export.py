"""Write the trained network as an ONNX file with weights in half precision.

python export.py out/checkpoint.pt cutout_network.onnx
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import onnx
import torch
from network import CutoutNetwork
from samples import SIDE
from torch import Tensor, nn

sys.path.append(str(Path(__file__).parents[1]))
from onnx_files import halve


class Deployed(nn.Module):
    """The network with the outputs that the pipeline reads: probabilities, and expected IoU."""

    def __init__(self, network: CutoutNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: Tensor, box: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mask (n, 1, side, side), 0..1, and the expected IoU (n, 1)."""
        logits, expected_iou = self.network(picture, box)
        return torch.sigmoid(logits), expected_iou


def load_average(path: Path) -> CutoutNetwork:
    """Load a checkpoint's averaged weights."""
    network = CutoutNetwork()
    network.load_state_dict(torch.load(path, weights_only=True)["average"])
    return network.eval()


def main() -> None:
    """Export a checkpoint."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("checkpoint", type=Path)
    reader.add_argument("out", type=Path)
    chosen = reader.parse_args()
    network = Deployed(load_average(chosen.checkpoint)).eval()
    example = (torch.zeros(1, 3, SIDE, SIDE), torch.zeros(1, 2, SIDE, SIDE))
    torch.onnx.export(
        network,
        example,
        str(chosen.out),
        input_names=["picture", "box"],
        output_names=["mask", "expected_iou"],
        dynamic_axes={name: {0: "views"} for name in ("picture", "box", "mask", "expected_iou")},
        opset_version=17,
        dynamo=False,
    )
    model = onnx.load(str(chosen.out))
    halve(model)
    onnx.checker.check_model(model)
    onnx.save(model, str(chosen.out))


if __name__ == "__main__":
    main()
