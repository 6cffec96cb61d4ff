"""The cut-out network: EfficientNet-Lite0's features, told where the box is, and a decoder.

References
----------
Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019.
Ronneberger, Fischer and Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation",
MICCAI 2015.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

sys.path.append(str(Path(__file__).parents[1]))
from efficientnet import FEATURES, Convolution, blocks

_FROZEN_BLOCKS = 3
"""The stem and these blocks see colors and edges; training them gains nothing and costs half."""


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
        self.blocks = nn.ModuleList(blocks())
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
            if number in FEATURES:
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
