"""Train the network of naturalness on folders of photos with masks.

    python train.py out/ --backbone efficientnet-lite0-57934424.pth \\
        --data photos:0.5 --one-kind people:0.3 cars:0.2 --composites made/

Every tenth photo is left out, by its name, for `evaluate.py`. Stop it at any time; the same command
goes on from the last checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from network import NaturalnessNetwork
from samples import Folder, Sample, Sampler, is_held_back
from torch import Tensor
from torch.nn import functional
from trainer import Trainer, TrainerParameters, options

from nst_pipeline.vision.naturalness.factors import SEEN


@dataclass(frozen=True)
class TrainingParameters(TrainerParameters):
    """How the network is trained."""

    batch: int = 24
    decoder_rate: float = 2e-3
    backbone_rate: float = 4e-4
    weight_decay: float = 1e-3
    average_decay: float = 0.995
    smoothing: float = 0.03
    """Of the truth: some faults cannot be seen."""


PARAMETERS = TrainingParameters()
Batch = tuple[Tensor, Tensor, Tensor]


def as_tensors(samples: list[Sample]) -> Batch:
    """Stack samples: pictures (n, 2, 3, side, side) -1..1, mattes (n, 2, ...) 0..1, truths."""
    pictures = np.stack([each.pictures for each in samples]).transpose(0, 1, 4, 2, 3)
    return (
        (torch.from_numpy(np.ascontiguousarray(pictures)).float() - 127) / 128,
        torch.from_numpy(np.stack([each.mattes for each in samples])).float() / 255,
        torch.from_numpy(np.stack([each.truth for each in samples])),
    )


def draw_batch(sampler: Sampler) -> Batch:
    """Draw the samples of one step."""
    return as_tensors([sampler.draw() for _ in range(PARAMETERS.batch)])


class NaturalnessTrainer(Trainer):
    """Trains the network of naturalness."""

    def train_step(self, batch: Batch, progress: float) -> dict[str, float]:
        """Take one step; return the loss of each truth."""
        pictures, mattes, truth = (tensor.to(self.device) for tensor in batch)
        known = ~truth.isnan()
        target = torch.where(known, truth, 0.5) * (1 - 2 * PARAMETERS.smoothing)
        with self.half():
            logits = self.network(pictures, mattes)
        losses = functional.binary_cross_entropy_with_logits(
            logits.float(), target + PARAMETERS.smoothing, reduction="none"
        )
        means = (losses * known).sum(0) / known.sum(0).clamp(min=1)
        self.descend(means.sum(), progress)
        return dict(zip(SEEN, means.tolist(), strict=True))


def parse_folder(text: str, one_kind: bool = False) -> Folder:
    """Parse `FOLDER:SHARE`."""
    folder, share = text.rsplit(":", 1)
    return Folder(Path(folder), float(share), one_kind)


def main() -> None:
    """Train until the given number of steps."""
    reader = options(__doc__, steps=2000, seed=15)
    reader.add_argument("--data", nargs="*", type=parse_folder, default=[])
    reader.add_argument(
        "--one-kind", nargs="*", type=partial(parse_folder, one_kind=True), default=[]
    )
    reader.add_argument("--composites", nargs="*", type=Path, default=[])
    chosen = reader.parse_args()
    torch.set_num_threads(chosen.threads)
    torch.manual_seed(chosen.seed)  # for the weights that are not pretrained
    network = NaturalnessNetwork(len(SEEN))
    trainer = NaturalnessTrainer(network, chosen.backbone, PARAMETERS, chosen.device)
    folders = [*chosen.data, *chosen.one_kind]

    def drawing(seed: int) -> Callable[[], Batch]:
        return partial(draw_batch, Sampler(folders, chosen.composites, is_held_back, seed))

    trainer.run(chosen, drawing)


if __name__ == "__main__":
    main()
