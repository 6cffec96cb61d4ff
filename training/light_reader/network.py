"""The reader of light: EfficientNet-Lite0's features of a scene, and statistics of its colors.

References
----------
Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

sys.path.append(str(Path(__file__).parents[1]))
from efficientnet import Convolution, blocks

_BLOCKS, _CHANNELS = 11, 112
"""The features at stride 16."""
_FROZEN_BLOCKS = 3
_PROMPTED_BLOCK, _PROMPTED_CHANNELS = 3, 40
"""The block after which the network is told where the object is."""
_STATISTICS = 20
NUMBERS = 9
"""Of a reading: exposure, color (3), contrast, saturation, haze (3)."""
LOOKS = 6
"""Numbers of a reading that an object's colors show: all but haze."""


def to_linear(display: Tensor) -> Tensor:
    """Convert sRGB values, 0..1, to linear light (IEC 61966-2-1)."""
    low, high = display / 12.92, ((display + 0.055) / 1.055) ** 2.4
    return torch.where(display <= 0.04045, low, high)


def _statistics(picture: Tensor, weight: Tensor) -> Tensor:
    """Describe a picture's colors, (n, 3, h, w) display values 0..1, by weights (n, 1, h, w)."""
    share = weight.flatten(1) / weight.flatten(1).sum(1, keepdim=True).clamp(min=1e-3)

    def mean(values: Tensor) -> Tensor:
        return (values.flatten(2) * share[:, None]).sum(2)

    linear = to_linear(picture.clamp(0, 1))
    luminance = linear.new_tensor([0.2126, 0.7152, 0.0722]).view(1, 3, 1, 1)
    light = torch.log(linear.clamp(min=2e-3))
    strength = torch.log((linear * luminance).sum(1, keepdim=True).clamp(min=2e-3))
    chroma = picture.amax(1, keepdim=True) - picture.amin(1, keepdim=True)
    average, middle = mean(picture), mean(strength)
    return torch.cat(
        [
            mean(light),
            middle,
            (mean((strength - middle[..., None, None]) ** 2) + 1e-4).sqrt(),
            average,
            (mean((picture - average[..., None, None]) ** 2) + 1e-5).sqrt(),
            mean(torch.sigmoid((0.08 - picture) * 60)),
            mean(torch.sigmoid((picture - 0.92) * 60)),
            mean(chroma),
            mean(chroma**2),
            weight.mean((1, 2, 3))[:, None],
        ],
        1,
    )


class LightReader(nn.Module):
    """From a scene around an object to its light.

    Inputs: picture (n, 3, side, side) RGB, -1..1, 0 where the object is; near (n, 1, side, side),
    how near a pixel is to the object; hidden (n, 1, side, side), 1 where the object is. Output: the
    reading (n, 9), as `LightChange.from_numbers` takes it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = Convolution(3, 32, 3, 2, False)
        self.blocks = nn.ModuleList(blocks()[:_BLOCKS])
        self.mask = nn.Conv2d(1, _PROMPTED_CHANNELS, 3, padding=1)
        inputs = 2 * (_CHANNELS + _STATISTICS)
        self.tone = nn.Sequential(
            nn.BatchNorm1d(inputs),
            nn.Linear(inputs, 160),
            nn.SiLU(),
            nn.Dropout(0.4),
            nn.Linear(160, 96),
            nn.SiLU(),
            nn.Linear(96, NUMBERS),
        )
        # Training starts from the pretrained network, and from no difference of light.
        for layer in (self.mask, self.tone[-1]):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def frozen(self) -> list[nn.Module]:
        """Return the parts that keep their pretrained weights."""
        return [self.stem, *self.blocks[:_FROZEN_BLOCKS]]

    def forward(self, picture: Tensor, near: Tensor, hidden: Tensor) -> Tensor:
        """Read the light."""
        features = functional.relu6(self.stem(picture))
        for number, block in enumerate(self.blocks):
            features = block(features)
            if number == _PROMPTED_BLOCK:
                features = features + self.mask(_shrunk(hidden, features))
        seen = 1 - hidden
        display = (picture * 128 + 127) / 255
        parts = [
            _pooled(features, seen),
            _pooled(features, near),
            _statistics(display, seen),
            _statistics(display, near * seen),
        ]
        return self.tone(torch.cat(parts, 1))


class OwnLook(nn.Module):
    """What an object looks like whatever the light: its share of its colors, (n, 6).

    It sees the object's lightness without its mean and contrast, (n, 1, 64, 64), and its matte, and
    of which folder it is; so what it cannot know is left to the light.
    """

    def __init__(self, folders: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in ((2, 24), (24, 48), (48, 64), (64, 96)):
            layers += [nn.Conv2d(before, after, 3, 2, 1), nn.BatchNorm2d(after), nn.ReLU()]
        self.features = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.folder = nn.Embedding(folders, 8)
        self.look = nn.Sequential(nn.Dropout(0.4), nn.Linear(96 + 8, LOOKS))

    def forward(self, shape: Tensor, folder: Tensor) -> Tensor:
        """Tell the look of objects, (n, 2, 64, 64), of folders (n,)."""
        return self.look(torch.cat([self.features(shape), self.folder(folder)], 1))


def _shrunk(weight: Tensor, features: Tensor) -> Tensor:
    stride = weight.shape[-1] // features.shape[-1]
    return functional.avg_pool2d(weight, stride)


def _pooled(features: Tensor, weight: Tensor) -> Tensor:
    small = _shrunk(weight, features) + 1e-4
    return (features * small).sum((2, 3)) / small.sum((2, 3))
