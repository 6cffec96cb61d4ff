"""The network of naturalness: EfficientNet-Lite0's features, inside and around an object."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

sys.path.append(str(Path(__file__).parents[1]))
from efficientnet import Convolution, blocks

_FROZEN_BLOCKS = 5
"""The stem and these blocks see colors and textures; training them would take twice as long."""
_BLOCKS = 11
"""Of EfficientNet-Lite0, up to stride 16 and 112 channels."""
_READ = {0: 16, 2: 24, 4: 40, 10: 112}
"""Channels of the blocks that are compared: strides 2, 4, 8, 16."""
_STRIDES = (2, 4, 8, 16)
_WIDTH = 32
_REGIONS = 4


def _regions(matte: Tensor) -> Tensor:
    """Return the object, its rim, the ring around it and the rest, (n, 4, h, w), 0..1."""
    wide = functional.avg_pool2d(matte, 3, 1, 1, count_include_pad=False)
    wide = functional.avg_pool2d(wide, 3, 1, 1, count_include_pad=False)
    near = (4 * wide * (1 - wide)).clamp(0, 1)
    return torch.cat(
        [matte * (1 - near), matte * near, (1 - matte) * near, (1 - matte) * (1 - near)], 1
    )


class _Compare(nn.Module):
    """Features of one stride, seen with the matte, averaged in each region."""

    def __init__(self, before: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(before + _REGIONS, _WIDTH, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(_WIDTH)
        self.second = nn.Conv2d(_WIDTH, _WIDTH, 1)

    def forward(self, features: Tensor, matte: Tensor) -> Tensor:
        """Return (n, 4 * width)."""
        regions = _regions(matte)
        seen = functional.relu(self.norm(self.first(torch.cat([features, regions], 1))))
        seen = functional.relu(self.second(seen))
        totals = torch.einsum("nchw,nrhw->nrc", seen, regions)
        areas = regions.sum((2, 3))[..., None]
        return (totals / (areas + 1.0)).flatten(1)


class NaturalnessNetwork(nn.Module):
    """From two views, (n, 2, 3, side, side) RGB -1..1, and mattes, (n, 2, side, side), to logits.

    Outputs: (n, truths).
    """

    def __init__(self, truths: int) -> None:
        super().__init__()
        self.stem = Convolution(3, 32, 3, 2, False)
        self.blocks = nn.ModuleList(blocks()[:_BLOCKS])
        self.compare = nn.ModuleList(
            nn.ModuleList(_Compare(channels) for channels in _READ.values()) for _ in range(2)
        )
        self.shape = nn.Linear(6, 16)
        self.head = nn.Sequential(
            nn.Dropout(0.2),
            nn.Linear(2 * len(_READ) * _REGIONS * _WIDTH + 16, 160),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.Linear(160, truths),
        )

    def frozen(self) -> list[nn.Module]:
        """Return the parts that keep their pretrained weights."""
        return [self.stem, *self.blocks[:_FROZEN_BLOCKS]]

    def _features(self, picture: Tensor) -> list[Tensor]:
        found: list[Tensor] = []
        with torch.no_grad():
            result = functional.relu6(self.stem(picture))
            for number, block in enumerate(self.blocks[:_FROZEN_BLOCKS]):
                result = block(result)
                if number in _READ:
                    found.append(result)
        for number, block in enumerate(self.blocks[_FROZEN_BLOCKS:], start=_FROZEN_BLOCKS):
            result = block(result)
            if number in _READ:
                found.append(result)
        return found

    def forward(self, pictures: Tensor, mattes: Tensor) -> Tensor:
        """Compute the logits."""
        features = self._features(pictures.flatten(0, 1))
        flat = mattes.flatten(0, 1)[:, None]
        compared = []
        for stride, maps, *heads in zip(_STRIDES, features, *self.compare, strict=True):
            small = functional.avg_pool2d(flat, stride)
            for view, head in enumerate(heads):
                compared.append(head(maps[view::2], small[view::2]))
        columns = mattes[:, 0].mean(1)
        rows = mattes[:, 0].mean(2)
        place = torch.linspace(-1, 1, rows.shape[1], dtype=rows.dtype)
        area = rows.mean(1)
        foot = torch.stack(
            [
                area.clamp(min=1e-4).log() / 4,
                (rows * place).mean(1) / (area + 1e-4),
                (columns * place).mean(1) / (area + 1e-4),
                (rows * place**2).mean(1) / (area + 1e-4),
                rows[:, -3:].mean(1) * 4,
                mattes[:, 1].mean((1, 2)),
            ],
            1,
        )
        return self.head(torch.cat([*compared, functional.relu(self.shape(foot))], 1))
