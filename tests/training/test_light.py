"""The reader of light is trained as training/README.md says, on a few photos and epochs."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from nst_pipeline.vision.harmonize.light.change import LightChange, to_linear

pytestmark = pytest.mark.slow

SCRIPTS = Path(__file__).parents[2] / "training/light"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve parts of photos with a disk as the object of each."""
    (tmp_path / "photo").mkdir()
    (tmp_path / "mask").mkdir()
    photos = [data.astronaut(), data.coffee(), data.chelsea(), data.rocket()]
    for n, photo in enumerate(photo[y : y + 256, :300] for photo in photos for y in (0, 20, 40)):
        mask = cv2.circle(np.zeros(photo.shape[:2], np.uint8), (150, 128), 50, 255, -1)
        cv2.imwrite(str(tmp_path / f"photo/{n}.jpg"), photo[..., ::-1])
        cv2.imwrite(str(tmp_path / f"mask/{n}.png"), mask)
    return tmp_path


def run(*arguments: object) -> str:
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_rows_are_made_and_a_reader_is_trained_on_them(folder, tmp_path):
    made = run(SCRIPTS / "rows.py", tmp_path / "rows.npz", folder)
    assert "108 rows of 12 photos" in made
    rows = np.load(tmp_path / "rows.npz")
    assert rows["x"].shape == (108, 57)
    out = tmp_path / "reader.npz"
    printed = run(
        SCRIPTS / "train.py", tmp_path / "rows.npz", "--out", out, "--epochs", 3, "--batch", 32
    )
    assert "error ratio" in printed
    assert np.load(out)["weights0"].shape == (57, 128)


def test_training_applies_a_change_as_the_pipeline_does(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    monkeypatch.delitem(sys.modules, "train", raising=False)
    import train

    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (1, 50, 3), np.uint8)
    numbers = rng.normal(0, 0.4, 9)
    linear = to_linear(image.astype(np.float32) / 255)
    pivot = np.log(np.maximum(linear @ np.array([0.2126, 0.7152, 0.0722]), 1e-4)).mean()
    expected = LightChange.from_numbers(numbers, float(pivot)).apply(image)
    found = np.clip(train.changed(linear, numbers[None].astype(np.float32)).numpy(), 0, 1) * 255
    monkeypatch.delitem(sys.modules, "train")
    assert np.abs(found - expected).max() < 1
