"""The user's detector network, run by cv2.dnn and by TensorFlow."""

import numpy as np
import pytest

from nst_pipeline.errors import ModelUnavailableError, SettingError
from nst_pipeline.settings import DetectionSettings, Settings
from nst_pipeline.style.detector import find_with_network
from nst_pipeline.style.finding.network_finders import network_finders
from nst_pipeline.vision.detect import detect
from nst_pipeline.vision.shapes import Box, Detection

pytestmark = pytest.mark.slow

SIDE = 64
PHOTO = np.full((100, 200, 3), 90, np.uint8)
"""Scaled by 0.32 into the 64 x 64 input: 64 wide, 32 high."""


def _write_model(path, rows):
    """Write a network that outputs `rows` for every input, plus 0 times the input's mean."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    rows = np.asarray(rows, np.float32)
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Mul", ["mean", "factor"], ["zero"]),
        helper.make_node("Reshape", ["zero", "shape"], ["flat"]),
        helper.make_node("Add", ["flat", "rows"], ["output"]),
    ]
    constants = {
        "factor": np.zeros((1, 1, 1, 1), np.float32),
        "shape": np.ones(rows.ndim, np.int64),
        "rows": rows,
    }
    graph = helper.make_graph(
        nodes,
        "detector",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, rows.shape)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.save(model, path)
    return str(path)


def _yolo8(path):
    rows = np.zeros((1, 6, 20))
    rows[0, :, 3] = [32, 16, 16, 8, 0.1, 0.9]
    return _write_model(path, rows)


def _yolo5(path):
    rows = np.zeros((1, 20, 7))
    rows[0, 4] = [32, 16, 16, 8, 0.9, 0.0, 1.0]
    return _write_model(path, rows)


def _ssd(path):
    rows = np.zeros((1, 1, 5, 7))
    rows[0, 0, 0] = [0, 1, 0.9, 24 / 64, 12 / 64, 40 / 64, 20 / 64]
    return _write_model(path, rows)


@pytest.mark.parametrize("write", [_yolo8, _yolo5, _ssd])
def test_boxes_come_back_in_the_photos_pixels(tmp_path, write):
    labels = tmp_path / "names.txt"
    labels.write_text("cat\ndog\n")
    [found] = find_with_network(PHOTO, write(tmp_path / "model.onnx"), str(labels))
    assert found.box == Box(75, 38, 50, 24) or found.box == Box(75, 38, 50, 25)
    assert (found.label, found.source) == ("dog", "dnn")
    assert found.score == pytest.approx(0.9, abs=1e-3)


def test_without_labels_the_number_is_the_label(tmp_path):
    [found] = find_with_network(PHOTO, _yolo8(tmp_path / "model.onnx"))
    assert found.label == "1"


def test_without_a_model_there_is_no_such_finder():
    assert "dnn" not in network_finders(Settings())


def test_detect_uses_the_network_in_the_settings(tmp_path):
    settings = DetectionSettings(methods=["dnn"], dnn_model=_yolo8(tmp_path / "model.onnx"))
    [found] = detect(PHOTO, settings, networks=network_finders(Settings(detection=settings)))
    assert found.source == "dnn"


def test_a_network_is_not_loaded_before_it_is_needed(tmp_path):
    settings = DetectionSettings(dnn_model=str(tmp_path / "missing.onnx"))
    mine = Detection(Box(5, 6, 50, 60), "cup", 1.0, "sidecar")
    assert detect(
        PHOTO, settings, [mine], networks=network_finders(Settings(detection=settings))
    ) == [mine]


def test_at_most_max_objects_are_kept_best_first(tmp_path):
    rows = np.zeros((1, 6, 20))
    for number in range(4):
        rows[0, :, number] = [8 + 16 * number, 16, 12, 20, 0.5 + number / 10, 0]
    path = _write_model(tmp_path / "model.onnx", rows)
    settings = DetectionSettings(methods=["dnn"], dnn_model=path, max_objects=2)
    found = detect(PHOTO, settings, networks=network_finders(Settings(detection=settings)))
    assert [one.score for one in found] == pytest.approx([0.8, 0.7], abs=1e-3)
    assert found[0].box.x > found[1].box.x


@pytest.mark.parametrize("content", [None, b"", b"not a network"])
def test_a_missing_or_broken_model_is_named_with_the_setting(tmp_path, content):
    path = tmp_path / "mine.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelUnavailableError, match=r"detection\.dnn_model.*mine\.onnx.*leave"):
        find_with_network(PHOTO, str(path))


def test_a_network_that_is_not_a_detector_is_named(tmp_path):
    path = _write_model(tmp_path / "classifier.onnx", np.zeros((1, 3)))
    with pytest.raises(ModelUnavailableError, match=r"classifier\.onnx.*output"):
        find_with_network(PHOTO, path)


def test_a_missing_label_file_is_named(tmp_path):
    model = _yolo8(tmp_path / "model.onnx")
    with pytest.raises(SettingError, match=r"dnn_labels.*none\.txt"):
        find_with_network(PHOTO, model, str(tmp_path / "none.txt"))


def test_a_url_that_does_not_answer_is_reported_at_once():
    with pytest.raises(
        ModelUnavailableError, match=r"detection\.dnn_model.*does not answer.*empty"
    ):
        find_with_network(PHOTO, "http://127.0.0.1:9/detector/1")


def test_a_path_without_a_model_is_named(tmp_path):
    with pytest.raises(ModelUnavailableError, match=r"weights\.pt is not a SavedModel.*\.onnx"):
        find_with_network(PHOTO, str(tmp_path / "weights.pt"))


def test_a_detector_with_the_outputs_of_tensorflow_hubs_runs(tmp_path):
    import tensorflow as tf

    class Detector(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((1, None, None, 3), tf.uint8)])
        def __call__(self, images):
            seen = tf.reduce_max(tf.cast(images, tf.float32)) / 90  # 1 for the gray photo
            return {
                "detection_boxes": seen * [[[0.1, 0.25, 0.9, 0.5], [0.0, 0.0, 0.0, 0.0]]],
                "detection_scores": seen * [[0.8, 0.01]],
                "detection_classes": seen * [[2.0, 1.0]],
            }

    tf.saved_model.save(Detector(), str(tmp_path / "detector"))
    labels = tmp_path / "labels.txt"
    labels.write_text("cat\ncup\n")
    (found,) = find_with_network(PHOTO, str(tmp_path / "detector"), str(labels))
    assert (found.label, found.box) == ("cup", Box(50, 10, 50, 80))
    assert found.score == pytest.approx(0.8)
