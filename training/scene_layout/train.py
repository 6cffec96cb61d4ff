"""Train the network of the scene's layout on folders that `sources.py` writes.

    python train.py out/ --backbone efficientnet-lite0-57934424.pth \\
        --data sets/coco:0.5 sets/mine:0.5

Stop it at any time; the same command goes on from the last checkpoint.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from labels import possible_surfaces
from network import LayoutNetwork, load_backbone
from samples import Sample, Sampler, Source
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class TrainingParameters:
    """How the network is trained."""

    batch: int = 16
    decoder_rate: float = 2e-3
    backbone_rate: float = 4e-4
    warmup_steps: int = 50
    average_decay: float = 0.995
    scale_weight: float = 0.5


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


def prefetch(sampler: Sampler, size: int) -> Iterator[Batch]:
    """Draw batches in a thread, ahead of the training."""

    def work() -> Batch:
        return as_tensors([sampler.draw() for _ in range(size)])

    with ThreadPoolExecutor(1) as pool:
        ahead = deque(pool.submit(work) for _ in range(4))
        while True:
            yield ahead.popleft().result()
            ahead.append(pool.submit(work))


class Trainer:
    """The network, its moving average, and the optimizer; saved and resumed as one."""

    def __init__(self, backbone: Path, parameters: TrainingParameters) -> None:
        self.parameters, self.step = parameters, 0
        self.network = LayoutNetwork()
        load_backbone(self.network, backbone)
        for part in self.network.frozen():
            part.requires_grad_(False)
        self.network = self.network.to(memory_format=torch.channels_last)
        trained = [p for p in self.network.blocks.parameters() if p.requires_grad]
        known = {id(p) for p in trained}
        new = [p for p in self.network.parameters() if p.requires_grad and id(p) not in known]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": trained, "lr": parameters.backbone_rate},
                {"params": new, "lr": parameters.decoder_rate},
            ],
            weight_decay=1e-3,
        )
        self.rates = [group["lr"] for group in self.optimizer.param_groups]
        self.average = {k: v.detach().clone() for k, v in self.network.state_dict().items()}
        self.possible = torch.from_numpy(possible_surfaces())

    def train_step(self, batch: Batch, progress: float) -> list[float]:
        """Take one step; return the losses of surfaces and scale, and the scale's error."""
        warm = min((self.step + 1) / self.parameters.warmup_steps, 1.0)
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * warm * max(1 - progress, 0.0) ** 0.9
        picture, surfaces, scale, weight = batch
        with torch.autocast("cpu", torch.bfloat16):
            logits, found = self.network(picture.to(memory_format=torch.channels_last))
        surface = surface_loss(logits.float(), surfaces, self.possible)
        size, error = scale_loss(found.float(), scale, weight)
        self.optimizer.zero_grad(set_to_none=True)
        (surface + self.parameters.scale_weight * size).backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 2.0)
        self.optimizer.step()
        self.step += 1
        self._average()
        return [surface.item(), size.item(), error.item()]

    def _average(self) -> None:
        decay = min(self.parameters.average_decay, (self.step + 1) / (self.step + 10))
        for name, value in self.network.state_dict().items():
            kept = self.average[name]
            if value.dtype.is_floating_point:
                kept.mul_(decay).add_(value.detach(), alpha=1 - decay)
            else:
                kept.copy_(value)

    def save(self, path: Path) -> None:
        """Write everything that is needed to go on, completely or not at all."""
        state = {
            "step": self.step,
            "network": self.network.state_dict(),
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
        }
        unfinished = path.with_suffix(".part")
        torch.save(state, unfinished)
        unfinished.replace(path)

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint."""
        state = torch.load(path, weights_only=True)
        self.step, self.average = state["step"], state["average"]
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])


def parse_source(text: str) -> Source:
    """Parse `FOLDER:SHARE`."""
    folder, share = text.rsplit(":", 1)
    return Source(Path(folder), float(share))


def main() -> None:
    """Train until the given number of steps."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("out", type=Path)
    reader.add_argument("--backbone", type=Path, required=True)
    reader.add_argument("--data", nargs="+", type=parse_source, required=True)
    reader.add_argument("--held-back", type=Path, help="text file: photos to leave out")
    reader.add_argument("--steps", type=int, default=2000)
    reader.add_argument("--threads", type=int, default=2)
    reader.add_argument("--seed", type=int, default=15)
    chosen = reader.parse_args()
    torch.set_num_threads(chosen.threads)
    trainer = Trainer(chosen.backbone, TrainingParameters())
    chosen.out.mkdir(parents=True, exist_ok=True)
    checkpoint, log = chosen.out / "checkpoint.pt", chosen.out / "log.jsonl"
    if checkpoint.exists():
        trainer.resume(checkpoint)
    torch.manual_seed(chosen.seed + trainer.step)
    held_back = set(chosen.held_back.read_text().splitlines()) if chosen.held_back else set()
    sampler = Sampler(chosen.data, held_back, chosen.seed + trainer.step)
    started, figures = time.monotonic(), []
    trainer.network.train()
    for batch in prefetch(sampler, trainer.parameters.batch):
        if trainer.step >= chosen.steps:
            break
        figures.append(trainer.train_step(batch, trainer.step / chosen.steps))
        if trainer.step % 20 == 0 or trainer.step == chosen.steps:
            surface, scale, error = np.mean(figures, 0).tolist()
            line = {"step": trainer.step, "surface": surface, "scale": scale, "error": error}
            line["seconds"] = time.monotonic() - started
            with log.open("a") as file:
                file.write(json.dumps(line) + "\n")
            figures = []
        if trainer.step % 100 == 0 or trainer.step == chosen.steps:
            trainer.save(checkpoint)


if __name__ == "__main__":
    main()
