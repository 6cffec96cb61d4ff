"""Run every harmonizing method on sets of composites and print one table.

    python benchmarks/harmonization.py SET [--model FILE] [--network NAME]
                                      [--methods ring model auto ...] [--photos N] [--speed [N]]

The first sets are made from natural photos with masks, in memory, so that no seam tells what was
changed: SET/photo and SET/mask, or else SET/recolor/real and SET/recolor/mask.

    no telling seam   the object is recolored, edited with sliders, or as it was
    another light     the scene is at dusk, in lamplight, in haze, ..., the object in its own light
    toned             the scene is black-and-white, sepia, ..., the object colored
    seams             the same object with a perfect, a soft and a hard seam

The others are folders of composites; corresponding pictures have the same name:

    recolor/     telling seam: composite, mask, real (the original photo), cases.csv with case and
                 kind: `natural` is an unchanged photo, any other kind names a type of change
    realistic/   composite, mask: pasted from another photo, without a true picture
    painterly/   composite, mask: pasted on a painting
    calibration/ photo, mask: natural photos; the color model is fitted to them unless --model
                 names a file that `nst calibrate` wrote; without either, the built-in model is
                 used

`--speed` measures seconds and memory of this package's methods instead. The last line is the table
as JSON.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path

from harmonizing.cases import Case
from harmonizing.figures import Figures, measure
from harmonizing.folders import folders_of_cases, photos_in
from harmonizing.methods import BASELINES, OURS, Method, method_named
from harmonizing.sets import made_sets
from harmonizing.speed import FOLDER_COUNT, measure_speed
from rich.console import Console
from rich.progress import track
from rich.table import Table

from nst_pipeline.errors import ModelUnavailableError, NstError, SettingError
from nst_pipeline.storage.pictures import (
    find_counterpart,
    list_pictures,
    read_matte,
    read_picture,
)
from nst_pipeline.vision.harmonize.model.calibrate import calibrate
from nst_pipeline.vision.harmonize.model.harmonizer import Harmonizer, builtin, load
from nst_pipeline.vision.shapes import Matte, Rgb


def run(name: str, method: Method, cases: list[Case]) -> Figures:
    """Measure one method: its figures by set and kind, and seconds per composite."""
    results, start = [], time.perf_counter()
    for case in track(cases, description=name, console=Console(stderr=True), transient=True):
        result = method(case)
        if (result.image != case.composite)[case.matte == 0].any():
            raise AssertionError(
                f"{name} changed the background of {case.name} ({case.protocol}, {case.kind})"
            )
        results.append(result)
    seconds = (time.perf_counter() - start) / len(cases)
    return measure(results) | {"seconds": seconds}


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
    Console(width=40 + 12 * (1 + len(table))).print(shown)
    print(json.dumps(table))


def arguments() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("set", type=Path, help="folder with photo and mask, recolor, ...")
    parser.add_argument("--model", type=Path, help="color model that nst calibrate wrote")
    all_methods = [*BASELINES, *OURS]
    parser.add_argument("--methods", nargs="+", choices=all_methods, default=all_methods)
    parser.add_argument("--network", default="", help="name or file for the method `network`")
    parser.add_argument("--photos", type=int, metavar="N", help="make cases from N photos only")
    parser.add_argument("--seed", type=int, default=0, help="of the cases that are made")
    parser.add_argument(
        "--source", action="store_true", help="tell the light of the object's photo, where known"
    )
    parser.add_argument(
        "--speed",
        type=int,
        nargs="?",
        const=FOLDER_COUNT,
        metavar="N",
        help=f"measure only seconds and memory, for N (default {FOLDER_COUNT}) small composites",
    )
    return parser


def main() -> None:
    """Read the command line, run the methods, print the table."""
    parser = arguments()
    given = parser.parse_args()
    try:
        made = list(made_sets(photos_in(given.set, given.photos), seed=given.seed))
        cases = [*made, *folders_of_cases(given.set)]
        if not cases:
            parser.error(f"{given.set} holds none of photo, recolor, realistic, painterly")
        harmonizer = harmonizer_for(given.set, given.model)
    except NstError as error:
        parser.error(str(error))
    table = {}
    for name in given.methods:
        try:
            if given.speed:
                table[name] = measure_speed(cases, name, harmonizer, given.model, given.speed)
            else:
                table[name] = run(
                    name,
                    method_named(name, harmonizer, given.network, knows_source=given.source),
                    cases,
                )
        except (ModelUnavailableError, SettingError) as error:
            Console(stderr=True).print(f"{name} is skipped: {error}")
    show(table)


if __name__ == "__main__":
    main()
