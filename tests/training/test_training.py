"""The network is trained, resumed and exported as training/README.md says, in a few steps."""

import json
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from nst_pipeline.style.finding.labels import CLASSIFIER
from nst_pipeline.style.onnx_network import load_onnx_network
from tests.training.scripts import run_script

pytest.importorskip("torch", reason="training needs PyTorch: pip install --group training")
pytestmark = pytest.mark.slow

run = partial(run_script, "cutout_network")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A photo of a cat, with a mask around its head."""
    folder = tmp_path / "photos"
    cat = data.chelsea()
    mask = cv2.circle(np.zeros(cat.shape[:2], np.uint8), (150, 130), 110, 255, -1)
    for part, picture in {"photo/cat.jpg": cat[..., ::-1], "mask/cat.png": mask}.items():
        (folder / part).parent.mkdir(parents=True)
        cv2.imwrite(str(folder / part), picture)
    return folder


def test_training_resumes_and_its_network_runs_in_the_pipeline(photos, tmp_path):
    out, exported = tmp_path / "out", tmp_path / "network.onnx"
    common = (out, "--backbone", CLASSIFIER.weights.obtain(), "--threads", 1)
    for steps in (1, 2):
        run("train.py", *common, "--data", f"{photos}:1", "--steps", steps)
    log = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in log] == [1, 2]
    assert all(0 < line["loss"] < 5 and 0 <= line["iou"] <= 1 for line in log)

    run("export.py", out / "checkpoint.pt", exported)
    assert exported.stat().st_size < 10e6
    network = load_onnx_network(exported, remedy="export it again")
    picture, box = np.zeros((2, 3, 256, 256), np.float32), np.ones((2, 2, 256, 256), np.float32)
    mask, expected_iou = network.run(picture, box)
    assert mask.shape == (2, 1, 256, 256) and expected_iou.shape == (2, 1)
    assert all(0 <= values.min() <= values.max() <= 1 for values in (mask, expected_iou))
