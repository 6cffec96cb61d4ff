"""The scene's layout: EfficientNet-Lite0's features, and a decoder with skip connections."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

sys.path.append(str(Path(__file__).parents[1]))
from efficientnet import (
    FEATURES,
    Convolution,
    blocks,
)

from nst_pipeline.vision.place.layout import SURFACES

_FROZEN_BLOCKS = 8
"""The stem and these blocks see colors and textures; training them would take twice as long."""


def _layer(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()
    )


class LayoutNetwork(nn.Module):
    """From a picture, (n, 3, side, side) RGB -1..1, to maps at stride 4.

    Outputs: logits of the surfaces, (n, surfaces, side / 4, side / 4); the natural logarithm of how
    many heights of the picture a meter is, and the logarithm of its spread, (n, 2, ...).
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = Convolution(3, 32, 3, 2, False)
        self.blocks = nn.ModuleList(blocks())
        self.context = nn.Conv2d(320, 128, 1)
        self.deepest = _layer(320, 128)
        self.decoder = nn.ModuleList(
            [_layer(128 + 112, 96), _layer(96 + 40, 72), _layer(72 + 24, 56)]
        )
        self.surfaces = nn.Conv2d(56, len(SURFACES), 1)
        self.scale = nn.Sequential(_layer(72, 48), nn.Conv2d(48, 2, 1))

    def frozen(self) -> list[nn.Module]:
        """Return the parts that keep their pretrained weights."""
        return [self.stem, *self.blocks[:_FROZEN_BLOCKS]]

    @staticmethod
    def _run(part: nn.ModuleList, first: int, result: Tensor, features: list[Tensor]) -> Tensor:
        """Run blocks, of which the first has a number, and keep the features of some."""
        for number, block in enumerate(part, start=first):
            result = block(result)
            if number in FEATURES:
                features.append(result)
        return result

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Compute both maps."""
        features: list[Tensor] = []
        with torch.no_grad():
            result = functional.relu6(self.stem(picture))
            result = self._run(self.blocks[:_FROZEN_BLOCKS], 0, result, features)
        result = self._run(self.blocks[_FROZEN_BLOCKS:], _FROZEN_BLOCKS, result, features)
        context = self.context(functional.adaptive_avg_pool2d(result, 1))
        result, coarse = self.deepest(features[4]) + context, result
        for layer, skip in zip(self.decoder, features[3:0:-1], strict=True):
            result = functional.interpolate(
                result, scale_factor=2, mode="bilinear", align_corners=False
            )
            result = layer(torch.cat([result, skip], 1))
            coarse = result if result.shape[1] == 72 else coarse
        scale = functional.interpolate(
            self.scale(coarse), scale_factor=2, mode="bilinear", align_corners=False
        )
        return self.surfaces(result), scale
