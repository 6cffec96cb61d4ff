"""The benchmark runs as its page says, on a small set of the same shape."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

SCRIPT = Path(__file__).parents[2] / "benchmarks/harmonization.py"


def write(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture[..., ::-1] if picture.ndim == 3 else picture)


@pytest.fixture(scope="module")
def small_set(tmp_path_factory) -> Path:
    """A tinted cup in its photo, the photo as it was, and a cat's head on a rocket's photo."""
    folder = tmp_path_factory.mktemp("set")
    cup, cat, rocket = (
        cv2.resize(photo, (240, 160), interpolation=cv2.INTER_AREA)
        for photo in (data.coffee(), data.chelsea(), data.rocket())
    )
    mask = np.zeros((160, 240), np.uint8)
    cv2.ellipse(mask, (120, 80), (62, 66), 0, 0, 360, 255, -1)
    tint = np.clip(cup + np.array([-50, 30, 40]), 0, 255).astype(np.uint8)
    tinted = np.where(mask[..., None] > 0, tint, cup)
    for name, picture in (("0", tinted), ("1", cup)):
        write(folder / f"recolor/composite/{name}.png", picture)
        write(folder / f"recolor/real/{name}.png", cup)
        write(folder / f"recolor/mask/{name}.png", mask)
    (folder / "recolor/cases.csv").write_text("case,kind\n0,tinted\n1,natural\n")
    write(folder / "realistic/composite/0.png", np.where(mask[..., None] > 0, cat, rocket))
    write(folder / "realistic/mask/0.png", mask)
    return folder


def run(*arguments: object) -> subprocess.CompletedProcess:
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_methods_are_measured_and_the_last_line_is_json(small_set):
    done = run(small_set, "--methods", "untouched", "ring", "poisson")
    assert done.returncode == 0, done.stderr
    table = json.loads(done.stdout.splitlines()[-1])
    untouched, ring = table["untouched"], table["ring"]
    assert next(iter(untouched)).startswith("no telling seam")
    assert untouched["no telling seam, natural: left alone %"] == 100
    assert untouched["another light, all: fMSE ratio"] == 1
    assert ring["another light, all: fMSE ratio"] < 0.9
    assert ring["toned, all: chroma distance"] < untouched["toned, all: chroma distance"]
    assert untouched["seams: color spread"] < 2
    telling = "telling seam, tinted"
    assert untouched[f"{telling}: fMSE ratio"] == 1
    assert untouched["telling seam, natural: fMSE"] == 0
    assert untouched["realistic: SSIM"] == 1
    assert ring[f"{telling}: fMSE ratio"] < 0.8 and ring[f"{telling}: better %"] == 100
    assert table["poisson"]["realistic: gradient ratio"] < untouched["realistic: gradient ratio"]
    assert "realistic: chroma jump" not in untouched


def test_seconds_and_memory_are_measured_by_the_command_itself(small_set):
    done = run(small_set, "--methods", "ring", "--speed", 2)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])["ring"]
    assert min(figures.values()) > 0
    assert "12 megapixels, all in: peak GiB" in figures


def test_a_folder_without_a_set_is_named(tmp_path):
    done = run(tmp_path)
    assert done.returncode == 2 and "holds none of photo, recolor" in done.stderr
