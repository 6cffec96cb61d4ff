"""Objects found by a detector network of the user's own: an ONNX file or a TF-Hub handle."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.errors import ModelUnavailableError, SettingError
from nst_pipeline.vision.shapes import Box, Detection, Rgb

_DEFAULT_SIDE = 640
"""Input side of networks that accept any size: what YOLO exports are trained at."""
_PADDING = (114, 114, 114)
"""Mid gray, as in YOLO's training."""
_MIN_SCORE = 0.05
"""Thousands of candidate boxes lie below; no setting reaches so low in earnest."""
_SSD_COLUMNS = 7

Rows = NDArray[np.float64]
"""One row per object: left, top, right, bottom as shares of the input, score, class."""


def _from_ssd(output: NDArray[Any]) -> Rows:
    rows = output.reshape(-1, _SSD_COLUMNS)
    return np.column_stack([rows[:, 3:7], rows[:, 2], rows[:, 1]])


def _from_yolo(output: NDArray[Any], side: int) -> Rows:
    """YOLOv8 and later give (4 + classes, boxes); v5 and v7 (boxes, 5 + classes)."""
    rows = output.reshape(-1, output.shape[-1])
    if rows.shape[0] < rows.shape[1]:
        rows = rows.T
        classes = rows[:, 4:]
    else:
        classes = rows[:, 5:] * rows[:, 4:5]
    center, half = rows[:, :2] / side, rows[:, 2:4] / (2 * side)
    return np.column_stack([center - half, center + half, classes.max(1), classes.argmax(1)])


def _input_side(path: str) -> int:
    import onnx

    shape = onnx.load(path, load_external_data=False).graph.input[0].type.tensor_type.shape
    sides = [dimension.dim_value for dimension in shape.dim[2:]]
    return max([*sides, 0]) or _DEFAULT_SIDE


def _square(photo: Rgb, side: int) -> tuple[Rgb, float]:
    """The photo in the top left corner of a gray square, and the factor it was scaled by."""
    height, width = photo.shape[:2]
    scale = side / max(height, width)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    square = np.full((side, side, 3), _PADDING, np.uint8)
    square[: size[1], : size[0]] = small
    return square, scale


def _onnx_finder(path: str) -> Callable[[Rgb], Rows]:
    side = _input_side(path)
    net, one_at_a_time = cv2.dnn.readNetFromONNX(path), Lock()

    def find(photo: Rgb) -> Rows:
        square, scale = _square(photo, side)
        with one_at_a_time:
            net.setInput(cv2.dnn.blobFromImage(square, 1 / 255))
            output = np.array(net.forward(), np.float64)
        is_ssd = output.ndim == 4 and output.shape[-1] == _SSD_COLUMNS
        rows = _from_ssd(output) if is_ssd else _from_yolo(output, side)
        height, width = photo.shape[:2]
        # Shares of the square become shares of the photo that fills a part of it.
        rows[:, :4] *= side / scale / np.array([width, height, width, height])
        return rows

    return find


def _hub_finder(handle: str) -> Callable[[Rgb], Rows]:
    import tensorflow_hub as hub

    model = hub.load(handle)

    def find(photo: Rgb) -> Rows:
        output = model(photo[None])
        top, left, bottom, right = np.asarray(output["detection_boxes"], np.float64)[0].T
        scores, classes = (
            np.asarray(output[f"detection_{name}"], np.float64)[0] for name in ("scores", "classes")
        )
        # TF-Hub's detectors count classes from 1, as COCO does.
        return np.column_stack([left, top, right, bottom, scores, classes - 1])

    return find


@lru_cache(maxsize=1)
def _loaded(model: str) -> Callable[[Rgb], Rows]:
    try:
        return _onnx_finder(model) if model.endswith(".onnx") else _hub_finder(model)
    except Exception as error:  # cv2, onnx, TensorFlow: each raises its own kinds
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelUnavailableError(
            f"detection.dnn_model: {model} cannot be loaded ({reason[0]}): give the path of an "
            "ONNX detector or a TensorFlow Hub handle, or leave the setting empty"
        ) from error


@lru_cache(maxsize=1)
def _labels(path: str) -> list[str]:
    try:
        return Path(path).read_text("utf-8").splitlines() if path else []
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(
            f"detection.dnn_labels: {path} cannot be read ({error}): "
            "give a UTF-8 text file with one class name per line"
        ) from error


def _box(shares: NDArray[np.float64], width: int, height: int) -> Box:
    left, top, right, bottom = np.rint(shares * (width, height, width, height)).astype(int).tolist()
    return Box(left, top, right - left, bottom - top).clipped(width, height)


def find_with_model(photo: Rgb, model: str, labels: str = "") -> list[Detection]:
    """Find objects with a detector network.

    Args:
        photo: (height, width, 3) uint8 RGB.
        model: an `.onnx` file, run by `cv2.dnn` on a gray-padded square with values 0..1, whose
            output is like YOLO's or SSD's; or a TensorFlow Hub handle whose outputs are
            `detection_boxes`, `detection_scores`, `detection_classes`. Empty: finds nothing.
        labels: text file with one class name per line; empty: the class's number is the label.

    Raises:
        ModelUnavailableError: the model is missing or cannot be read, or its output is no
            detector's.
        SettingError: the label file cannot be read.
    """
    if not model:
        return []
    names = _labels(labels)
    finder = _loaded(model)
    try:
        rows = finder(photo)
    except (cv2.error, ValueError, IndexError, KeyError, TypeError) as error:
        raise ModelUnavailableError(
            f"detection.dnn_model: {model} ran, but its output is not that of a YOLO, SSD or "
            "TensorFlow Hub detector: choose another model, or leave the setting empty"
        ) from error
    height, width = photo.shape[:2]
    return [
        Detection(
            _box(row[:4], width, height),
            names[int(row[5])] if row[5] < len(names) else str(int(row[5])),
            float(row[4]),
            "dnn",
        )
        for row in rows[rows[:, 4] > _MIN_SCORE]
    ]
