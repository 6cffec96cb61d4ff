"""Train the reader of light on the rows that `rows.py` makes.

    python train_reader.py ROWS.npz [--out reader.npz]

Two scenes, of one photo or of two, in two lights: the difference of their readings must change an
object from the one light into the other, as seen on the display. One photo in ten is held back; at
the end, the figures of these photos are printed. It takes about a minute.
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
    to_display,
    to_linear,
)
from numpy.typing import NDArray

from nst_pipeline.vision.harmonize.light.change import LIMITS


@dataclass(frozen=True)
class TrainingParameters:
    """How the reader is trained."""

    hidden: tuple[int, ...] = (128, 96)
    dropout: float = 0.3
    noise: float = 0.1
    """Standard deviation of noise on the standardized statistics."""
    same_photo: float = 0.25
    """Share of pairs of one photo: there the change is exact. In the others, the two photos' own
    lights differ, as those of object and scene do: the reader learns how far to trust itself."""
    daylight: float = 0.65
    """Share of rows in the photo's own light: most scenes and stickers are in no other."""
    batch: int = 256
    epochs: int = 60
    rate: float = 2e-3
    weight_decay: float = 0.1
    pixels: int = 64
    """Pixels of the object, of those of a row, on which a step judges."""
    seed: int = 0


TRAINING = TrainingParameters()


def _drawn(daylight: NDArray[np.bool_], share: float, rng: np.random.Generator) -> NDArray[np.intp]:
    """Draw as many rows as there are, a share of them in daylight."""
    is_own = rng.random(len(daylight)) < share
    own, lit = (rng.choice(np.flatnonzero(each), len(is_own)) for each in (daylight, ~daylight))
    return np.where(is_own, own, lit)


def _partners(
    drawn: NDArray[np.intp], rows: Rows, parameters: TrainingParameters, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Choose a source for each drawn row: another light of its photo, or any other row."""
    photo = rows["photo"]
    order = np.argsort(photo, kind="stable")
    first = np.searchsorted(photo[order], photo[drawn])
    count = np.searchsorted(photo[order], photo[drawn], side="right") - first
    own = order[first + (rng.random(len(drawn)) * count).astype(int)]
    others = _drawn(in_daylight(rows["light"]), parameters.daylight, rng)
    return np.where(rng.random(len(drawn)) < parameters.same_photo, own, others)


def train(rows: Rows, center: Any, scale: Any, parameters: TrainingParameters) -> tf.keras.Model:
    """Fit the network to rows."""
    tf.keras.utils.set_random_seed(parameters.seed)
    rng, x = np.random.default_rng(parameters.seed), standardize(rows["scene"], center, scale)
    pixels, light = rows["pixels"].astype(np.float32) / 255, rows["light"]
    model = network(
        x.shape[1],
        parameters.hidden,
        len(LIMITS.of_numbers),
        noise=parameters.noise,
        dropout=parameters.dropout,
    )
    steps = len(x) // parameters.batch
    by = optimizer(parameters.rate, steps * parameters.epochs, parameters.weight_decay)

    def loss_of(scene: Tensor, source: Tensor, shown: Tensor, to: Tensor, of: Tensor) -> Tensor:
        numbers = model(scene, training=True) - model(source, training=True)
        own = to_linear(shown)
        error = changed(to_linear(relit(own, of)), numbers) - relit(own, to)
        return tf.reduce_mean(tf.sqrt(tf.reduce_mean(error**2, (1, 2)) + 1e-4))

    step = descent(model, by, loss_of)
    for epoch in range(parameters.epochs):
        drawn = _drawn(in_daylight(light), parameters.daylight, rng)
        source = _partners(drawn, rows, parameters, rng)
        losses = []
        for n in range(steps):
            part = slice(n * parameters.batch, (n + 1) * parameters.batch)
            to, of = drawn[part], source[part]
            shown = pixels[to][:, rng.integers(pixels.shape[1], size=parameters.pixels)]
            losses.append(step(x[to], x[of], shown, light[to], light[of]))
        if epoch % 10 == 9:
            print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f}", flush=True)
    return model


def report(rows: Rows, x: NDArray[Any], model: tf.keras.Model) -> None:
    """Print how much error is left for objects of the same photo, and of others, in daylight."""
    numbers, photo = model(x, training=False).numpy(), rows["photo"]
    daylight = np.flatnonzero(in_daylight(rows["light"]))
    other = np.setdiff1d(np.arange(len(photo)), daylight)
    of_photo = dict(zip(photo[daylight], daylight, strict=True))
    other = np.array([n for n in other if photo[n] in of_photo])
    rng = np.random.default_rng(0)
    pixels = to_linear(rows["pixels"].astype(np.float32) / 255)
    for name, source in (
        ("its own photo's", np.array([of_photo[photo[n]] for n in other])),
        ("another photo's", rng.choice(daylight, len(other))),
    ):
        linear, light = tf.gather(pixels, other), rows["light"]
        before, truth = relit(linear, light[source]), relit(linear, light[other])
        after = changed(to_linear(before), numbers[other] - numbers[source])
        was, left = (np.mean((each - truth) ** 2, (1, 2)) for each in (before, after))
        figures = (
            f"error ratio {left.mean() / was.mean():.3f}",
            f"better {100 * (left < was).mean():.0f} %",
            f"harmed {100 * (left > 1.25 * was).mean():.0f} %",
        )
        print(f"into another light, knowing {name} daylight:", ", ".join(figures))
    source = rng.permutation(daylight)
    linear = tf.gather(pixels, daylight)
    moved = changed(linear, numbers[daylight] - numbers[source]) - to_display(linear)
    levels = 255 * np.sqrt(np.mean(np.square(moved), (1, 2)))
    print(
        "from one daylight photo to another, levels changed:",
        np.quantile(levels, (0.5, 0.9)).round(1),
    )


def main() -> None:
    """Train, report and save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=Path)
    parser.add_argument("--out", type=Path, default=Path("reader.npz"))
    parser.add_argument("--epochs", type=int, default=TRAINING.epochs)
    parser.add_argument("--batch", type=int, default=TRAINING.batch)
    options = parser.parse_args()
    parameters = replace(TRAINING, epochs=options.epochs, batch=options.batch)
    kept, left = read_rows(options.rows)
    center, scale = kept["scene"].mean(0), kept["scene"].std(0) + 1e-3
    model = train(kept, center, scale, parameters)
    report(left, standardize(left["scene"], center, scale), model)
    save(model, center, scale, options.out)


if __name__ == "__main__":
    main()
