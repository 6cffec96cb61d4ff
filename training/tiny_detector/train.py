"""Train a tiny detector on a YOLO export, and say what it finds.

    python training/tiny_detector/train.py EXPORT

It needs torch and the export, and no pretrained weights. It is an example (docs/how-to/
train-a-detector.md), not a good detector: a few convolutions say for each cell of 8 x 8 pixels
whether an object's center lies in it, of which label, and how large it is.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import torch
import yaml
from torch import nn
from torch.nn import functional

SIDE, CELL = 192, 8
"""Pixels: side of the square that the network sees, and of a cell."""
STEPS, BATCH = 500, 8
FOUND, OVERLAP = 0.4, 0.5
"""Least score of what counts as found, and least overlap (IoU) of what counts as right."""


def read_part(folder: Path, part: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Read pictures (side, side, 3), 0..1, with rows of label, center x and y, width, height."""
    pictures = []
    for path in sorted((folder / "images" / part).glob("*.png")):
        square = cv2.resize(cv2.imread(str(path)), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        text = (folder / "labels" / part / f"{path.stem}.txt").read_text().split()
        pictures.append((square / 255, np.array(text, float).reshape(-1, 5)))
    return pictures


def network(labels: int) -> nn.Module:
    """Build the network: from pictures to a score for each label, and width and height."""
    widths, layers = (3, 16, 32, 64, 64), []
    for before, after, stride in zip(widths, widths[1:], (2, 2, 2, 1), strict=False):
        layers += [nn.Conv2d(before, after, 3, stride, 1), nn.BatchNorm2d(after), nn.ReLU()]
    # Dilated: each cell sees a large part of the picture.
    layers += [nn.Conv2d(64, 64, 3, padding=4, dilation=4), nn.BatchNorm2d(64), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(64, labels + 2, 1))


def varied(picture: np.ndarray, rows: np.ndarray, random: np.random.Generator) -> tuple:
    """Mirror, scale, shift and brighten a picture at random."""
    rows = rows.copy()
    if random.random() < 0.5:
        picture, rows[:, 1] = picture[:, ::-1], 1 - rows[:, 1]
    scale, shift = random.uniform(0.8, 1.25), random.uniform(-0.15, 0.15, 2)
    # From old to new positions, as shares of the side: the middle stays, then moves by the shift.
    moved = 0.5 - 0.5 * scale + shift
    change = np.array([[scale, 0, moved[0] * SIDE], [0, scale, moved[1] * SIDE]])
    picture = cv2.warpAffine(picture, change, (SIDE, SIDE), borderMode=cv2.BORDER_REFLECT)
    rows[:, 1:3], rows[:, 3:] = rows[:, 1:3] * scale + moved, rows[:, 3:] * scale
    inside = ((rows[:, 1:3] > 0) & (rows[:, 1:3] < 1)).all(1)
    return np.clip(picture * random.uniform(0.7, 1.3), 0, 1), rows[inside]


def targets(rows: np.ndarray, labels: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the wanted output of each cell, and in which cells a center lies."""
    cells = SIDE // CELL
    wanted, centers = np.zeros((labels + 2, cells, cells)), np.zeros((cells, cells))
    for label, x, y, width, height in rows:
        column, row = (min(int(each * cells), cells - 1) for each in (x, y))
        wanted[int(label), row, column] = 1
        wanted[labels:, row, column] = width, height
        centers[row, column] = 1
    return wanted, centers


def train(model: nn.Module, pictures: list, labels: int) -> float:
    """Train on random variations; return the last steps' mean loss."""
    random, losses = np.random.default_rng(0), []
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for step in range(STEPS):
        chosen = [varied(*pictures[random.integers(len(pictures))], random) for _ in range(BATCH)]
        seen = torch.tensor(np.stack([each for each, _ in chosen])).float().permute(0, 3, 1, 2)
        pairs = [targets(rows, labels) for _, rows in chosen]
        wanted, centers = (
            torch.tensor(np.stack(each)).float() for each in zip(*pairs, strict=True)
        )
        made = model(seen)
        weight = 1 + 50 * wanted[:, :labels]
        score = functional.binary_cross_entropy_with_logits(
            made[:, :labels], wanted[:, :labels], weight
        )
        off = (made[:, labels:].sigmoid() - wanted[:, labels:]).abs().sum(1) * centers
        loss = 10 * score + off.sum() / centers.sum().clamp(min=1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
        if step % 100 == 99:
            print(f"step {step + 1}: loss {np.mean(losses[-50:]):.3f}", flush=True)
    return float(np.mean(losses[-50:]))


def find(model: nn.Module, picture: np.ndarray, labels: int) -> list[tuple]:
    """Find objects: label, center x and y, width, height, score; the best of its surroundings."""
    with torch.no_grad():
        made = model(torch.tensor(picture).float().permute(2, 0, 1)[None])[0].sigmoid()
    scores, cells = made[:labels], SIDE // CELL
    best = functional.max_pool2d(scores[None], 5, 1, 2)[0] == scores
    found = []
    for label, row, column in (best & (scores > FOUND)).nonzero().tolist():
        size, score = made[labels:, row, column].tolist(), float(scores[label, row, column])
        found.append((label, (column + 0.5) / cells, (row + 0.5) / cells, *size, score))
    return found


def iou(one: tuple, other: tuple) -> float:
    """Return the overlap of two boxes: center x and y, width, height."""
    sides = []
    for axis in (0, 1):
        low = max(box[axis] - box[axis + 2] / 2 for box in (one, other))
        high = min(box[axis] + box[axis + 2] / 2 for box in (one, other))
        sides.append(max(high - low, 0))
    shared = sides[0] * sides[1]
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)


def count(model: nn.Module, pictures: list, labels: int) -> tuple[int, int, int]:
    """Count the objects, those that are found, and what is found besides."""
    objects = right = wrong = 0
    for picture, rows in pictures:
        left = [tuple(row) for row in rows]
        objects += len(left)
        for label, *box, _ in sorted(find(model, picture, labels), key=lambda each: -each[-1]):
            hits = [row for row in left if row[0] == label and iou(box, row[1:]) >= OVERLAP]
            right, wrong = right + bool(hits), wrong + (not hits)
            left = [row for row in left if row not in hits[:1]]
    return objects, right, wrong


if __name__ == "__main__":
    export = Path(sys.argv[1])
    names = yaml.safe_load((export / "data.yaml").read_text("utf-8"))["names"]
    torch.manual_seed(0)
    detector = network(len(names))
    train(detector, read_part(export, "train"), len(names))
    detector.eval()
    for part in ("train", "val"):
        objects, right, wrong = count(detector, read_part(export, part), len(names))
        print(f"{part}: {right} of {objects} objects found, {wrong} false ones")
