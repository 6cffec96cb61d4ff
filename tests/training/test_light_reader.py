"""The reader of light is trained and exported as training/README.md says, in a few steps."""

import sys
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from nst_pipeline.style.finding.labels import CLASSIFIER
from nst_pipeline.style.onnx_network import load_onnx_network
from nst_pipeline.vision.harmonize.light.change import LightChange, to_linear
from nst_pipeline.vision.harmonize.light.view import SIDE_PX
from tests.training.scripts import TRAINING, run_script

torch = pytest.importorskip("torch", reason="training needs PyTorch: pip install --group training")
pytestmark = pytest.mark.slow

run = partial(run_script, "light_reader")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Many parts of photos with a disk as the object of each."""
    folder = tmp_path / "photos"
    (folder / "photo").mkdir(parents=True)
    (folder / "mask").mkdir()
    photos = [data.astronaut(), data.coffee(), data.chelsea(), data.rocket()]
    parts = (photo[y : y + 256, :300] for photo in photos for y in range(0, 44, 4))
    for n, photo in enumerate(parts):
        mask = cv2.circle(np.zeros(photo.shape[:2], np.uint8), (150, 128), 50, 255, -1)
        cv2.imwrite(str(folder / f"photo/{n}.jpg"), photo[..., ::-1])
        cv2.imwrite(str(folder / f"mask/{n}.png"), mask)
    return folder


def test_a_reader_is_trained_and_runs_in_the_pipeline(photos, tmp_path):
    out, exported = tmp_path / "out", tmp_path / "reader.onnx"
    printed = run(
        "train.py",
        *(out, "--backbone", CLASSIFIER.weights.obtain(), "--threads", 1),
        *("--data", f"{photos}:1", "--steps", 2, "--batch", 4, "--measured", 6),
    )
    assert "error ratio" in printed
    run("export.py", out / "checkpoint.pt", exported)
    view = np.zeros((2, 1, SIDE_PX, SIDE_PX), np.float32)
    network = load_onnx_network(exported, remedy="export it again")
    (reading,) = network.run(np.zeros((2, 3, SIDE_PX, SIDE_PX), np.float32), view, view)
    assert reading.shape == (2, 9)


def test_training_applies_a_change_as_the_pipeline_does(monkeypatch):
    for folder in ("", "light_reader"):
        monkeypatch.syspath_prepend(str(TRAINING / folder))
    import train

    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (1, 50, 3), np.uint8)
    numbers = rng.normal(0, 0.4, 9).astype(np.float32)
    linear = to_linear(image.astype(np.float32) / 255)
    pivot = np.log(np.maximum(linear @ np.array([0.2126, 0.7152, 0.0722]), 1e-4)).mean()
    expected = LightChange.from_numbers(numbers, float(pivot)).apply(image)
    found = train.changed(torch.from_numpy(linear), torch.from_numpy(numbers)[None]).numpy()
    for name in ("train", "network", "samples", "trainer"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    assert np.abs(np.clip(found, 0, 1) * 255 - expected).max() < 1
