"""Load and run the user's detector network: from the zoo, a file, or TensorFlow Hub."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from threading import Lock

import cv2
import numpy as np

from nst_pipeline.errors import ModelUnavailableError, SettingError
from nst_pipeline.style.hub_models import load_saved_model, obtain_saved_model
from nst_pipeline.style.zoo.detector import recognize_detector, run_detector
from nst_pipeline.style.zoo.session import load_session
from nst_pipeline.style.zoo.signature import Signature, read_signature
from nst_pipeline.style.zoo.store import resolve_network
from nst_pipeline.style.zoo.table import ZOO
from nst_pipeline.vision.detect.coco import COCO_CLASSES
from nst_pipeline.vision.detect.network import (
    DetectorRows,
    NetworkParameters,
    detections_from_rows,
    letterbox,
    onnx_rows,
)
from nst_pipeline.vision.shapes import Detection, Rgb

_SETTING = "detection.dnn_model"
_ALTERNATIVE = "name an .onnx file, or leave the setting empty"
_LOADING = Lock()
"""Threads that need the network at the same time wait while one of them loads it."""

DetectorNetwork = Callable[[Rgb], DetectorRows]
"""Function from a photo, (height, width, 3) uint8 RGB, to a row for each possible object."""


def _load_opencv(path: Path, signature: Signature) -> DetectorNetwork:
    """Load a YOLO or SSD network, which OpenCV runs."""
    sides = next(iter(signature.inputs.values()), ())[2:]
    side = max([*sides, 0]) or NetworkParameters().default_side_px
    # A cv2.dnn network stores its input, so only one thread may use it at a time.
    net, one_at_a_time = cv2.dnn.readNetFromONNX(str(path)), Lock()

    def run(photo: Rgb) -> DetectorRows:
        square, scale = letterbox(photo, side)
        with one_at_a_time:
            net.setInput(cv2.dnn.blobFromImage(square, 1 / 255))
            output = np.array(net.forward(), np.float64)
        rows = onnx_rows(output, side)
        height, width = photo.shape[:2]
        # Convert fractions of the square to fractions of the photo, which fills a part of it.
        rows[:, :4] *= side / scale / np.array([width, height, width, height])
        return rows

    return run


def _load_onnx(handle: str) -> DetectorNetwork:
    path = resolve_network(handle, _SETTING) if handle in ZOO else Path(handle).expanduser()
    try:
        signature = read_signature(path)
    except ModelUnavailableError as error:
        raise ModelUnavailableError(
            f"setting {_SETTING}: {error}, or leave the setting empty"
        ) from error
    family = recognize_detector(signature)
    if family is None:
        return _load_opencv(path, signature)
    return partial(run_detector, load_session(path), family)


def _load_hub(handle: str) -> DetectorNetwork:
    folder = obtain_saved_model(handle, setting=_SETTING, alternative=_ALTERNATIVE)
    model = load_saved_model(folder)

    def run(photo: Rgb) -> DetectorRows:
        output = model(photo[None])
        top, left, bottom, right = np.asarray(output["detection_boxes"], np.float64)[0].T
        scores, classes = (
            np.asarray(output[f"detection_{name}"], np.float64)[0] for name in ("scores", "classes")
        )
        # TensorFlow Hub's detectors count classes from 1, as COCO does.
        return np.column_stack([left, top, right, bottom, scores, classes - 1])

    return run


@lru_cache(maxsize=1)
def _loaded(handle: str) -> DetectorNetwork:
    try:
        if handle in ZOO or handle.endswith(".onnx"):
            return _load_onnx(handle)
        return _load_hub(handle)
    except ModelUnavailableError:
        raise
    except Exception as error:  # cv2, onnx and TensorFlow raise many types
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelUnavailableError(
            f"setting {_SETTING}: {handle} cannot be loaded ({reason[0]}): give a model of "
            "`nst models`, the path of an ONNX detector or a TensorFlow Hub handle, or leave the "
            "setting empty"
        ) from error


def load_detector(handle: str) -> DetectorNetwork:
    """Load a detector network; the most recent one is kept in memory.

    Parameters
    ----------
    handle
        A model of the zoo; an `.onnx` file of YOLOX, D-FINE or RT-DETR, which ONNX Runtime runs, or
        with the output of YOLO or SSD, which `cv2.dnn` runs on a gray-padded square with values
        0..1; or a TensorFlow Hub URL or SavedModel folder with the outputs `detection_boxes`,
        `detection_scores` and `detection_classes`.

    Returns
    -------
    callable
        From a photo to its `DetectorRows`.

    Raises
    ------
    ModelUnavailableError
        The file is missing or cannot be read, or the URL does not answer.
    """
    with _LOADING:
        return _loaded(handle)


@lru_cache(maxsize=1)
def _class_names(path: str) -> list[str]:
    try:
        return Path(path).read_text("utf-8").splitlines() if path else []
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(
            f"setting detection.dnn_labels: {path} cannot be read ({error}): "
            "give a UTF-8 text file with one class name per line"
        ) from error


def find_with_network(photo: Rgb, handle: str, labels: str = "") -> list[Detection]:
    """Find objects with a detector network, which is loaded on first use.

    Parameters
    ----------
    photo
        (height, width, 3) uint8 RGB.
    handle
        As in `load_detector`.
    labels
        Text file with one class name per line. If empty, the labels are COCO's class names for a
        model of the zoo, and class numbers for other networks.

    Returns
    -------
    list of Detection
        Objects in the photo's pixels, with source `dnn`, in the network's order.

    Raises
    ------
    ModelUnavailableError
        The network cannot be loaded, or its output is not that of a detector.
    SettingError
        The label file cannot be read.
    """
    names = _class_names(labels) or (COCO_CLASSES if handle in ZOO else ())
    network = load_detector(handle)
    try:
        rows = network(photo)
    except (cv2.error, ValueError, IndexError, KeyError, TypeError) as error:
        raise ModelUnavailableError(
            f"setting {_SETTING}: {handle} ran, but its output is not that of a YOLO, SSD, DETR or "
            "TensorFlow Hub detector: choose another model, or leave the setting empty"
        ) from error
    height, width = photo.shape[:2]
    return detections_from_rows(rows, width, height, names)
