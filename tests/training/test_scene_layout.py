"""The network of the scene's layout is trained and exported as training/README.md says."""

import json
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from nst_pipeline.style.finding.labels import CLASSIFIER
from nst_pipeline.style.onnx_network import load_onnx_network
from nst_pipeline.style.scene_layout import read_layout
from nst_pipeline.vision.place.layout import SURFACES
from tests.training.scripts import run_script

pytest.importorskip("torch", reason="training needs PyTorch: pip install --group training")
pytestmark = pytest.mark.slow

run = partial(run_script, "scene_layout")


@pytest.fixture
def sources(tmp_path: Path) -> list[Path]:
    """A rocket in front of the sky with its surfaces, and an astronaut with a box."""
    for folder in ("photos", "maps", "boxes"):
        (tmp_path / folder).mkdir()
    rocket = data.rocket()
    cv2.imwrite(str(tmp_path / "photos/rocket.jpg"), rocket[..., ::-1])
    numbers = np.zeros(rocket.shape[:2], np.uint8)
    numbers[370:] = 1
    cv2.imwrite(str(tmp_path / "maps/rocket.png"), numbers)
    (tmp_path / "names.csv").write_text("number,surface\n0,sky\n1,some ground\n")
    (tmp_path / "boxes/rocket.txt").write_text("0 0.5 0.6 0.1 0.5\n")
    maps, boxes = tmp_path / "set maps", tmp_path / "set boxes"
    photos = tmp_path / "photos"
    run("sources.py", "maps", photos, tmp_path / "maps", tmp_path / "names.csv", maps)
    run("sources.py", "boxes", photos, tmp_path / "boxes", boxes)
    return [maps, boxes]


def test_sources_keep_what_is_known(sources):
    surfaces = cv2.imread(str(sources[0] / "surface/rocket.png"), cv2.IMREAD_GRAYSCALE)
    assert set(np.unique(surfaces)) == {SURFACES.index("sky"), 253}
    (person,) = json.loads((sources[1] / "objects/rocket.json").read_text())
    assert person["label"] == "person"
    height = cv2.imread(str(sources[1] / "photo/rocket.jpg")).shape[0]
    assert abs(person["box"][3] - height / 2) < 2


def test_training_resumes_and_its_network_reads_layouts(sources, tmp_path):
    out, exported = tmp_path / "out", tmp_path / "layout.onnx"
    common = (out, "--backbone", CLASSIFIER.weights.obtain(), "--threads", 1)
    shares = [f"{folder}:0.5" for folder in sources]
    for steps in (1, 2):
        run("train.py", *common, "--data", *shares, "--steps", steps)
    log = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in log] == [1, 2]
    run("export.py", out / "checkpoint.pt", exported)
    assert exported.stat().st_size < 10e6
    layout = read_layout(load_onnx_network(exported, remedy="export it again"), data.rocket())
    assert layout.surfaces.shape == (len(SURFACES), 64, 64)
    np.testing.assert_allclose(layout.surfaces.sum(0), 1, atol=1e-4)
    assert layout.log_spread.min() > 0
