"""Compare VGG19's pixel optimization with the usual ways to do it; print one table.

    python benchmarks/vgg19.py [--weights FILE] [--steps 500] [--evaluations 200]

All runs use one picture of 400 x 400 pixels, a real photo with an object pasted from another one
that covers 1/8 of it (scikit-image's astronaut and cat), one style (scikit-learn's `china`) and
one weights file: ImageNet's if it is in Keras' cache, otherwise seeded He-scaled random numbers.

    classic      Keras' neural style transfer example, written from its description: SGD, float32
    plain        SciPy's L-BFGS in float32 on the whole picture, as neural-style and pystiche do
    ours         `stylize_vgg19` until its float32 loss is as low
    region       `stylize_vgg19` on the object alone, until the object's loss is that of the
                 classic run

All losses that count are computed in float32 by the classic run's own code, except for the
object's loss, which only `vgg19_loss` can compute. Nothing is extrapolated. More `--steps` (the
example takes 4000) and `--evaluations` take longer; the defaults take less than 25 minutes on two
cores. The last line is JSON.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy.optimize import minimize

from nst_pipeline.settings import Vgg19Settings
from nst_pipeline.style.networks.objective import (
    build_transfer_loss,
    measure_style,
    objective_for,
)
from nst_pipeline.style.networks.vgg19 import Vgg19
from nst_pipeline.style.optimize.precision import resolve_precision
from nst_pipeline.style.optimize.problem import TransferProblem
from nst_pipeline.style.optimize.progress import OptimizationStep
from nst_pipeline.style.optimize.search import LossAndGradient, Pixels
from nst_pipeline.style.stylize_vgg19 import Vgg19Result, stylize_vgg19, vgg19_loss
from nst_pipeline.style.vgg19 import IMAGENET, find_weights, load_vgg19
from nst_pipeline.vision.images.dtype import round_to_uint8
from nst_pipeline.vision.shapes import Matte, Rgb

ROWS = 400
"""The example's height; the picture is square, so that its 500 steps fit into the time."""
OBJECT_AREA = 1 / 8
SEED = 19
ARTISTIC = Vgg19Settings(mode="artistic", steps=200, flat_gain=0.0, side=ROWS)
"""The example's loss; the search ends at the loss asked for, not when it is flat."""
CLOSE = 1.05
"""Plain L-BFGS has arrived when its loss is so near to that of its last evaluation."""
REPEATS = 3
"""Of our runs, which take seconds; the median counts."""
AIM = 0.995
"""What is asked for, as a share of the goal: bfloat16 is not exact."""
MATMUL_SIDE, MATMULS = 3072, 8
MEMORY_SIDES = (512, 1024, 4000)
MEMORY_WORKING_SIDE = 512


def sized(picture: Rgb, side: int) -> Rgb:
    """A square picture of that side."""
    return cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)


def pictures() -> tuple[Rgb, Matte, Rgb]:
    """The composite, its object's matte, and the style."""
    from skimage import data
    from sklearn.datasets import load_sample_image

    photo, style = sized(data.astronaut(), ROWS), sized(load_sample_image("china.jpg"), ROWS)
    side = round(ROWS * np.sqrt(OBJECT_AREA * 4 / np.pi))
    cat = sized(data.chelsea()[20:280, 90:350], side)
    disc = np.zeros((side, side), np.float32)
    cv2.circle(disc, (side // 2, side // 2), side // 2 - 1, 1.0, -1, cv2.LINE_AA)
    matte = np.zeros((ROWS, ROWS), np.float32)
    matte[-side - 20 : -20, 20 : side + 20] = disc
    pasted = np.zeros_like(photo)
    pasted[-side - 20 : -20, 20 : side + 20] = cat
    share = matte[..., np.newaxis]
    return round_to_uint8(photo * (1 - share) + pasted * share), matte, style


def seeded_weights(folder: Path) -> Path:
    """A weights file of random numbers, He-scaled so that signals keep their size."""
    model = keras.applications.VGG19(include_top=False, weights=None, input_shape=(None, None, 3))
    random = np.random.default_rng(SEED)
    for layer in model.layers:
        if layer.weights:
            kernel, bias = layer.get_weights()
            std = np.float32(np.sqrt(2 / np.prod(kernel.shape[:3])))
            layer.set_weights([random.standard_normal(kernel.shape, np.float32) * std, bias])
    path = folder / "seeded.weights.h5"
    model.save_weights(path)
    return path


# The usual ways.


def example_loss(vgg: Vgg19, content: Rgb, style: Rgb) -> LossAndGradient:
    """Loss and gradient of the Keras example, of float32 pictures (height, width, 3), RGB.

    The example runs the network on content and style at every step; here it runs on them once,
    which makes a step three times as fast.
    """
    settings = Vgg19Settings()
    names = [*settings.style_layers, settings.content_layer]
    model = keras.Model(vgg.model.inputs, [vgg.model.get_layer(name).output for name in names])

    def features(picture: tf.Tensor) -> list[tf.Tensor]:
        return model(picture[tf.newaxis, ..., ::-1] - np.float32([103.939, 116.779, 123.68]))

    def gram(layer: tf.Tensor) -> tf.Tensor:
        flat = tf.reshape(tf.transpose(layer[0], (2, 0, 1)), (layer.shape[-1], -1))
        return tf.matmul(flat, tf.transpose(flat))

    deep = features(tf.constant(content, tf.float32))[-1]
    grams = [gram(layer) for layer in features(tf.constant(style, tf.float32))[:-1]]

    def loss(picture: tf.Tensor) -> tf.Tensor:
        *layers, last = features(picture)
        total = settings.content_weight * tf.reduce_sum((last - deep) ** 2)
        for layer, style_gram in zip(layers, grams, strict=True):
            distance = tf.reduce_sum((style_gram - gram(layer)) ** 2) / (
                4.0 * 3**2 * (ROWS * ROWS) ** 2
            )
            total += settings.style_weight / len(grams) * distance
        down = (picture[:-1, :-1] - picture[1:, :-1]) ** 2
        across = (picture[:-1, :-1] - picture[:-1, 1:]) ** 2
        return total + settings.total_variation_weight * tf.reduce_sum((down + across) ** 1.25)

    @tf.function
    def traced(picture: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(picture)
            value = loss(picture)
        return value, tape.gradient(value, picture)

    def evaluate(picture: NDArray[Any]) -> tuple[float, NDArray[np.float32]]:
        value, gradient = traced(tf.constant(picture, tf.float32))
        return float(value), gradient.numpy()

    evaluate(content)  # traced before anything is timed
    return evaluate


def classic_run(evaluate: LossAndGradient, content: Rgb, steps: int) -> tuple[float, Pixels]:
    """Seconds that the example's SGD takes for its first steps, and the picture that it reaches."""
    rate = keras.optimizers.schedules.ExponentialDecay(100.0, decay_steps=100, decay_rate=0.96)
    optimizer = keras.optimizers.SGD(learning_rate=rate)
    picture = keras.Variable(content.astype(np.float32))
    started = time.perf_counter()
    for _ in range(steps):
        optimizer.apply([evaluate(picture.numpy())[1]], [picture])
    return time.perf_counter() - started, picture.numpy()


def plain_lbfgs(evaluate: LossAndGradient, content: Rgb, evaluations: int) -> tuple[float, float]:
    """Seconds until SciPy's L-BFGS has come close to its last loss, and the loss it then had.

    Its first step is scaled to one level of 255, where SciPy would begin with far less.
    """
    unit = np.sqrt(content.size)
    seen: list[tuple[float, float]] = []
    started = time.perf_counter()

    def in_units(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        if len(seen) == evaluations:
            raise StopIteration
        loss, gradient = evaluate((point * unit).reshape(content.shape))
        seen.append((time.perf_counter() - started, loss))
        return loss, gradient.ravel().astype(np.float64) * unit

    options = {"maxiter": evaluations, "maxfun": evaluations, "ftol": 0.0, "gtol": 0.0}
    start = content.astype(np.float64).ravel() / unit
    with contextlib.suppress(StopIteration):
        minimize(in_units, start, jac=True, method="L-BFGS-B", options=options)
    goal = CLOSE * min(loss for _, loss in seen)
    return next((seconds, goal) for seconds, loss in seen if loss <= goal)


# Ours.


def seconds_of(call: Callable[[], Any]) -> float:
    """Seconds that a call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


@dataclass(frozen=True)
class Ours:
    """Seconds until float32 says that the goal is reached, and the loss it says.

    `pace` is the seconds of one of the classic run's steps right after: what else the machine did.
    """

    seconds: float
    loss: float
    pace: float


def reach(
    goal: float,
    settings: Vgg19Settings,
    vgg: Vgg19,
    given: tuple[Rgb, Rgb],
    matte: Matte | None,
    check: Callable[[Vgg19Result, Pixels], float],
    step: Callable[[], Any],
) -> Ours:
    """The median of some runs until `check` says of the picture that it has reached the goal.

    Each begins anew with everything, the style's statistics too. What bfloat16 takes for the goal
    may be just above it: then a run aims lower, and the time of the first counts as well.
    """
    runs = []
    for _ in range(REPEATS):
        seconds, aim, loss = 0.0, goal, np.inf
        while loss > goal:
            aim *= AIM
            if aim < goal / 2:
                raise SystemExit(f"a loss of {goal:.4g} is not reached, only {loss:.4g}")
            started = time.perf_counter()
            steps: list[OptimizationStep] = []
            result = stylize_vgg19(
                *given, vgg, settings, start_mask=matte, goal=aim, on_progress=steps.append
            )
            seconds += time.perf_counter() - started
            loss = check(result, steps[-1].picture)
        runs.append(Ours(seconds, loss, seconds_of(step)))
    return sorted(runs, key=lambda run: run.seconds)[REPEATS // 2]


# The machine.


def floating_point_operations(vgg: Vgg19, settings: Vgg19Settings, side: int) -> float:
    """Of all convolutions and Gram matrices, forwards and backwards to the picture."""
    total = 0.0
    for layer in vgg.model.layers[1:]:
        if not layer.weights:
            side //= 2
            continue
        total += 2 * float(np.prod(layer.kernel.shape)) * side**2
        if layer.name in settings.style_layers:
            total += 2 * float(layer.filters) ** 2 * side**2
        if layer.name == settings.content_layer:
            break
    return 2 * total


def speed(vgg: Vgg19, given: tuple[Rgb, Rgb]) -> dict[str, dict[str, float]]:
    """GFLOP/s of matrix products and of loss and gradient, the best of interleaved runs."""
    found: dict[str, dict[str, float]] = {}
    for precision in ("float32", "bfloat16"):
        square = tf.cast(tf.random.normal((MATMUL_SIDE, MATMUL_SIDE)), precision)
        product = tf.function(lambda x: tf.reduce_sum(tf.matmul(x, x)))
        objective = objective_for(vgg, ARTISTIC, precision)
        mask = np.ones((ROWS, ROWS), np.float32)
        content, style = (picture.astype(np.float32) for picture in given)
        problem = TransferProblem(content, mask, style, mask)
        loss = build_transfer_loss(objective, problem, measure_style(objective, problem), ARTISTIC)
        pairs = [
            (
                seconds_of(lambda: product(square).numpy()),  # noqa: B023
                seconds_of(lambda: loss.evaluate(content)),  # noqa: B023
            )
            for _ in range(MATMULS)
        ]
        work = floating_point_operations(vgg, ARTISTIC, ROWS)
        best = [min(column) for column in zip(*pairs, strict=True)]
        found[precision] = {
            "peak": 2 * MATMUL_SIDE**3 / best[0] / 1e9,
            "reached": work / best[1] / 1e9,
            "seconds": best[1],
        }
    return found


def stylize_one(weights: str, side: int) -> None:
    """Stylize one picture of that side, and print this process's peak memory in GiB."""
    composite, _, style = pictures()
    large = cv2.resize(composite, (side, side), interpolation=cv2.INTER_CUBIC)
    settings = ARTISTIC.model_copy(update={"side": MEMORY_WORKING_SIDE, "steps": 4})
    stylize_vgg19(large, style, load_vgg19(weights), settings)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)


def peak_memory_gib(weights: str, side: int) -> float:
    """Peak memory of a process that stylizes one picture of that side."""
    command = [sys.executable, __file__, "--weights", weights, "--memory-of", str(side)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


# The report.


def compared(vgg: Vgg19, steps: int, evaluations: int, console: Console) -> dict[str, Any]:
    """All runs, with what each took and reached."""
    composite, matte, style = pictures()
    given = composite, style
    stylize_vgg19(*given, vgg, ARTISTIC.model_copy(update={"steps": 1}))  # traced before timing
    evaluate = example_loss(vgg, composite, style)
    share = matte[..., np.newaxis]

    def object_loss(picture: Rgb | Pixels) -> float:
        """Of the picture's object on the composite's surroundings, which region mode keeps."""
        pasted = composite + share * (picture - composite.astype(np.float32))
        return vgg19_loss(pasted, *given, vgg, ARTISTIC, start_mask=matte)

    def whole(_: Vgg19Result, picture: Pixels) -> float:
        return evaluate(picture)[0]

    def own(result: Vgg19Result, _: Pixels) -> float:
        return result.loss

    def step() -> None:
        evaluate(composite)

    seconds, picture = classic_run(evaluate, composite, steps)
    classic = {"seconds": seconds, "loss": evaluate(picture)[0], "object": object_loss(picture)}
    console.print(f"classic, {steps} steps: {classic}")
    full = reach(classic["loss"], ARTISTIC, vgg, given, None, whole, step)
    region = reach(classic["object"], ARTISTIC, vgg, given, matte, own, step)
    console.print(f"ours: {full}, region: {region}")
    rival_seconds, goal = plain_lbfgs(evaluate, composite, evaluations)
    console.print(f"plain L-BFGS: {rival_seconds:.1f} s to {goal:.4g}")
    deep = reach(goal, ARTISTIC, vgg, given, None, whole, step)
    return {
        "start": evaluate(composite)[0],
        "classic": classic,
        "full": full,
        "region": region,
        "plain": {"seconds": rival_seconds, "loss": goal},
        "deep": deep,
    }


def headline(found: dict[str, Any], rates: dict[str, dict[str, float]]) -> dict[str, Any]:
    """The figures by which this benchmark is judged."""
    used = rates[resolve_precision("auto")]
    return {
        "speedup_full_frame": found["classic"]["seconds"] / found["full"].seconds,
        "speedup_region": found["classic"]["seconds"] / found["region"].seconds,
        "speedup_over_lbfgs": found["plain"]["seconds"] / found["deep"].seconds,
        "fraction_of_peak": used["reached"] / used["peak"],
    }


def table(
    found: dict[str, Any], rates: dict[str, dict[str, float]], memory: dict[int, float], steps: int
) -> Table:
    """Everything that was measured, a row each."""
    report = Table("what", "seconds", "loss (float32)", "note")

    def row(what: str, seconds: float, loss: float, note: str) -> None:
        report.add_row(what, f"{seconds:.2f}", f"{loss:.5g}", note)

    classic, plain = found["classic"], found["plain"]
    row("start", 0, found["start"], f"{ROWS} x {ROWS}, object 1/8 of it")

    def own(what: str, name: str, asked: float) -> None:
        note = f"asked for {asked:.5g}; a classic step took {found[name].pace:.2f} s"
        row(what, found[name].seconds, found[name].loss, note)

    note = f"a step took {classic['seconds'] / steps:.2f} s"
    row(f"classic, {steps} steps", classic["seconds"], classic["loss"], note)
    own("ours", "full", classic["loss"])
    own("ours, object only", "region", classic["object"])
    row("plain L-BFGS", plain["seconds"], plain["loss"], f"within {CLOSE - 1:.0%} of its last")
    own("ours", "deep", plain["loss"])
    for precision, rate in rates.items():
        note = f"{rate['reached']:.0f} of {rate['peak']:.0f} GFLOP/s of a matrix product"
        report.add_row(f"one evaluation, {precision}", f"{rate['seconds']:.2f}", "", note)
    for side, gib in memory.items():
        note = f"{gib:.2f} GiB at most, optimized at {MEMORY_WORKING_SIDE} px"
        report.add_row(f"memory, {side} x {side}", "", "", note)
    return report


def main() -> None:
    """Run all, print the table, and the headline as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--weights", default=IMAGENET, help="`imagenet` or a file")
    parser.add_argument("--steps", type=int, default=500, help="of the classic run")
    parser.add_argument("--evaluations", type=int, default=200, help="of plain L-BFGS")
    parser.add_argument("--memory-of", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.memory_of:
        stylize_one(given.weights, given.memory_of)
        return
    console = Console(width=120)
    with tempfile.TemporaryDirectory() as folder:
        path = find_weights(given.weights) or seeded_weights(Path(folder))
        which = "seeded random numbers, no ImageNet" if folder in str(path) else str(path)
        console.print(f"weights: {which}", soft_wrap=True)
        vgg = load_vgg19(str(path))
        composite, _, style = pictures()
        rates = speed(vgg, (composite, style))
        console.print(rates)
        found = compared(vgg, given.steps, given.evaluations, console)
        memory = {side: peak_memory_gib(str(path), side) for side in MEMORY_SIDES}
    console.print(table(found, rates, memory, given.steps))
    print(json.dumps(headline(found, rates)))


if __name__ == "__main__":
    main()
