"""The network of naturalness is trained, exported and measured as training/README.md says."""

import json
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from nst_pipeline.style.finding.labels import CLASSIFIER
from nst_pipeline.style.naturalness import see_factors
from nst_pipeline.style.onnx_network import load_onnx_network
from nst_pipeline.vision.naturalness.factors import SEEN
from nst_pipeline.vision.naturalness.views import naturalness_views
from tests.training.scripts import TRAINING, run_script

run = partial(run_script, "naturalness")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Photos of a cat, a cup and a woman under several names, with an ellipse around each."""
    folder = tmp_path / "photos"
    shown = {
        "cat": (data.chelsea(), (150, 130), (110, 110)),
        "cup": (data.coffee(), (300, 195), (215, 180)),
        "woman": (data.astronaut(), (225, 130), (90, 125)),
    }
    for number in range(12):
        for name, (photo, center, axes) in shown.items():
            mask = cv2.ellipse(
                np.zeros(photo.shape[:2], np.uint8), center, axes, 0, 0, 360, 255, -1
            )
            pictures = {"photo": photo[..., ::-1], "mask": mask}
            for part, picture in pictures.items():
                path = folder / part / f"{name} {number}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(path), picture)
    return folder


@pytest.fixture
def samples():
    """The module `samples` of these scripts; others have one of the same name."""
    from importlib import util

    spec = util.spec_from_file_location("naturalness_samples", TRAINING / "naturalness/samples.py")
    module = util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_samples_say_what_is_wrong_with_them(samples, photos):
    folder = samples.Folder(photos, 1.0, one_kind=True)
    sampler = samples.Sampler([folder], [], lambda name: False, 1, both_looks=True)
    drawn = [sampler.draw() for _ in range(120)]
    known = {name: number for number, name in enumerate(SEEN)}
    for each in drawn:
        base, _, faults = each.kind.partition(" ")
        if base == "untouched":
            assert (each.truth == 1).all()
        for fault in filter(None, faults.split("+")):
            assert each.truth[known[fault]] == 0 and each.truth[known["whole"]] == 0
        assert each.mattes.max() > 100
    assert {each.kind.split(" ")[0] for each in drawn} >= {"untouched", "over", "along", "beside"}
    assert {name for each in drawn for name in each.kind.partition(" ")[2].split("+")} >= {
        *samples.FAULTS
    }


def test_the_same_seed_draws_the_same_samples(samples, photos):
    def draw() -> list:
        folder = samples.Folder(photos, 1.0)
        sampler = samples.Sampler([folder], [photos], lambda name: False, 3)
        return [sampler.draw() for _ in range(6)]

    for one, other in zip(draw(), draw(), strict=True):
        assert one.kind == other.kind
        np.testing.assert_array_equal(one.pictures, other.pictures)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("torch") is None, reason="training needs PyTorch")
def test_training_resumes_and_its_network_judges(photos, tmp_path):
    out, exported = tmp_path / "out", tmp_path / "naturalness.onnx"
    common = (out, "--backbone", CLASSIFIER.weights.obtain(), "--threads", 1)
    for steps in (1, 2):
        run("train.py", *common, "--one-kind", f"{photos}:1", "--steps", steps)
    log = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in log] == [1, 2]
    run("export.py", out / "checkpoint.pt", exported)
    assert exported.stat().st_size < 4e6
    picture, matte = data.coffee(), np.zeros(data.coffee().shape[:2], np.float32)
    matte[80:300, 100:400] = 1
    network = load_onnx_network(exported, remedy="export it again")
    seen = see_factors(network, *naturalness_views(picture, matte))
    assert tuple(seen) == SEEN and np.isfinite(list(seen.values())).all()
    report = run("evaluate.py", exported, "--one-kind", f"{photos}:1", "--number", 60)
    assert "untouched against beside: AUC" in report
