"""Habitats are learned from photos with boxes, and from what was read of photos before."""

import json
import subprocess
import sys

import cv2
import numpy as np
import pytest
from skimage import data

from nst_pipeline.style.habitats import habitat_features
from nst_pipeline.vision.harmonize.dense import load_dense
from nst_pipeline.vision.place.habitats import HABITATS
from tests.training.scripts import TRAINING, run_script

KINDS = {
    "air": "airplane", "bath": "toilet", "farm": "cow", "garden": "flower", "kitchen": "oven",
    "living": "couch", "office": "keyboard", "people": "person", "pet": "dog", "shop": "hat",
    "snow": "skis", "sport": "frisbee", "stage": "drum", "street": "bus", "table": "pizza",
    "water": "boat", "wild": "bear", "workshop": "drill",
}  # fmt: skip


@pytest.fixture
def rows(tmp_path):
    """Three photos of each habitat, which a word of its own tells from others."""
    rng, words = np.random.default_rng(0), habitat_features(data.coffee()).size
    features = rng.normal(0, 0.1, (3 * len(HABITATS), words)).astype(np.float32)
    kinds = [KINDS[name] for name in HABITATS for _ in range(3)]
    for row, _ in enumerate(kinds):
        features[row, row // 3] += 5
    np.savez(
        tmp_path / "rows.npz",
        features=features,
        photos=np.array([f"{n}.jpg" for n in range(len(kinds))]),
        kinds=np.array(kinds),
        known=np.array([f"{kind}|gizmo" for kind in kinds]),
    )
    return tmp_path / "rows.npz"


def test_what_tells_habitats_apart_is_learned(rows, tmp_path):
    out = tmp_path / "habitats.npz"
    printed = run_script("habitats", "train.py", "--rows", rows, "--out", out)
    assert "54 rows" in printed
    with np.load(rows) as arrays:
        bear, drum = (arrays["features"][3 * HABITATS.index(name)] for name in ("wild", "stage"))
    network, wild = load_dense(out), HABITATS.index("wild")
    assert network.predict(bear)[wild] > network.predict(drum)[wild]


def test_each_kind_of_a_photo_is_hidden_in_turn(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    cv2.imwrite(str(folder / "cup.png"), data.coffee()[..., ::-1])
    boxes = {"cup": [78, 12, 404, 376], "spoon": [40, 300, 300, 90]}
    coco = {
        "images": [{"id": 1, "file_name": "cup.png"}],
        "categories": [{"id": n, "name": name} for n, name in enumerate(boxes)],
        "annotations": [
            {"id": n, "image_id": 1, "category_id": n, "bbox": box}
            for n, box in enumerate(boxes.values())
        ],
    }
    (tmp_path / "coco.json").write_text(json.dumps(coco))
    command = [sys.executable, TRAINING / "habitats/train.py", "--coco", folder]
    command += [tmp_path / "coco.json", "--rows", tmp_path / "rows.npz"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr.startswith("no photo shows a thing at home in: air, ")
    with np.load(tmp_path / "rows.npz") as arrays:
        assert arrays["kinds"].tolist() == ["cup", "spoon"]
        assert arrays["known"].tolist() == ["cup|spoon"] * 2
        assert np.abs(arrays["features"][0] - arrays["features"][1]).max() > 0.5
