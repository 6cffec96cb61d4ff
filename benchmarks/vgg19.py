"""Compare pixel optimization over VGG19 with the usual implementations; print one table.

    python benchmarks/vgg19.py [--network NAME] [--steps 500] [--evaluations 200]

All runs use one picture of 400 x 400 pixels, a real photo with an object pasted from another one
that covers 1/8 of it (scikit-image's astronaut and cat), one style (scikit-learn's `china`) and one
trained network, by default the one that the product uses: VGG19 if its ImageNet weights are on this
machine, else the VGG16 trunk that comes with the installation.

    classic      Keras' neural style transfer example, written from its description: SGD, float32
    plain        SciPy's L-BFGS in float32 on the whole picture, as neural-style and pystiche do
    ours         `stylize_vgg19` until its float32 loss is as low
    region       `stylize_vgg19` on the object alone, until the object's loss is as low as after the
                 classic run

All reported losses are computed in float32 by the code of the classic run, except for the object's
loss, which only `vgg19_loss` can compute. Nothing is extrapolated. The defaults take less than 25
minutes on two cores; more `--steps` (the example takes 4000) and `--evaluations` take longer. The
last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import tensorflow as tf
from rich.console import Console
from rich.table import Table
from vgg19_baselines import (
    CLOSE,
    ROWS,
    classic_run,
    example_loss,
    pictures,
    plain_lbfgs,
)

from nst_pipeline.settings import Vgg19Settings
from nst_pipeline.style.networks.objective import (
    build_transfer_loss,
    measure_style,
    objective_for,
)
from nst_pipeline.style.networks.vgg import Vgg
from nst_pipeline.style.optimize.layers import layers_in_use
from nst_pipeline.style.optimize.precision import resolve_precision
from nst_pipeline.style.optimize.problem import TransferProblem
from nst_pipeline.style.optimize.progress import OptimizationStep
from nst_pipeline.style.optimize.search import Pixels
from nst_pipeline.style.stylize_vgg19 import Vgg19Result, stylize_vgg19, vgg19_loss
from nst_pipeline.style.vgg import NETWORK_TITLES, load_vgg
from nst_pipeline.vision.shapes import Matte, Rgb

ARTISTIC = Vgg19Settings(mode="artistic", losses="classic", steps=200, flat_gain=0.0, side=ROWS)
"""The example's loss. The search stops at its goal, not when the loss is flat."""
REPEATS = 3
"""Runs of `stylize_vgg19`, which take seconds; the median is reported."""
GOAL_FACTOR = 0.995
"""The search aims at this fraction of the goal, because bfloat16 is not exact."""
MATMUL_SIDE, MATMULS = 3072, 8
MEMORY_SIDES = (512, 1024, 4000)
MEMORY_WORKING_SIDE = 512


# Ours.


def seconds_of(call: Callable[[], Any]) -> float:
    """Measure the seconds that a call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


@dataclass(frozen=True)
class Ours:
    """Seconds until the float32 loss is at the goal, and that loss.

    `classic_step_seconds` is measured right afterwards, to show how busy the machine was.
    """

    seconds: float
    loss: float
    classic_step_seconds: float


def reach(
    goal: float,
    settings: Vgg19Settings,
    vgg: Vgg,
    given: tuple[Rgb, Rgb],
    matte: Matte | None,
    check: Callable[[Vgg19Result, Pixels], float],
    step: Callable[[], Any],
) -> Ours:
    """Run until the loss that `check` computes is at the goal; return the median run.

    Each run measures the style's statistics again. A loss at the goal in bfloat16 may be just above
    it in float32; the search is then repeated with a lower goal, and both times are added.
    """
    runs = []
    for _ in range(REPEATS):
        seconds, aim, loss = 0.0, goal, np.inf
        while loss > goal:
            aim *= GOAL_FACTOR
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


def floating_point_operations(vgg: Vgg, settings: Vgg19Settings, side: int) -> float:
    """Count the operations of all convolutions and Gram matrices, forward and backward."""
    total, used = 0.0, layers_in_use(settings)
    for layer in vgg.model.layers[1:]:
        if not layer.weights:
            side //= 2
            continue
        total += 2 * float(np.prod(layer.kernel.shape)) * side**2
        if layer.name in used.style:
            total += 2 * float(layer.filters) ** 2 * side**2
        if layer.name == used.content:
            break
    return 2 * total


def speed(vgg: Vgg, given: tuple[Rgb, Rgb]) -> dict[str, dict[str, float]]:
    """Measure GFLOP/s of matrix products and of loss and gradient; interleaved, best run."""
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


def stylize_one(network: str, side: int) -> None:
    """Stylize one picture of this side, and print the peak memory of this process in GiB."""
    composite, _, style = pictures()
    large = cv2.resize(composite, (side, side), interpolation=cv2.INTER_CUBIC)
    update = {"side": MEMORY_WORKING_SIDE, "steps": 4, "network": network}
    settings = ARTISTIC.model_copy(update=update)
    stylize_vgg19(large, style, load_vgg(settings), settings)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)


def peak_memory_gib(network: str, side: int) -> float:
    """Measure the peak memory of a process that stylizes one picture of this side."""
    command = [sys.executable, __file__, "--network", network, "--memory-of", str(side)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


# The report.


def compared(vgg: Vgg, steps: int, evaluations: int, console: Console) -> dict[str, Any]:
    """Run everything; return the time and loss of each run."""
    composite, matte, style = pictures()
    given = composite, style
    stylize_vgg19(*given, vgg, ARTISTIC.model_copy(update={"steps": 1}))  # trace before timing
    evaluate = example_loss(vgg, composite, style)
    alpha = matte[..., np.newaxis]

    def object_loss(picture: Rgb | Pixels) -> float:
        """Compute the loss of the object on the composite's background, which does not change."""
        pasted = composite + alpha * (picture - composite.astype(np.float32))
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
    plain_seconds, goal = plain_lbfgs(evaluate, composite, evaluations)
    console.print(f"plain L-BFGS: {plain_seconds:.1f} s to {goal:.4g}")
    deep = reach(goal, ARTISTIC, vgg, given, None, whole, step)
    return {
        "start": evaluate(composite)[0],
        "classic": classic,
        "full": full,
        "region": region,
        "plain": {"seconds": plain_seconds, "loss": goal},
        "deep": deep,
    }


def headline(found: dict[str, Any], rates: dict[str, dict[str, float]]) -> dict[str, Any]:
    """Return the figures that summarize the benchmark."""
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
    """Tabulate all measurements."""
    report = Table("what", "seconds", "loss (float32)", "note")

    def row(what: str, seconds: float, loss: float, note: str) -> None:
        report.add_row(what, f"{seconds:.2f}", f"{loss:.5g}", note)

    classic, plain = found["classic"], found["plain"]
    row("start", 0, found["start"], f"{ROWS} x {ROWS}, object 1/8 of it")

    def own(what: str, name: str, goal: float) -> None:
        note = f"goal {goal:.5g}; a classic step took {found[name].classic_step_seconds:.2f} s"
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
    """Run the benchmark, print the table, and the headline as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--network", default="auto", choices=["auto", *NETWORK_TITLES])
    parser.add_argument("--steps", type=int, default=500, help="of the classic run")
    parser.add_argument("--evaluations", type=int, default=200, help="of plain L-BFGS")
    parser.add_argument("--memory-of", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.memory_of:
        stylize_one(given.network, given.memory_of)
        return
    console = Console(width=120)
    vgg = load_vgg(ARTISTIC.model_copy(update={"network": given.network}))
    console.print(f"network: {NETWORK_TITLES[vgg.name]}, sha256 {vgg.digest}", soft_wrap=True)
    composite, _, style = pictures()
    rates = speed(vgg, (composite, style))
    console.print(rates)
    found = compared(vgg, given.steps, given.evaluations, console)
    memory = {side: peak_memory_gib(vgg.name, side) for side in MEMORY_SIDES}
    console.print(table(found, rates, memory, given.steps))
    print(json.dumps(headline(found, rates)))


if __name__ == "__main__":
    main()
