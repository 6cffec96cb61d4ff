"""Measure seconds and peak memory of harmonizing: a folder of small composites, and a large one.

Each runs `nst harmonize` as a user does, in a process of its own. All in: start, reading, writing.
Of the large composite, `harmonize` is also timed alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from nst_pipeline.settings import HarmonizeSettings
from nst_pipeline.vision.harmonize.harmonize import harmonize
from nst_pipeline.vision.harmonize.model.harmonizer import Harmonizer
from nst_pipeline.vision.images.png import encode_png
from nst_pipeline.vision.shapes import Picture, Rgb

from .cases import Case
from .figures import Figures

FOLDER_COUNT, FOLDER_SIDE_PX = 160, 256
"""Default number of small composites, and their side."""
LARGE_PX = (4000, 3000)
COMMAND = "from nst_pipeline.cli import run_script; run_script()"


@dataclass(frozen=True)
class Cost:
    """What a process took; on a busy machine, time on the processors says more than time."""

    seconds: float
    cpu_seconds: float
    peak_gib: float


def _write(folder: Path, name: str, case: Case, size: tuple[int, int]) -> None:
    pictures: dict[str, Picture] = {
        "composite": case.composite,
        "mask": np.asarray(np.rint(case.matte * 255), np.uint8),
    }
    for kind, picture in pictures.items():
        (folder / kind).mkdir(parents=True, exist_ok=True)
        scaled = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC), np.uint8)
        (folder / kind / f"{name}.png").write_bytes(encode_png(scaled))


def _run(folder: Path, method: str, model: Path | None) -> Cost:
    """Run `nst harmonize` on a folder."""
    options = {
        "--composites": folder / "composite",
        "--masks": folder / "mask",
        "--out": folder / "out",
        "--method": method,
        # A painting loads Magenta, which takes seconds once.
        "--look": "photo",
    }
    if model is not None:
        options["--harmonizer"] = model
    arguments = [str(each) for pair in options.items() for each in pair]
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "harmonize", *arguments], stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    seconds = time.perf_counter() - start
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 2**20)


def _harmonized(case: Case, method: str, harmonizer: Harmonizer) -> Rgb:
    settings = HarmonizeSettings.model_validate({"method": method, "look": "photo"})
    return harmonize(case.composite, case.matte, settings, harmonizer=harmonizer).image


def _largest_changed(cases: list[Case], method: str, harmonizer: Harmonizer) -> Case:
    """Return the case with the largest object that the method changes: most is to be done there."""
    by_size = sorted(cases, key=lambda case: float(case.inside.mean()), reverse=True)
    for case in by_size:
        if (_harmonized(case, method, harmonizer) != case.composite).any():
            return case
    return by_size[0]


def _seconds_alone(case: Case, method: str, harmonizer: Harmonizer) -> float:
    composite = cv2.resize(case.composite, LARGE_PX, interpolation=cv2.INTER_CUBIC)
    matte = cv2.resize(case.matte, LARGE_PX, interpolation=cv2.INTER_LINEAR)
    large = replace(
        case, composite=np.asarray(composite, np.uint8), matte=np.asarray(matte, np.float32)
    )
    start = time.perf_counter()
    _harmonized(large, method, harmonizer)
    return time.perf_counter() - start


def measure_speed(
    cases: list[Case], method: str, harmonizer: Harmonizer, model: Path | None, count: int
) -> Figures:
    """Measure a method of this package on composites like those of `cases`.

    `count` is the number of small ones. The large one has the largest object that is changed.
    """
    largest = _largest_changed(cases, method, harmonizer)
    with tempfile.TemporaryDirectory() as name:
        small, large = Path(name) / "small", Path(name) / "large"
        for number in range(count):
            case = cases[number % len(cases)]
            _write(small, f"{number:03d}", case, (FOLDER_SIDE_PX, FOLDER_SIDE_PX))
        _write(large, "large", largest, LARGE_PX)
        folder, single = _run(small, method, model), _run(large, method, model)
    small_name = f"{count} of {FOLDER_SIDE_PX} px, all in"
    large_name = f"{LARGE_PX[0] * LARGE_PX[1] // 10**6} megapixels"
    return {
        f"{small_name}: seconds each": folder.seconds / count,
        f"{small_name}: CPU seconds each": folder.cpu_seconds / count,
        f"{large_name}: object %": 100 * float(largest.inside.mean()),
        f"{large_name}: seconds": _seconds_alone(largest, method, harmonizer),
        f"{large_name}, all in: seconds": single.seconds,
        f"{large_name}, all in: CPU seconds": single.cpu_seconds,
        f"{large_name}, all in: peak GiB": single.peak_gib,
    }
