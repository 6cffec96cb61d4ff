"""Train the reader of light on the rows that `rows.py` makes.

    python train.py ROWS.npz [--out reader.npz]

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
from numpy.typing import NDArray

from nst_pipeline.vision.harmonize.light.change import LIMITS
from nst_pipeline.vision.images.color import LUMINANCE

Tensor = Any
Rows = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class TrainingParameters:
    """How the reader is trained."""

    hidden: tuple[int, ...] = (128, 96)
    dropout: float = 0.3
    noise: float = 0.1
    """Standard deviation of noise on the standardized statistics."""
    same_photo: float = 0.3
    """Share of pairs of one photo: there the change is exact. In the others, the two photos' own
    lights differ, as those of object and scene do: the reader learns how far to trust itself."""
    daylight: float = 0.5
    """Share of rows in the photo's own light: most scenes and stickers are in no other."""
    batch: int = 256
    epochs: int = 60
    rate: float = 2e-3
    weight_decay: float = 0.1
    pixels: int = 64
    """Pixels of the object, of those of a row, on which a step judges."""
    held_back_every: int = 10
    seed: int = 0


TRAINING = TrainingParameters()


def to_linear(x: Tensor) -> Tensor:
    """Convert sRGB values, 0..1, to linear light."""
    return tf.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)


def to_display(x: Tensor) -> Tensor:
    """Convert linear light to sRGB values, 0..1."""
    x = tf.clip_by_value(x, 1e-6, 1.0)
    return tf.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)


def relit(linear: Tensor, light: Tensor) -> Tensor:
    """Put pixels, (n, k, 3), into lights, (n, 10) as `lights.Light.as_row` returns them."""
    gain, gamma, contrast, air, color, mean = tf.split(light[:, None], [3, 1, 1, 1, 3, 1], -1)
    lit = tf.clip_by_value(linear * gain, 1e-6, 4.0) ** gamma
    lit = tf.maximum((lit - mean) * contrast + mean, 0)
    return to_display(lit * (1 - air) + air * color)


def changed(linear: Tensor, numbers: Tensor) -> Tensor:
    """Apply `LightChange.from_numbers`, (n, 9), to pixels, (n, k, 3), of objects."""
    bound = tf.constant(LIMITS.of_numbers, tf.float32)
    parts = tf.split((bound * tf.tanh(numbers / bound))[:, None], [1, 3, 1, 1, 3], -1)
    exposure, balance, contrast, saturation, haze = parts
    weights = tf.constant(LUMINANCE[:, None], tf.float32)
    pivot = tf.reduce_mean(tf.math.log(tf.maximum(linear @ weights, 1e-4)), 1, keepdims=True)
    lit = linear * tf.exp(exposure + balance)
    luminance = tf.maximum(lit @ weights, LIMITS.darkest)
    factor = (luminance / tf.exp(pivot + exposure)) ** (tf.exp(contrast) - 1)
    factor = tf.clip_by_value(factor, 1 / LIMITS.tone_factor, LIMITS.tone_factor)
    lit, gray = lit * factor, luminance * factor
    shown = to_display(gray + tf.exp(saturation) * (lit - gray))
    return shown * (1 - tf.maximum(haze, 0)) + haze


def network(inputs: int, parameters: TrainingParameters) -> tf.keras.Model:
    """Return dense layers with SiLU between them, whose first answer is no change."""
    layers: list[tf.keras.layers.Layer] = [tf.keras.layers.Input((inputs,))]
    layers.append(tf.keras.layers.GaussianNoise(parameters.noise))
    for width in parameters.hidden:
        layers.append(tf.keras.layers.Dense(width, activation="silu"))
        layers.append(tf.keras.layers.Dropout(parameters.dropout))
    layers.append(tf.keras.layers.Dense(len(LIMITS.of_numbers), kernel_initializer="zeros"))
    return tf.keras.Sequential(layers)


def in_daylight(light: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which rows, (n, 10), are in the photo's own light."""
    return np.asarray((light[:, :5] == 1).all(1) & (light[:, 5] == 0))


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
    rng, count = np.random.default_rng(parameters.seed), len(rows["x"])
    x = np.clip((rows["x"] - center) / scale, -5, 5).astype(np.float32)
    pixels, light = rows["pixels"].astype(np.float32) / 255, rows["light"]
    model, steps = network(x.shape[1], parameters), count // parameters.batch
    rate = tf.keras.optimizers.schedules.CosineDecay(parameters.rate, steps * parameters.epochs)
    optimizer = tf.keras.optimizers.AdamW(rate, weight_decay=parameters.weight_decay)

    @tf.function
    def step(scene: Tensor, source: Tensor, shown: Tensor, to: Tensor, of: Tensor) -> Tensor:
        with tf.GradientTape() as tape:
            numbers = model(scene, training=True) - model(source, training=True)
            own = to_linear(shown)
            error = changed(to_linear(relit(own, of)), numbers) - relit(own, to)
            squared = tf.reduce_mean(error**2, (1, 2))
            loss = tf.reduce_mean(tf.sqrt(squared + 1e-4))
        variables = model.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

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


def save(model: tf.keras.Model, center: Any, scale: Any, path: Path) -> None:
    """Write the reader for `nst_pipeline.vision.harmonize.light.reader`."""
    arrays = {"center": center, "scale": scale}
    dense = [each for each in model.layers if isinstance(each, tf.keras.layers.Dense)]
    for n, layer in enumerate(dense):
        arrays[f"weights{n}"], arrays[f"bias{n}"] = layer.get_weights()
    np.savez_compressed(path, **{name: each.astype(np.float32) for name, each in arrays.items()})


def main() -> None:
    """Train, report and save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=Path)
    parser.add_argument("--out", type=Path, default=Path("reader.npz"))
    parser.add_argument("--epochs", type=int, default=TRAINING.epochs)
    parser.add_argument("--batch", type=int, default=TRAINING.batch)
    options = parser.parse_args()
    parameters = replace(TRAINING, epochs=options.epochs, batch=options.batch)
    with np.load(options.rows) as file:
        rows = dict(file)
    held_back = rows["photo"] % TRAINING.held_back_every == 0
    kept = {name: each[~held_back] for name, each in rows.items()}
    center, scale = kept["x"].mean(0), kept["x"].std(0) + 1e-3
    model = train(kept, center, scale, parameters)
    left = {name: each[held_back] for name, each in rows.items()}
    report(left, np.clip((left["x"] - center) / scale, -5, 5).astype(np.float32), model)
    save(model, center, scale, options.out)


if __name__ == "__main__":
    main()
