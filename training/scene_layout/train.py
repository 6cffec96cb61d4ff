"""Train the network of the scene's layout on folders that `sources.py` writes.

    python train.py out/ --backbone efficientnet-lite0-57934424.pth \\
        --data sets/coco:0.5 sets/mine:0.5

Stop it at any time; the same command goes on from the last checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from labels import possible_surfaces
from network import LayoutNetwork
from samples import Sample, Sampler, Source
from torch import Tensor
from torch.nn import functional
from trainer import Trainer, TrainerParameters, options


@dataclass(frozen=True)
class TrainingParameters(TrainerParameters):
    """How the network is trained."""

    decoder_rate: float = 2e-3
    backbone_rate: float = 4e-4
    weight_decay: float = 1e-3
    average_decay: float = 0.995
    scale_weight: float = 0.5
    """Weight of the loss of scale, beside 1 of that of surfaces."""


PARAMETERS = TrainingParameters()
Batch = tuple[Tensor, Tensor, Tensor, Tensor]


def as_tensors(samples: list[Sample]) -> Batch:
    """Stack samples: pictures -1..1, surfaces, scales and weights."""
    pictures = np.stack([each.picture for each in samples]).transpose(0, 3, 1, 2)
    return (
        (torch.from_numpy(np.ascontiguousarray(pictures)).float() - 127) / 128,
        torch.from_numpy(np.stack([each.surfaces for each in samples])).long(),
        torch.from_numpy(np.stack([each.scale for each in samples])),
        torch.from_numpy(np.stack([each.weight for each in samples])),
    )


def surface_loss(logits: Tensor, surfaces: Tensor, possible: Tensor) -> Tensor:
    """Compute cross entropy with sets of surfaces: minus the log of the set's probability."""
    allowed = possible[surfaces].permute(0, 3, 1, 2)
    likely = functional.log_softmax(logits, 1).masked_fill(~allowed, -1e4).logsumexp(1)
    known = ~allowed.all(1)
    # What is known only in part is easy, and everywhere: it counts less.
    weight = known * torch.where(allowed.sum(1) == 1, 1.0, 0.3)
    return -(likely * weight).sum() / weight.sum().clamp(min=1)


def scale_loss(found: Tensor, scale: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Compute Laplace's negative log likelihood, each object's pixels together counting once.

    Returns the loss and the mean absolute error, of logarithms.
    """
    spread = functional.softplus(found[:, 1]) + 0.05 + scale[:, 1]
    error = (found[:, 0] - scale[:, 0]).abs()
    total = weight.sum().clamp(min=0.5)
    loss = ((error / spread + torch.log(spread)) * weight).sum() / total
    return loss, (error * weight).sum().detach() / total


def draw_batch(sampler: Sampler) -> Batch:
    """Draw the samples of one step."""
    return as_tensors([sampler.draw() for _ in range(PARAMETERS.batch)])


class LayoutTrainer(Trainer):
    """Trains the network of the layout."""

    possible = torch.from_numpy(possible_surfaces())

    def train_step(self, batch: Batch, progress: float) -> dict[str, float]:
        """Take one step; return the losses of surfaces and scale, and the scale's error."""
        picture, surfaces, scale, weight = (tensor.to(self.device) for tensor in batch)
        with self.half():
            logits, found = self.network(self.on_device(picture))
        possible = self.possible.to(self.device)
        surface = surface_loss(logits.float(), surfaces, possible)
        size, error = scale_loss(found.float(), scale, weight)
        self.descend(surface + PARAMETERS.scale_weight * size, progress)
        return {"surface": surface.item(), "scale": size.item(), "error": error.item()}


def parse_source(text: str) -> Source:
    """Parse `FOLDER:SHARE`."""
    folder, share = text.rsplit(":", 1)
    return Source(Path(folder), float(share))


def main() -> None:
    """Train until the given number of steps."""
    reader = options(__doc__, steps=2000, seed=15)
    reader.add_argument("--data", nargs="+", type=parse_source, required=True)
    reader.add_argument("--held-back", type=Path, help="text file: photos to leave out")
    chosen = reader.parse_args()
    torch.set_num_threads(chosen.threads)
    torch.manual_seed(chosen.seed)  # for the weights that are not pretrained
    trainer = LayoutTrainer(LayoutNetwork(), chosen.backbone, PARAMETERS, chosen.device)
    held_back = set(chosen.held_back.read_text().splitlines()) if chosen.held_back else set()

    def drawing(seed: int) -> Callable[[], Batch]:
        return partial(draw_batch, Sampler(chosen.data, held_back, seed))

    trainer.run(chosen, drawing)


if __name__ == "__main__":
    main()
