"""Detector networks of the zoo: YOLOX, and the transformers D-FINE and RT-DETR."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.style.zoo.session import Session
from nst_pipeline.style.zoo.signature import Signature
from nst_pipeline.vision.detect.network import (
    DetectorRows,
    grid_cells,
    grid_rows,
    letterbox,
    query_rows,
)
from nst_pipeline.vision.shapes import Rgb

DetectorFamily = Literal["YOLOX", "queries", "boxes"]
"""`queries`: D-FINE and RT-DETR as Hugging Face's transformers export them; `boxes`: the same as
their authors' own scripts do, which also decode the boxes."""

_DEFAULT_SIDE_PX = 640
"""Side of the square input of networks that take any size."""


def recognize_detector(signature: Signature) -> DetectorFamily | None:
    """Return the family of a network with this signature; None if it has none."""
    outputs = signature.outputs
    if set(signature.inputs) == {"images", "orig_target_sizes"}:
        return "boxes" if {"labels", "boxes", "scores"} <= set(outputs) else None
    if len(signature.inputs) != 1:
        return None
    if {"logits", "pred_boxes"} <= set(outputs):
        return "queries"
    [taken], returned = signature.inputs.values(), list(outputs.values())
    if len(taken) != 4 or len(returned) != 1 or len(returned[0]) != 3 or not taken[2]:
        return None
    return "YOLOX" if returned[0][1] == grid_cells(taken[2]) else None


def _side(signature: Signature) -> int:
    return next(iter(signature.inputs.values()))[2] or _DEFAULT_SIDE_PX


def yolox_input(photo: Rgb, side_px: int) -> tuple[NDArray[np.float32], float]:
    """Prepare a photo for YOLOX: BGR, 0..255, in the top left corner of a gray square.

    Returns
    -------
    input : NDArray[np.float32]
        (1, 3, side, side).
    scale : float
        Factor by which the photo was scaled.
    """
    square, scale = letterbox(photo, side_px)
    bgr = square[..., ::-1].transpose(2, 0, 1)[None]
    return np.ascontiguousarray(bgr, np.float32), scale


def stretched_input(photo: Rgb, side_px: int) -> NDArray[np.float32]:
    """Prepare a photo for a transformer: RGB, 0..1, stretched to a square, (1, 3, side, side)."""
    square = cv2.resize(photo, (side_px, side_px), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(square.transpose(2, 0, 1)[None], np.float32) / np.float32(255)


def _run_yolox(session: Session, photo: Rgb) -> DetectorRows:
    side = _side(session.signature)
    prepared, scale = yolox_input(photo, side)
    [name], [output] = session.signature.inputs, session.signature.outputs
    [returned] = session.run({name: prepared}, [output])
    rows = grid_rows(returned.astype(np.float64), side)
    height, width = photo.shape[:2]
    # Convert fractions of the square to fractions of the photo, which fills a part of it.
    rows[:, :4] *= side / scale / np.array([width, height, width, height])
    return rows


def _run_queries(session: Session, photo: Rgb) -> DetectorRows:
    [name] = session.signature.inputs
    prepared = stretched_input(photo, _side(session.signature))
    logits, boxes = session.run({name: prepared}, ["logits", "pred_boxes"])
    return query_rows(logits.astype(np.float64), boxes.astype(np.float64))


def _run_boxes(session: Session, photo: Rgb) -> DetectorRows:
    height, width = photo.shape[:2]
    feeds = {
        "images": stretched_input(photo, session.signature.inputs["images"][2] or _DEFAULT_SIDE_PX),
        "orig_target_sizes": np.array([[width, height]]),
    }
    labels, boxes, scores = session.run(feeds, ["labels", "boxes", "scores"])
    fractions = boxes.reshape(-1, 4).astype(np.float64) / (width, height, width, height)
    return np.column_stack([fractions, scores.ravel(), labels.ravel()])


_RUNNERS = {"YOLOX": _run_yolox, "queries": _run_queries, "boxes": _run_boxes}


def run_detector(session: Session, family: DetectorFamily, photo: Rgb) -> DetectorRows:
    """Find the objects of a photo.

    Parameters
    ----------
    session
        A network of the family.
    family
        Its family.
    photo
        (height, width, 3) uint8 RGB.

    Returns
    -------
    DetectorRows
        Boxes as fractions of the photo.
    """
    return _RUNNERS[family](session, photo)
