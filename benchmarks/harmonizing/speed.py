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
from pathlib import Path

import cv2
import numpy as np

from nst_pipeline.settings import HarmonizeSettings
from nst_pipeline.vision.harmonize.harmonize import harmonize
from nst_pipeline.vision.harmonize.model.harmonizer import Harmonizer
from nst_pipeline.vision.images.png import encode_png
from nst_pipeline.vision.shapes import Picture

from .cases import Case
from .figures import Figures

FOLDER_COUNT, FOLDER_SIDE_PX = 160, 256
"""Default number of small composites, and their side."""
LARGE_PX = (4000, 3000)
COMMAND = "import sys; from nst_pipeline.cli import main; sys.exit(main())"


def _write(folder: Path, name: str, case: Case, size: tuple[int, int]) -> None:
    pictures: dict[str, Picture] = {
        "composite": case.composite,
        "mask": np.asarray(np.rint(case.matte * 255), np.uint8),
    }
    for kind, picture in pictures.items():
        (folder / kind).mkdir(parents=True, exist_ok=True)
        scaled = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC), np.uint8)
        (folder / kind / f"{name}.png").write_bytes(encode_png(scaled))


def _run(folder: Path, method: str, model: Path | None) -> tuple[float, float]:
    """Run `nst harmonize` on a folder; return seconds and peak memory, GiB."""
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
    return time.perf_counter() - start, usage.ru_maxrss / 2**20


def _seconds_alone(case: Case, method: str, harmonizer: Harmonizer) -> float:
    settings = HarmonizeSettings.model_validate({"method": method, "look": "photo"})
    composite = cv2.resize(case.composite, LARGE_PX, interpolation=cv2.INTER_CUBIC)
    matte = cv2.resize(case.matte, LARGE_PX, interpolation=cv2.INTER_LINEAR)
    start = time.perf_counter()
    harmonize(
        np.asarray(composite, np.uint8),
        np.asarray(matte, np.float32),
        settings,
        harmonizer=harmonizer,
    )
    return time.perf_counter() - start


def measure_speed(
    cases: list[Case], method: str, harmonizer: Harmonizer, model: Path | None, count: int
) -> Figures:
    """Measure a method of this package on composites like those of `cases`.

    `count` is the number of small ones. The large one is that with the largest object.
    """
    largest = max(cases, key=lambda case: float(case.inside.mean()))
    with tempfile.TemporaryDirectory() as name:
        small, large = Path(name) / "small", Path(name) / "large"
        for number in range(count):
            case = cases[number % len(cases)]
            _write(small, f"{number:03d}", case, (FOLDER_SIDE_PX, FOLDER_SIDE_PX))
        _write(large, "large", largest, LARGE_PX)
        seconds, _ = _run(small, method, model)
        seconds_large, gib = _run(large, method, model)
    megapixels = LARGE_PX[0] * LARGE_PX[1] // 10**6
    return {
        f"{count} of {FOLDER_SIDE_PX} px, all in: seconds each": seconds / count,
        f"{megapixels} megapixels: object %": 100 * float(largest.inside.mean()),
        f"{megapixels} megapixels: seconds": _seconds_alone(largest, method, harmonizer),
        f"{megapixels} megapixels, all in: seconds": seconds_large,
        f"{megapixels} megapixels, all in: peak GiB": gib,
    }
