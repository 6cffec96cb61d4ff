"""Train the cut-out network on folders of photos with masks.

    python train.py out/ --backbone efficientnet-lite0-57934424.pth \\
        --data photos:0.6:whole stickers:0.4

Stop it at any time; the same command goes on from the last checkpoint. It takes about 0.15 s a
sample on one core, and 30,000 samples are a useful start. With a graphics card, add `--device cuda
--batch 64 --workers 14` (processes that draw samples: as many as there are cores).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from network import CutoutNetwork
from samples import Sample, Sampler, Source
from torch import Tensor
from torch.nn import functional
from trainer import Trainer, TrainerParameters, options


@dataclass(frozen=True)
class TrainingParameters(TrainerParameters):
    """How the network is trained."""

    edge_weight: float = 4.0
    """Weight of pixels near the outline, which decide how a cut-out looks, beside 1 elsewhere."""
    edge_px: int = 7


PARAMETERS = TrainingParameters()


def as_tensors(samples: list[Sample]) -> tuple[Tensor, Tensor, Tensor]:
    """Stack samples: pictures -1..1 (n, 3, h, w), boxes (n, 2, h, w), alphas (n, 1, h, w)."""
    pictures = np.stack([sample.picture for sample in samples]).transpose(0, 3, 1, 2)
    boxes = np.stack(
        [np.stack([s.box, np.full(s.box.shape, float(s.given), np.float32)]) for s in samples]
    )
    alphas = np.stack([sample.alpha for sample in samples])[:, None]
    return (
        (torch.from_numpy(np.ascontiguousarray(pictures)).float() - 127) / 128,
        torch.from_numpy(boxes),
        torch.from_numpy(np.ascontiguousarray(alphas)),
    )


def soft_iou(probability: Tensor, alpha: Tensor) -> Tensor:
    """Compute the IoU of soft masks, (n,)."""
    both = torch.minimum(probability, alpha).sum((1, 2, 3))
    return (both + 1) / (torch.maximum(probability, alpha).sum((1, 2, 3)) + 1)


def compute_loss(
    logits: Tensor, expected_iou: Tensor, alpha: Tensor, parameters: TrainingParameters
) -> tuple[Tensor, Tensor]:
    """Compute cross entropy weighted at the outline, soft IoU, and the error of the expected IoU.

    Returns
    -------
    loss, iou
        A scalar, and the IoU of each thresholded mask.
    """
    size, half = parameters.edge_px, parameters.edge_px // 2
    widest = functional.max_pool2d(alpha, size, 1, half)
    narrowest = -functional.max_pool2d(-alpha, size, 1, half)
    weight = 1 + parameters.edge_weight * (widest - narrowest)
    entropy = functional.binary_cross_entropy_with_logits(logits, alpha, reduction="none")
    entropy = (entropy * weight).sum((1, 2, 3)) / weight.sum((1, 2, 3))
    probability = torch.sigmoid(logits)
    with torch.no_grad():
        iou = soft_iou((probability > 0.5).float(), (alpha > 0.5).float())
    doubt = functional.binary_cross_entropy(expected_iou[:, 0], iou)
    return (entropy + 1 - soft_iou(probability, alpha)).mean() + 0.2 * doubt, iou


def draw_batch(sampler: Sampler, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Draw the samples of one step."""
    return as_tensors([sampler.draw() for _ in range(size)])


class CutoutTrainer(Trainer):
    """Trains the cut-out network."""

    def train_step(self, batch: tuple[Tensor, Tensor, Tensor], progress: float) -> dict[str, float]:
        """Take one step; return the loss and the mean IoU of its samples."""
        picture, box, alpha = (self.on_device(tensor) for tensor in batch)
        with self.half():
            logits, expected_iou = self.network(picture, box)
        loss, iou = compute_loss(logits.float(), expected_iou.float(), alpha, PARAMETERS)
        self.descend(loss, progress)
        return {"loss": loss.item(), "iou": iou.mean().item()}


def parse_source(text: str) -> Source:
    """Parse `FOLDER:SHARE` or `FOLDER:SHARE:whole`."""
    folder, share, *kind = text.split(":")
    if kind not in ([], ["whole"]):
        raise ValueError(f"{text}: expected FOLDER:SHARE or FOLDER:SHARE:whole")
    return Source(Path(folder), float(share), kind == ["whole"])


def main() -> None:
    """Train until the given number of steps."""
    reader = options(__doc__, steps=2000, seed=13)
    reader.add_argument("--data", nargs="+", type=parse_source, required=True)
    reader.add_argument("--held-back", type=Path, help="text file: photos to leave out")
    reader.add_argument("--batch", type=int, default=PARAMETERS.batch, help="samples of a step")
    chosen = reader.parse_args()
    torch.set_num_threads(chosen.threads)
    torch.manual_seed(chosen.seed)  # for the weights that are not pretrained
    trainer = CutoutTrainer(CutoutNetwork(), chosen.backbone, PARAMETERS, chosen.device)
    held_back = chosen.held_back.read_text().splitlines() if chosen.held_back else []

    def drawing(seed: int) -> Callable[[], tuple[Tensor, Tensor, Tensor]]:
        return partial(draw_batch, Sampler(chosen.data, held_back, seed), chosen.batch)

    trainer.run(chosen, drawing)
    (chosen.out / "parameters.json").write_text(json.dumps(asdict(PARAMETERS), indent=1))


if __name__ == "__main__":
    main()
