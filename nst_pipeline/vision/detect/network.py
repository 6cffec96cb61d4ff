"""Convert the raw output of a detector network into detections.

`nst_pipeline.style.detector` loads and runs the network; this module only handles arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.images.resize import fitted_size
from nst_pipeline.vision.shapes import Box, Detection, Rgb

SSD_COLUMNS = 7
"""Columns of an SSD output: image, class, score, left, top, right, bottom."""
GRID_STRIDES_PX = (8, 16, 32)
"""Sides of the cells of YOLOX's grids."""

DetectorRows = NDArray[np.float64]
"""(N, 6): left, top, right, bottom as fractions of the picture, score 0..1, class number."""


@dataclass(frozen=True)
class NetworkParameters:
    """How photos are passed to a detector network and how its output is filtered."""

    default_side_px: int = 640
    """Input side for networks that accept any size; YOLO networks are trained at it."""
    padding_rgb: tuple[int, int, int] = (114, 114, 114)
    """Mid gray around the photo, as in YOLO's training."""
    min_score: float = 0.05
    """Drops the thousands of boxes below it; no useful `detection.min_score` is lower."""


def letterbox(
    photo: Rgb, side_px: int, *, parameters: NetworkParameters = NetworkParameters()
) -> tuple[Rgb, float]:
    """Scale a photo into the top left corner of a gray square.

    Parameters
    ----------
    photo
        (height, width, 3) uint8 RGB.
    side_px
        Side of the square.
    parameters
        Color of the padding.

    Returns
    -------
    square
        (side_px, side_px, 3) uint8 RGB.
    scale
        Factor by which the photo was scaled.
    """
    scale, size = side_px / max(photo.shape[:2]), fitted_size(photo, side_px)
    # Not `resize`, whose bicubic interpolation overshoots when small photos are enlarged.
    small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    square = np.full((side_px, side_px, 3), parameters.padding_rgb, np.uint8)
    square[: size[1], : size[0]] = small
    return square, scale


def _ssd_rows(output: NDArray[np.float64]) -> DetectorRows:
    rows = output.reshape(-1, SSD_COLUMNS)
    return np.column_stack([rows[:, 3:7], rows[:, 2], rows[:, 1]])


def _yolo_rows(output: NDArray[np.float64], side_px: int) -> DetectorRows:
    """Read (4 + classes, boxes) of YOLOv8 and later, or (boxes, 5 + classes) of v5 and v7."""
    rows = output.reshape(-1, output.shape[-1])
    if rows.shape[0] < rows.shape[1]:
        rows = rows.T
        classes = rows[:, 4:]
    else:
        classes = rows[:, 5:] * rows[:, 4:5]
    center, half = rows[:, :2] / side_px, rows[:, 2:4] / (2 * side_px)
    return np.column_stack([center - half, center + half, classes.max(1), classes.argmax(1)])


def onnx_rows(output: NDArray[np.float64], side_px: int) -> DetectorRows:
    """Read the output of an SSD or YOLO network.

    Parameters
    ----------
    output
        SSD: (1, 1, N, 7). YOLOv8 and later: (1, 4 + classes, N). YOLOv5 and v7:
        (1, N, 5 + classes).
    side_px
        Side of the square input; YOLO measures boxes in its pixels.

    Returns
    -------
    DetectorRows
        Boxes as fractions of the square input.

    Raises
    ------
    ValueError, IndexError
        The output has another shape.
    """
    is_ssd = output.ndim == 4 and output.shape[-1] == SSD_COLUMNS
    return _ssd_rows(output) if is_ssd else _yolo_rows(output, side_px)


def _grid(side_px: int) -> NDArray[np.float64]:
    """Return column, row and stride of each cell of YOLOX's three grids, (N, 3)."""
    cells = []
    for stride in GRID_STRIDES_PX:
        along = np.arange(side_px // stride)
        rows, columns = np.meshgrid(along, along, indexing="ij")
        strides = np.full(rows.size, stride)
        cells.append(np.column_stack([columns.ravel(), rows.ravel(), strides]))
    return np.concatenate(cells).astype(np.float64)


def grid_cells(side_px: int) -> int:
    """Return how many boxes YOLOX proposes for a square input.

    Examples
    --------
    >>> grid_cells(640)
    8400
    """
    return sum((side_px // stride) ** 2 for stride in GRID_STRIDES_PX)


def grid_rows(output: NDArray[np.float64], side_px: int) -> DetectorRows:
    """Read the raw output of YOLOX, whose boxes are relative to the cells of three grids.

    Parameters
    ----------
    output
        (1, N, 5 + classes): center and logarithm of the size in cells, objectness, class scores.
    side_px
        Side of the square input.

    Returns
    -------
    DetectorRows
        Boxes as fractions of the square input.

    Raises
    ------
    ValueError
        N is not the number of the grids' cells.

    References
    ----------
    Ge et al., "YOLOX: Exceeding YOLO Series in 2021", 2021.
    """
    rows, grid = output.reshape(-1, output.shape[-1]), _grid(side_px)
    stride = grid[:, 2:]
    center = (rows[:, :2] + grid[:, :2]) * stride / side_px
    half = np.exp(rows[:, 2:4]) * stride / (2 * side_px)
    classes = rows[:, 5:] * rows[:, 4:5]
    return np.column_stack([center - half, center + half, classes.max(1), classes.argmax(1)])


def query_rows(logits: NDArray[np.float64], boxes: NDArray[np.float64]) -> DetectorRows:
    """Read the output of D-FINE and RT-DETR, one box for each query.

    Parameters
    ----------
    logits
        (1, queries, classes), before the sigmoid.
    boxes
        (1, queries, 4): center and size as fractions of the input.

    Returns
    -------
    DetectorRows
        Boxes as fractions of the input.
    """
    scores = 1 / (1 + np.exp(-logits.reshape(-1, logits.shape[-1])))
    center, half = np.hsplit(boxes.reshape(-1, 4) * [1, 1, 0.5, 0.5], 2)
    return np.column_stack([center - half, center + half, scores.max(1), scores.argmax(1)])


def _box(fractions: NDArray[np.float64], width: int, height: int) -> Box:
    corners = np.rint(fractions * (width, height, width, height)).astype(int).tolist()
    left, top, right, bottom = corners
    return Box(left, top, right - left, bottom - top).clipped(width, height)


def _label(number: float, class_names: Sequence[str]) -> str:
    return class_names[int(number)] if number < len(class_names) else str(int(number))


def detections_from_rows(
    rows: DetectorRows,
    width: int,
    height: int,
    class_names: Sequence[str] = (),
    *,
    source: str = "dnn",
    parameters: NetworkParameters = NetworkParameters(),
) -> list[Detection]:
    """Turn a network's rows into detections.

    Parameters
    ----------
    rows
        (N, 6) float64, see `DetectorRows`.
    width, height
        Size of the photo, pixels.
    class_names
        Label of each class number; a number without a name is its own label.
    source
        Name of the finder.
    parameters
        Lowest score.

    Returns
    -------
    list of Detection
        In the order of the rows, in the photo's pixels.

    Examples
    --------
    >>> rows = np.array([[0.25, 0.0, 0.75, 0.5, 0.9, 1.0], [0.0, 0.0, 1.0, 1.0, 0.01, 0.0]])
    >>> [cup] = detections_from_rows(rows, 200, 100, ["cat", "cup"])
    >>> cup.label, cup.box
    ('cup', Box(x=50, y=0, width=100, height=50))
    """
    return [
        Detection(_box(row[:4], width, height), _label(row[5], class_names), float(row[4]), source)
        for row in rows[rows[:, 4] > parameters.min_score]
    ]
