"""Train the judge of light on the rows that `rows.py` makes.

    python train_judge.py ROWS.npz [--out judge.npz]

An object in one light, or edited, and a scene in another: the judge must say how the object has to
change, and whether at all. In most pairs both are of one photo. The others teach that an object
from elsewhere may be right, too. One photo in ten is held back; at the end, the figures of these
photos are printed. It takes a few minutes.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from networks import (
    Rows,
    Tensor,
    changed,
    descent,
    in_daylight,
    network,
    optimizer,
    read_rows,
    relit,
    save,
    standardize,
    to_linear,
)
from numpy.typing import NDArray

from nst_pipeline.vision.harmonize.light.change import LIMITS
from nst_pipeline.vision.harmonize.light.judge import judged_inputs
from nst_pipeline.vision.harmonize.model.gate import share_to_apply

KINDS = ("natural", "relit natural", "relit", "edited", "foreign", "foreign relit")
RIGHT = ("natural", "relit natural", "foreign")
"""Kinds in which the object's light fits."""


@dataclass(frozen=True)
class TrainingParameters:
    """How the judge is trained."""

    hidden: tuple[int, ...] = (384, 128)
    dropout: float = 0.3
    noise: float = 0.1
    """Standard deviation of noise on the standardized statistics."""
    mixture: tuple[float, ...] = (0.2, 0.1, 0.25, 0.3, 0.1, 0.05)
    """Shares of the `KINDS`."""
    right_weight: float = 1.7
    """Weight of the loss where an object is right: harm weighs more than help that is missed."""
    fit_weight: float = 0.1
    """Weight of the loss of whether it is right."""
    batch: int = 256
    steps: int = 8000
    rate: float = 2e-3
    weight_decay: float = 0.1
    pixels: int = 64
    """Pixels of the object, of those of a row, on which a step judges."""
    seed: int = 0


TRAINING = TrainingParameters()


@dataclass(frozen=True)
class Pairs:
    """Objects and scenes: statistics, pixels before and after, and kinds."""

    x: NDArray[np.float32]
    before: Tensor
    after: Tensor
    kind: NDArray[np.intp]

    @property
    def right(self) -> NDArray[np.float32]:
        """1 where the object is right, (n,)."""
        return np.isin(self.kind, [KINDS.index(each) for each in RIGHT]).astype(np.float32)


def _one_of(rows: NDArray[np.intp], rng: np.random.Generator) -> int:
    return int(rows[rng.integers(len(rows))])


class Pairing:
    """Draws pairs from rows."""

    def __init__(self, rows: Rows, mixture: tuple[float, ...]) -> None:
        self.rows, self.mixture = rows, np.array(mixture) / sum(mixture)
        daylight = in_daylight(rows["light"])
        self.daylight, self.lit = np.flatnonzero(daylight), np.flatnonzero(~daylight)
        photo = rows["photo"]
        self.own = dict(zip(photo[self.daylight].tolist(), self.daylight.tolist(), strict=True))
        self.lit = self.lit[np.isin(photo[self.lit], list(self.own))]
        self.edited = np.flatnonzero(np.isin(rows["edited_photo"], list(self.own)))
        self.of_photo = {each: self.lit[photo[self.lit] == each] for each in self.own}

    def _rows_of(
        self, kind: NDArray[np.intp], rng: np.random.Generator
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Draw the rows of scene and object; the object's is an edit's where the kind says so."""
        photo, scenes, objects = self.rows["photo"], [], []
        for each in kind:
            name = KINDS[each]
            scene = _one_of(self.lit if "relit" in name else self.daylight, rng)
            own = self.own[int(photo[scene])]
            if name == "edited":
                part = _one_of(self.edited, rng)
                scene = self.own[int(self.rows["edited_photo"][part])]
            elif name == "relit":
                others = self.of_photo[int(photo[scene])]
                part = own if rng.random() < 0.75 else _one_of(others, rng)
            elif "foreign" in name:
                part = _one_of(self.daylight, rng)
            else:
                part = scene
            scenes.append(scene)
            objects.append(part)
        return np.array(scenes), np.array(objects)

    def draw(self, count: int, pixels: int, rng: np.random.Generator) -> Pairs:
        """Draw pairs, with so many pixels of each object."""
        rows, kind = self.rows, rng.choice(len(KINDS), count, p=self.mixture)
        scene, part = self._rows_of(kind, rng)
        is_edit = kind == KINDS.index("edited")
        lit = np.where(is_edit, scene, part)
        edit = np.where(is_edit, part, 0)
        statistics = np.where(is_edit[:, None], rows["edited_object"][edit], rows["object"][lit])
        chosen = rng.integers(rows["pixels"].shape[1], size=pixels)
        own = to_linear(rows["pixels"][lit][:, chosen].astype(np.float32) / 255)
        edited = rows["edited_pixels"][edit][:, chosen].astype(np.float32) / 255
        before = tf.where(is_edit[:, None, None], edited, relit(own, rows["light"][lit]))
        # Foreign objects are lit like the scene's own: by its mean, too.
        return Pairs(
            judged_inputs(rows["scene"][scene], statistics),
            before,
            relit(own, rows["light"][scene]),
            kind,
        )


def train(
    pairing: Pairing, center: Any, scale: Any, parameters: TrainingParameters
) -> tf.keras.Model:
    """Fit the network to pairs."""
    tf.keras.utils.set_random_seed(parameters.seed)
    rng = np.random.default_rng(parameters.seed)
    model = network(
        len(center),
        parameters.hidden,
        len(LIMITS.of_numbers) + 1,
        noise=parameters.noise,
        dropout=parameters.dropout,
    )
    by = optimizer(parameters.rate, parameters.steps, parameters.weight_decay)

    def loss_of(x: Tensor, before: Tensor, after: Tensor, right: Tensor) -> Tensor:
        answer = model(x, training=True)
        error = changed(to_linear(before), answer[:, :-1]) - after
        missed = tf.sqrt(tf.reduce_mean(error**2, (1, 2)) + 1e-4)
        fits = tf.nn.sigmoid_cross_entropy_with_logits(right, answer[:, -1])
        weight = 1 + (parameters.right_weight - 1) * right
        return tf.reduce_mean(weight * (missed + parameters.fit_weight * fits))

    step, losses = descent(model, by, loss_of), []
    for number in range(parameters.steps):
        pairs = pairing.draw(parameters.batch, parameters.pixels, rng)
        x = standardize(pairs.x, center, scale)
        losses.append(step(x, pairs.before, pairs.after, pairs.right))
        if number % 1000 == 999:
            print(f"step {number + 1}: loss {np.mean(losses[-1000:]):.4f}", flush=True)
    return model


def report(pairs: Pairs, model: tf.keras.Model, center: Any, scale: Any) -> None:
    """Print by kind how much error is left, and how many right objects are left alone."""
    answer = model(standardize(pairs.x, center, scale), training=False).numpy()
    confidence = 1 / (1 + np.exp(answer[:, -1]))
    share = np.array([share_to_apply(float(each)) for each in confidence])
    after = changed(to_linear(pairs.before), share[:, None] * answer[:, :-1])
    errors = [np.mean((each - pairs.after) ** 2, (1, 2)) for each in (pairs.before, after)]
    moved = 255 * np.sqrt(np.mean(np.square(after - pairs.before), (1, 2)))
    for number, kind in enumerate(KINDS):
        of_kind = pairs.kind == number
        was, left = (each[of_kind] for each in errors)
        if kind in RIGHT:
            figures = [
                f"left alone {100 * (share[of_kind] == 0).mean():.0f} %",
                f"levels changed {moved[of_kind].mean():.1f}",
            ]
        else:
            figures = [
                f"error ratio {left.mean() / was.mean():.3f}",
                f"better {100 * (left < was).mean():.0f} %",
                f"harmed {100 * (left > 1.25 * was).mean():.0f} %",
            ]
        print(f"{kind}:", ", ".join(figures))


def main() -> None:
    """Train, report and save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=Path)
    parser.add_argument("--out", type=Path, default=Path("judge.npz"))
    parser.add_argument("--steps", type=int, default=TRAINING.steps)
    options = parser.parse_args()
    parameters = replace(TRAINING, steps=options.steps)
    kept, left = read_rows(options.rows)
    pairing, held_back = (Pairing(each, parameters.mixture) for each in (kept, left))
    some = pairing.draw(20_000, 1, np.random.default_rng(1)).x
    center, scale = some.mean(0), some.std(0) + 1e-3
    model = train(pairing, center, scale, parameters)
    report(held_back.draw(4000, 192, np.random.default_rng(2)), model, center, scale)
    save(model, center, scale, options.out)


if __name__ == "__main__":
    main()
