"""Train the reader of light on folders of photos with masks.

    python train.py out/ --backbone efficientnet-lite0-57934424.pth --data people:0.5 things:0.5

Two things are learned. A photo in two lights: the difference of the readings must change the
object's colors from the one light into the other. And photos as they are: reading and own look
together must tell an object's colors, so that a dark forest reads dark because what stands in dark
forests is dark. The own look is not kept.

Stop it at any time; the same command goes on from the last checkpoint. At the end, figures of the
photos that are held back are printed, one in ten. On two cores, 400 steps take about an hour; with
a graphics card, add `--device cuda --batch 256 --workers 14`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from network import LOOKS, LightReader, OwnLook, to_linear
from samples import Folder, Sample, Sampler, Shown
from torch import Tensor, nn
from torch.nn import functional
from trainer import Trainer, TrainerParameters, options

from nst_pipeline.vision.harmonize.light.change import LIMITS
from nst_pipeline.vision.images.color import LUMINANCE


@dataclass(frozen=True)
class TrainingParameters(TrainerParameters):
    """How the network is trained."""

    batch: int = 64
    backbone_rate: float = 2e-4
    weight_decay: float = 0.15
    change_weight: float = 10.0
    """Of the error of a change, as displayed, 0..1."""
    relit_weight: float = 0.35
    """Of the colors of an object in another light than its photo's, beside 1."""


PARAMETERS = TrainingParameters()


@dataclass(frozen=True)
class Lit:
    """Photos in a light, as tensors: inputs of the reader, the objects' colors, and weights.

    Attributes
    ----------
    views
        Picture (n, 3, side, side) -1..1, near and hidden (n, 1, side, side).
    pixels
        (n, k, 3) display values 0..1.
    weight
        (n,) how much the objects' colors tell.
    """

    views: tuple[Tensor, Tensor, Tensor]
    pixels: Tensor
    weight: Tensor

    def to(self, device: torch.device) -> Lit:
        """Return the same on a device."""
        picture, near, hidden = (each.to(device) for each in self.views)
        return Lit((picture, near, hidden), self.pixels.to(device), self.weight.to(device))


Batch = tuple[Lit, Lit, Tensor, Tensor]
"""Two lights, shapes (n, 2, 64, 64), and numbers of folders (n,)."""


def _lit(shown: list[Shown]) -> Lit:
    pictures = np.stack([each.view.picture for each in shown]).transpose(0, 3, 1, 2)
    near, hidden = (
        torch.from_numpy(np.stack([getattr(each.view, name) for each in shown]))[:, None]
        for name in ("near", "hidden")
    )
    picture = (torch.from_numpy(np.ascontiguousarray(pictures)).float() - 127) / 128 * (1 - hidden)
    pixels = torch.from_numpy(np.stack([each.pixels for each in shown])).float() / 255
    weights = [
        1.0 if each.own_light else 0.0 if each.haze else PARAMETERS.relit_weight for each in shown
    ]
    return Lit((picture, near, hidden), pixels, torch.tensor(weights))


def as_tensors(samples: list[Sample]) -> Batch:
    """Stack samples."""
    first, second = (_lit([each.lights[n] for each in samples]) for n in (0, 1))
    shapes = torch.from_numpy(np.stack([each.shape for each in samples]))
    return first, second, shapes, torch.tensor([each.folder for each in samples])


def draw_batch(sampler: Sampler, size: int) -> Batch:
    """Draw the samples of one step."""
    return as_tensors([sampler.draw() for _ in range(size)])


def _display(linear: Tensor) -> Tensor:
    linear = linear.clamp(1e-6, 1)
    return torch.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def changed(linear: Tensor, numbers: Tensor) -> Tensor:
    """Apply `LightChange.from_numbers`, (n, 9), to pixels, (n, k, 3); return display values."""
    bound = torch.tensor(LIMITS.of_numbers, dtype=linear.dtype, device=linear.device)
    parts = (bound * torch.tanh(numbers / bound))[:, None].split([1, 3, 1, 1, 3], -1)
    exposure, balance, contrast, saturation, haze = parts
    weights = torch.tensor(LUMINANCE[:, None], dtype=linear.dtype, device=linear.device)
    pivot = torch.log((linear @ weights).clamp(min=1e-4)).mean(1, keepdim=True)
    lit = linear * torch.exp(exposure + balance)
    luminance = (lit @ weights).clamp(min=LIMITS.darkest)
    factor = (luminance / torch.exp(pivot + exposure)) ** (torch.exp(contrast) - 1)
    factor = factor.clamp(1 / LIMITS.tone_factor, LIMITS.tone_factor)
    lit, gray = lit * factor, luminance * factor
    shown = _display(gray + torch.exp(saturation) * (lit - gray))
    return shown * (1 - haze.clamp(min=0)) + haze


def look(pixels: Tensor) -> Tensor:
    """Measure colors, (n, k, 3) display values, in the numbers of a reading but haze, (n, 6)."""
    linear = to_linear(pixels)
    weights = torch.tensor(LUMINANCE[:, None], dtype=linear.dtype, device=linear.device)
    luminance = linear @ weights
    strength = torch.log(luminance.clamp(min=3e-3))
    exposure = strength.mean(1)
    color = torch.log(linear.clamp(min=3e-3)).mean(1) - exposure
    contrast = torch.log(strength.std(1) + 0.1)
    saturation = ((linear - luminance).abs().mean(-1) / (luminance[..., 0] + 0.02)).mean(1)
    return torch.cat([exposure, color, contrast, torch.log(saturation + 0.03)[:, None]], 1)


class Learner(nn.Module):
    """The reader, and what is only needed to train it."""

    def __init__(self, folders: int) -> None:
        super().__init__()
        self.reader, self.own = LightReader(), OwnLook(folders)
        self.spread = nn.Parameter(torch.zeros(LOOKS))
        self.stem, self.blocks, self.frozen = (
            self.reader.stem,
            self.reader.blocks,
            self.reader.frozen,
        )

    def look_error(self, lit: Lit, own: Tensor, reading: Tensor) -> Tensor:
        """Compute Laplace's negative log likelihood of the objects' colors, by number."""
        spread = functional.softplus(self.spread) + 0.05
        error = (look(lit.pixels) - own - reading[:, :LOOKS]).abs()
        weighted = (error / spread + torch.log(spread)) * lit.weight[:, None]
        return weighted.sum() / lit.weight.sum().clamp(min=0.5) / LOOKS


class ReaderTrainer(Trainer):
    """Trains the reader of light."""

    def train_step(self, batch: Batch, progress: float) -> dict[str, float]:
        """Take one step; return the errors of changes and of colors."""
        first, second = (each.to(self.device) for each in batch[:2])
        shapes, folders = (each.to(self.device) for each in batch[2:])
        with self.half():
            readings = [self.network.reader(*lit.views).float() for lit in (first, second)]
            own = self.network.own(shapes, folders).float()
        moved = changed(to_linear(first.pixels), readings[1] - readings[0])
        change = (moved - second.pixels).abs().mean()
        pairs = zip((first, second), readings, strict=True)
        colors = sum(self.network.look_error(lit, own, reading) for lit, reading in pairs)
        self.descend(PARAMETERS.change_weight * change + colors, progress)
        return {"change": change.item(), "colors": float(colors)}


@torch.no_grad()
def figures(learner: Learner, sampler: Sampler, samples: int) -> str:
    """Measure the reader on photos that it was not trained on."""
    learner.eval()
    before, after, told, own_only = [], [], [], []
    for first_of_batch in range(0, samples, PARAMETERS.batch):
        size = min(PARAMETERS.batch, samples - first_of_batch)
        first, second, shapes, folders = draw_batch(sampler, size)
        readings = [learner.reader(*lit.views) for lit in (first, second)]
        moved = changed(to_linear(first.pixels), readings[1] - readings[0])
        for errors, picture in ((before, first.pixels), (after, moved)):
            errors.append(((picture - second.pixels) ** 2).mean((1, 2)))
        natural = first.weight == 1
        rest = (look(first.pixels) - learner.own(shapes, folders))[natural]
        own_only.append(rest)
        told.append(rest - readings[0][natural, :LOOKS])
    error, change = torch.cat(before), torch.cat(after)
    ratio = change.sum() / error.sum()
    explained = 1 - torch.cat(told).var(0) / torch.cat(own_only).var(0)
    shares = ", ".join(f"{each:.2f}" for each in explained.tolist())
    return (
        f"into another light: error ratio {ratio:.2f}, better {(change < error).float().mean():.0%}"
        f"; share of the colors' variance that the scene tells: {shares}"
    )


def parse_folder(text: str) -> Folder:
    """Parse `FOLDER:SHARE`."""
    folder, share = text.rsplit(":", 1)
    return Folder(Path(folder), float(share))


def main() -> None:
    """Train until the given number of steps."""
    reader = options(__doc__, steps=400, seed=14)
    reader.add_argument("--data", nargs="+", type=parse_folder, required=True)
    reader.add_argument("--batch", type=int, default=PARAMETERS.batch, help="samples of a step")
    reader.add_argument("--measured", type=int, default=600, help="samples measured at the end")
    chosen = reader.parse_args()
    torch.set_num_threads(chosen.threads)
    torch.manual_seed(chosen.seed)  # for the weights that are not pretrained
    learner = Learner(len(chosen.data))
    trainer = ReaderTrainer(learner, chosen.backbone, PARAMETERS, chosen.device)

    def drawing(seed: int) -> Callable[[], Batch]:
        return partial(draw_batch, Sampler(chosen.data, seed), chosen.batch)

    trainer.run(chosen, drawing)
    learner.load_state_dict(trainer.average())
    held_back = Sampler(chosen.data, chosen.seed, held_back=True)
    print(figures(learner.cpu(), held_back, chosen.measured))


if __name__ == "__main__":
    main()
