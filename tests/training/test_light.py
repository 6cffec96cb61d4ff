"""The networks of light are trained as training/README.md says, on a few photos and steps."""

import sys
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from nst_pipeline.vision.harmonize.dense import load_dense
from nst_pipeline.vision.harmonize.light.change import LightChange, to_linear
from tests.training.scripts import TRAINING, run_script

pytestmark = pytest.mark.slow

run = partial(run_script, "light")


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


@pytest.fixture
def rows(folder: Path, tmp_path: Path) -> Path:
    made = run("rows.py", tmp_path / "rows.npz", folder)
    assert "108 rows of 12 photos" in made
    return tmp_path / "rows.npz"


def test_a_judge_is_trained_on_rows(rows, tmp_path):
    judge = tmp_path / "judge.npz"
    printed = run("train_judge.py", rows, "--out", judge, "--steps", 20)
    assert "left alone" in printed
    assert load_dense(judge).predict(np.zeros(147)).shape == (10,)


def test_objects_in_their_place_are_learned_from_a_folder(folder, tmp_path):
    out = tmp_path / "in_place.npz"
    printed = run("train_in_place.py", folder, "--out", out, "--steps", 50)
    assert "pasted: " in printed
    assert load_dense(out).predict(np.zeros(40)).shape == (1,)


def test_training_applies_a_change_as_the_pipeline_does(monkeypatch):
    monkeypatch.syspath_prepend(str(TRAINING / "light"))
    import networks

    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (1, 50, 3), np.uint8)
    numbers = rng.normal(0, 0.4, 9)
    linear = to_linear(image.astype(np.float32) / 255)
    pivot = np.log(np.maximum(linear @ np.array([0.2126, 0.7152, 0.0722]), 1e-4)).mean()
    expected = LightChange.from_numbers(numbers, float(pivot)).apply(image)
    found = np.clip(networks.changed(linear, numbers[None].astype(np.float32)).numpy(), 0, 1) * 255
    monkeypatch.delitem(sys.modules, "networks")
    assert np.abs(found - expected).max() < 1
