"""Run every harmonizing method on a set of composites and print one table.

    python benchmarks/harmonization.py SET [--model FILE] [--network NAME]
                                      [--methods ring model auto ...]

SET holds any of these folders; corresponding pictures have the same name:

    recolor/     composite, mask, real (the original photo), cases.csv with case and kind:
                 `natural` is an unchanged photo, any other kind names a type of change
    realistic/   composite, mask: pasted from another photo, without a true picture
    painterly/   composite, mask: pasted on a painting
    calibration/ photo, mask: natural photos; the color model is fitted to them unless --model
                 names a file that `nst calibrate` wrote; without either, the built-in model is
                 used

The last line is the table as JSON.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from nst_pipeline.errors import ModelUnavailableError, NstError, SettingError
from nst_pipeline.settings import HarmonizeSettings, Settings
from nst_pipeline.storage.pictures import (
    find_counterpart,
    list_pictures,
    read_matte,
    read_picture,
)
from nst_pipeline.style.proposals import proposals_for
from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.harmonize.candidates import CANDIDATES
from nst_pipeline.vision.harmonize.color_change import ColorChange, lab_statistics, recolor
from nst_pipeline.vision.harmonize.harmonize import harmonize
from nst_pipeline.vision.harmonize.model.calibrate import calibrate
from nst_pipeline.vision.harmonize.model.harmonizer import Harmonizer, builtin, load
from nst_pipeline.vision.images.color import to_lab
from nst_pipeline.vision.shapes import Mask, Matte, Rgb

Method = Callable[[Rgb, Matte], Rgb]
Figures = dict[str, float]

SEAM_PX, NEAR_PX = 6, 10
"""Width of the rim and ring whose colors are compared, and of the pixels near the outline."""
HARMED = 1.25
"""A result with more than this factor of the untouched composite's error counts as harmed."""


@dataclass(frozen=True)
class Case:
    """A composite, its object, the kind of case, and the true picture if there is one."""

    kind: str
    composite: Rgb
    matte: Matte
    truth: Rgb | None = None


def cases_of(folder: Path) -> Iterator[Case]:
    """Read the cases of one folder of the set."""
    listing = folder / "cases.csv"
    kinds = {}
    if listing.is_file():
        with listing.open() as file:
            kinds = {row["case"]: row["kind"] for row in csv.DictReader(file)}
    for path in list_pictures(folder / "composite"):
        composite = read_picture(path)
        matte = read_matte(find_counterpart(folder / "mask", path), composite)
        real = folder / "real"
        truth = read_picture(find_counterpart(real, path, kind="photo")) if real.is_dir() else None
        yield Case(kinds.get(path.stem, folder.name), composite, np.rint(matte), truth)


# Baselines: common methods.


def reinhard(composite: Rgb, matte: Matte) -> Rgb:
    """Transfer the background's statistics to the object (Reinhard et al. 2001)."""
    lab, inside = to_lab(composite), matte > 0
    own, around = lab_statistics(lab, inside), lab_statistics(lab, ~inside)
    gain = around.std / np.maximum(own.std, 1)
    return recolor(composite, matte, ColorChange(own.mean, gain, around.mean - own.mean))


def histogram(composite: Rgb, matte: Matte) -> Rgb:
    """Match the object's histograms to the background's, channel by channel."""
    from skimage.exposure import match_histograms

    inside, result = matte > 0, composite.copy()
    object_pixels, around = composite[inside][:, None], composite[~inside][:, None]
    result[inside] = match_histograms(object_pixels, around, channel_axis=-1)[:, 0]
    return result


def poisson(composite: Rgb, matte: Matte) -> Rgb:
    """Integrate the object's gradients from the scene at its outline (Pérez et al. 2003)."""
    inner = (matte > 0).astype(np.uint8)
    inner[[0, -1]] = inner[:, [0, -1]] = 0
    x, y, width, height = cv2.boundingRect(inner)
    hole = cv2.inpaint(composite, (matte > 0).astype(np.uint8), 3, cv2.INPAINT_TELEA)
    center = (x + width // 2, y + height // 2)
    cloned = cv2.seamlessClone(composite, hole, inner * 255, center, cv2.NORMAL_CLONE)
    return recompose(composite, matte, np.asarray(cloned, np.uint8))


BASELINES: dict[str, Method] = {"reinhard": reinhard, "histogram": histogram, "poisson": poisson}
OURS = (*(each.name for each in CANDIDATES), "auto")


def method_named(name: str, harmonizer: Harmonizer, network: str) -> Method:
    """Return a baseline, or a method of this package as `nst harmonize` runs it.

    `network` is the harmonization network of the method of that name.
    """
    if name in BASELINES:
        return BASELINES[name]
    settings = HarmonizeSettings.model_validate({"method": name, "network": network})

    def ours(composite: Rgb, matte: Matte) -> Rgb:
        proposals = proposals_for(composite, matte, Settings(harmonize=settings), name)
        return harmonize(
            composite, matte, settings, harmonizer=harmonizer, proposals=proposals
        ).image

    return ours


# Figures.


def mean_squared_error(image: Rgb, truth: Rgb, inside: Mask) -> float:
    """Compute the mean squared error over the object, 8-bit units (fMSE)."""
    return float(((image.astype(np.float64) - truth) ** 2)[inside].mean())


def _grown(mask: Mask, reach: int) -> Mask:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return cv2.dilate(mask.astype(np.uint8), disc) > 0


def chroma_jump(image: Rgb, inside: Mask) -> float:
    """Compute the distance of mean (a, b) on the two sides of the outline, LAB units."""
    lab = to_lab(image)
    rim, ring = inside & _grown(~inside, SEAM_PX), _grown(inside, SEAM_PX) & ~inside
    return float(np.linalg.norm((lab[rim].mean(0) - lab[ring].mean(0))[1:]))


def gradient_ratio(image: Rgb, inside: Mask) -> float:
    """Compute the ratio of the mean lightness gradient on the outline to that near it."""
    lightness = to_lab(image)[..., 0]
    slope = np.hypot(cv2.Sobel(lightness, -1, 1, 0), cv2.Sobel(lightness, -1, 0, 1))
    edge = _grown(inside, 1) & _grown(~inside, 1)
    near = _grown(inside, NEAR_PX) & _grown(~inside, SEAM_PX) & ~edge
    return float(slope[edge].mean() / (slope[near].mean() + 1e-3))


def structure(image: Rgb, composite: Rgb, inside: Mask) -> float:
    """Compute the SSIM of result and composite over the object (Wang et al. 2004)."""
    from skimage.metrics import structural_similarity

    grays = (cv2.cvtColor(each, cv2.COLOR_RGB2GRAY) for each in (image, composite))
    _, similar = structural_similarity(*grays, full=True)
    return float(similar[inside].mean())


def with_truth(results: list[tuple[Case, Rgb]]) -> Figures:
    """Compare with the truth: the share of the error that remains; better and harmed cases."""
    errors: NDArray[np.float64] = np.array(
        [
            [
                mean_squared_error(each, case.truth, case.matte > 0)
                for each in (case.composite, image)
            ]
            for case, image in results
            if case.truth is not None
        ]
    )
    before, after = errors.T
    if not before.any():
        return {"fMSE": float(after.mean())}
    return {
        "fMSE ratio": float(after.mean() / before.mean()),
        "better %": 100 * float((after < before).mean()),
        "harmed %": 100 * float((after > HARMED * before).mean()),
    }


def without_truth(results: list[tuple[Case, Rgb]]) -> Figures:
    """Compute medians of the jump across the outline and of the structure that remains."""
    rows = [
        (
            chroma_jump(image, case.matte > 0),
            gradient_ratio(image, case.matte > 0),
            structure(image, case.composite, case.matte > 0),
        )
        for case, image in results
    ]
    jump, ratio, similar = np.median(rows, axis=0)
    return {"chroma jump": float(jump), "gradient ratio": float(ratio), "SSIM": float(similar)}


def run(name: str, method: Method, cases: list[Case]) -> Figures:
    """Measure one method: its figures by kind of case, and seconds per composite."""
    results, start = defaultdict(list), time.perf_counter()
    for case in track(cases, description=name, console=Console(stderr=True), transient=True):
        image = method(case.composite, case.matte)
        if (image != case.composite)[case.matte == 0].any():
            raise AssertionError(f"{name} changed the background of a case of kind {case.kind}")
        results[case.kind].append((case, image))
    figures = {"seconds": (time.perf_counter() - start) / len(cases)}
    for kind, pairs in results.items():
        measure = without_truth if pairs[0][0].truth is None else with_truth
        figures |= {f"{kind}: {figure}": value for figure, value in measure(pairs).items()}
    return figures


def harmonizer_for(folder: Path, model: Path | None) -> Harmonizer:
    """Load the given model, or calibrate one on the set's photos."""
    if model is not None:
        return load(model)
    if not (folder / "calibration").is_dir():
        return builtin()
    paths = list_pictures(folder / "calibration/photo")

    def pairs() -> Iterator[tuple[Rgb, Matte]]:
        for path in track(paths, description="calibrating", console=Console(stderr=True)):
            photo = read_picture(path)
            yield photo, read_matte(find_counterpart(folder / "calibration/mask", path), photo)

    return calibrate(pairs())


def show(table: dict[str, Figures]) -> None:
    """Print a table of figures by method, then the figures as JSON."""
    names = list(dict.fromkeys(name for figures in table.values() for name in figures))
    shown = Table(title="harmonizing methods")
    for heading in ("figure", *table):
        shown.add_column(heading, justify="left" if heading == "figure" else "right")
    for name in names:
        row = (f"{figures[name]:.3g}" if name in figures else "" for figures in table.values())
        shown.add_row(name, *row)
    Console(width=24 + 12 * (1 + len(table))).print(shown)
    print(json.dumps(table))


def main() -> None:
    """Read the command line, run the methods, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("set", type=Path, help="folder with recolor, realistic, painterly, ...")
    parser.add_argument("--model", type=Path, help="color model that nst calibrate wrote")
    all_methods = [*BASELINES, *OURS]
    parser.add_argument("--methods", nargs="+", choices=all_methods, default=all_methods)
    parser.add_argument("--network", default="", help="name or file for the method `network`")
    given = parser.parse_args()
    folders = (given.set / name for name in ("recolor", "realistic", "painterly"))
    cases = [case for folder in folders if folder.is_dir() for case in cases_of(folder)]
    if not cases:
        parser.error(f"{given.set} holds none of recolor, realistic, painterly")
    try:
        harmonizer = harmonizer_for(given.set, given.model)
    except NstError as error:
        parser.error(str(error))
    table = {}
    for name in given.methods:
        try:
            table[name] = run(name, method_named(name, harmonizer, given.network), cases)
        except (ModelUnavailableError, SettingError) as error:
            Console(stderr=True).print(f"{name} is skipped: {error}")
    show(table)


if __name__ == "__main__":
    main()
