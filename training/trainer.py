"""Train a network that starts from EfficientNet-Lite0's features: steps, averages, checkpoints."""

from __future__ import annotations

import argparse
import json
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from efficientnet import load_backbone
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

Drawn = TypeVar("Drawn")
CHECKPOINT, LOG = "checkpoint.pt", "log.jsonl"
_LOG_STEPS, _CHECKPOINT_STEPS = 20, 100
_AHEAD = 4
"""Batches that are drawn ahead of the training."""
_LONGEST_GRADIENT = 2.0
_WORKER_SEEDS = 100_003
"""Distance of the seeds of processes that draw."""


@dataclass(frozen=True)
class TrainerParameters:
    """How a network is trained; the rates fall to zero."""

    batch: int = 16
    decoder_rate: float = 1.5e-3
    backbone_rate: float = 3e-4
    weight_decay: float = 1e-4
    warmup_steps: int = 50
    average_decay: float = 0.997
    """Of the exponential moving average of the weights, which is what is kept."""


def options(description: str | None, *, steps: int, seed: int) -> argparse.ArgumentParser:
    """Return a reader of the options that all training scripts have."""
    reader = argparse.ArgumentParser(description=description)
    reader.add_argument("out", type=Path)
    reader.add_argument("--backbone", type=Path, required=True)
    reader.add_argument("--steps", type=int, default=steps)
    reader.add_argument("--threads", type=int, default=2)
    reader.add_argument("--seed", type=int, default=seed)
    reader.add_argument("--device", default="cpu", help="cpu, or cuda for a graphics card")
    reader.add_argument("--workers", type=int, default=0, help="processes that draw samples")
    return reader


class _Draws(IterableDataset[Any]):
    """Batches without end; each process draws with a seed of its own."""

    def __init__(self, drawing: Callable[[int], Callable[[], Any]], seed: int) -> None:
        self.drawing, self.seed = drawing, seed

    def __iter__(self) -> Iterator[Any]:
        worker = get_worker_info()
        draw = self.drawing(self.seed + _WORKER_SEEDS * (worker.id if worker else 0))
        while True:
            yield draw()


def batches_of(
    drawing: Callable[[int], Callable[[], Drawn]], seed: int, workers: int
) -> Iterator[Drawn]:
    """Draw batches ahead of the training.

    Parameters
    ----------
    drawing
        From a seed to a function that draws a batch.
    seed
        Of the first batch.
    workers
        Processes that draw; 0 for a thread of this one.
    """
    if workers:
        return iter(DataLoader(_Draws(drawing, seed), batch_size=None, num_workers=workers))
    return _drawn_in_thread(drawing(seed))


def _drawn_in_thread(draw: Callable[[], Drawn]) -> Iterator[Drawn]:
    with ThreadPoolExecutor(1) as pool:
        ahead = deque(pool.submit(draw) for _ in range(_AHEAD))
        while True:
            yield ahead.popleft().result()
            ahead.append(pool.submit(draw))


class Trainer:
    """A network, its moving average, and the optimizer; saved and resumed as one.

    Parameters
    ----------
    network
        Untrained; it has pretrained `blocks`, and `frozen()` returns the parts that stay so.
    backbone
        EfficientNet-Lite0's weights.
    parameters
        How it is trained.
    device
        `cpu` or `cuda`.
    """

    def __init__(
        self, network: Any, backbone: Path, parameters: TrainerParameters, device: str = "cpu"
    ) -> None:
        self.parameters, self.step, self.device = parameters, 0, torch.device(device)
        load_backbone(network, backbone)
        for part in network.frozen():
            part.requires_grad_(False)
        self.network = network.to(self.device, memory_format=torch.channels_last)
        trained = [p for p in self.network.blocks.parameters() if p.requires_grad]
        known = {id(p) for p in trained}
        new = [p for p in self.network.parameters() if p.requires_grad and id(p) not in known]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": trained, "lr": parameters.backbone_rate},
                {"params": new, "lr": parameters.decoder_rate},
            ],
            weight_decay=parameters.weight_decay,
        )
        self._rates = [group["lr"] for group in self.optimizer.param_groups]
        self._average = {k: v.detach().clone() for k, v in self.network.state_dict().items()}

    def descend(self, loss: Tensor, progress: float) -> None:
        """Take one step down a loss; `progress`, 0..1, is how much of the training is done."""
        warm = min((self.step + 1) / self.parameters.warmup_steps, 1.0)
        for group, rate in zip(self.optimizer.param_groups, self._rates, strict=True):
            group["lr"] = rate * warm * max(1 - progress, 0.0) ** 0.9
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), _LONGEST_GRADIENT)
        self.optimizer.step()
        self.step += 1
        self._update_average()

    def train_step(self, batch: Any, progress: float) -> dict[str, float]:
        """Take one step on a batch; return figures of it, by name."""
        raise NotImplementedError

    def on_device(self, tensor: Tensor) -> Tensor:
        """Return a batch's tensor, (n, channels, h, w), where the network computes."""
        return tensor.to(self.device, memory_format=torch.channels_last, non_blocking=True)

    def half(self) -> torch.autocast:
        """Return a context in which the network computes in half precision."""
        return torch.autocast(self.device.type, torch.bfloat16)

    def run(self, chosen: argparse.Namespace, drawing: Callable[[int], Callable[[], Any]]) -> None:
        """Train as the options say, from the last checkpoint if there is one.

        Parameters
        ----------
        chosen
            What was read by `options`.
        drawing
            From a seed to a function that draws a batch.
        """
        chosen.out.mkdir(parents=True, exist_ok=True)
        if (chosen.out / CHECKPOINT).exists():
            self.resume(chosen.out / CHECKPOINT)
        seed = chosen.seed + self.step
        torch.manual_seed(seed)
        batches = batches_of(drawing, seed, chosen.workers)
        self.train(batches, chosen.steps, chosen.out, time.monotonic())

    def train(self, batches: Iterator[Any], steps: int, out: Path, started: float) -> None:
        """Train until a number of steps; log figures, and save checkpoints, in a folder."""
        figures: list[dict[str, float]] = []
        self.network.train()
        for batch in batches:
            if self.step >= steps:
                break
            figures.append(self.train_step(batch, self.step / steps))
            is_last = self.step == steps
            if self.step % _LOG_STEPS == 0 or is_last:
                means = {name: np.mean([each[name] for each in figures]) for name in figures[0]}
                line = {"step": self.step, **means, "seconds": time.monotonic() - started}
                with (out / LOG).open("a") as file:
                    file.write(json.dumps(line) + "\n")
                figures = []
            if self.step % _CHECKPOINT_STEPS == 0 or is_last:
                self.save(out / CHECKPOINT)

    def _update_average(self) -> None:
        decay = min(self.parameters.average_decay, (self.step + 1) / (self.step + 10))
        for name, value in self.network.state_dict().items():
            kept = self._average[name]
            if value.dtype.is_floating_point:
                kept.mul_(decay).add_(value.detach(), alpha=1 - decay)
            else:
                kept.copy_(value)

    def average(self) -> dict[str, Tensor]:
        """Return the weights' moving average, which is what is kept."""
        return self._average

    def save(self, path: Path) -> None:
        """Write everything that is needed to go on, completely or not at all."""
        state = {
            "step": self.step,
            "network": self.network.state_dict(),
            "average": self._average,
            "optimizer": self.optimizer.state_dict(),
        }
        unfinished = path.with_suffix(".part")
        torch.save(state, unfinished)
        unfinished.replace(path)

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint."""
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.step, self._average = state["step"], state["average"]
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
