"""The cut-out network: the one that comes with the package, one of the zoo, or the user's own.

The package's own network is trained by `training/cutout_network`; docs/models.md has its card.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.style.onnx_network import OnnxNetwork, centered, load_onnx_network
from nst_pipeline.style.zoo.cutout import ProbabilityNetwork, cutout_network
from nst_pipeline.style.zoo.signature import read_signature
from nst_pipeline.vision.cutout.segmentation import CutoutNetwork, Segmentation, combine_views
from nst_pipeline.vision.images.resize import to_square
from nst_pipeline.vision.shapes import Box, Matte, Rgb

BUILTIN = "builtin"
"""Value of the setting `cutout.network` for the network that comes with the package."""
BUILTIN_FILE = Path(__file__).with_name("cutout_network.onnx")
_INPUTS = ("picture", "box")
"""Inputs by which a network that `training/cutout_network` exported is recognized."""


@dataclass(frozen=True)
class ViewParameters:
    """How the network looks at a picture; training used the same size."""

    side_px: int = 256
    """Side of the square that it sees."""
    margins: tuple[float, ...] = (0.12, 0.25, 0.4)
    """Surroundings shown around the box, as shares of the box's longer side: one view for each.
    Mirrored views besides add nothing."""
    quick_margin: float = 0.25
    """The surroundings of the one view of a quick look."""


VIEWS = ViewParameters()


@dataclass(frozen=True)
class FallbackParameters:
    """When the package's own network takes over from one of the zoo."""

    least_filled: float = 0.25
    """Mean probability in the box below which a network has not seen the object. Networks that
    look for what stands out miss a third of the objects of street photos."""


def _window(box: Box, margin: float, width: int, height: int) -> Box:
    """Return the square around a box that the network sees, cut at the picture's borders."""
    half = max(box.width, box.height) * (0.5 + margin)
    x, y = box.x + box.width / 2, box.y + box.height / 2
    left, top = max(round(x - half), 0), max(round(y - half), 0)
    right, bottom = min(round(x + half), width), min(round(y + half), height)
    return Box(left, top, max(right - left, 1), max(bottom - top, 1))


def _square(picture: Rgb, window: Box, side: int) -> NDArray[np.float32]:
    """Return a part of a picture as the network takes it, (3, side, side)."""
    return centered(to_square(picture[window.slices], side)).transpose(2, 0, 1)


def _prompt(box: Box | None, window: Box, side: int) -> NDArray[np.float32]:
    """Return where the box is in a window, and whether there is one, (2, side, side)."""
    prompt = np.zeros((2, side, side), np.float32)
    if box is not None:
        across, down = side / window.width, side / window.height
        left, right = round((box.x - window.x) * across), round((box.right - window.x) * across)
        top, bottom = round((box.y - window.y) * down), round((box.bottom - window.y) * down)
        prompt[0, max(top, 0) : max(bottom, 1), max(left, 0) : max(right, 1)] = 1
        prompt[1] = 1
    return prompt


def _placed(square: NDArray[np.float32], window: Box, height: int, width: int) -> Matte:
    probability = np.zeros((height, width), np.float32)
    # Linear: bicubic interpolation would leave the range 0..1.
    probability[window.slices] = cv2.resize(
        square, (window.width, window.height), interpolation=cv2.INTER_LINEAR
    )
    return probability


def segment_with_views(
    network: OnnxNetwork, picture: Rgb, box: Box | None, *, quick: bool = False
) -> Segmentation:
    """Segment the object in a box, or the main objects, in several views of the picture.

    Parameters
    ----------
    network
        From a square and a prompt to the object's probability and the expected IoU.
    picture
        (height, width, 3) uint8 RGB.
    box
        In the picture's pixels; None for the main objects.
    quick
        Whether to take one view only.

    Returns
    -------
    Segmentation
        The mean of several views, in the picture's pixels.
    """
    (height, width), side = picture.shape[:2], VIEWS.side_px
    windows = [Box(0, 0, width, height)]
    if box is not None:
        margins = (VIEWS.quick_margin,) if quick else VIEWS.margins
        windows = [_window(box, margin, width, height) for margin in margins]
    squares = np.stack([_square(picture, window, side) for window in windows])
    prompts = np.stack([_prompt(box, window, side) for window in windows])
    found, expected = network.run(squares, prompts)
    views = [
        _placed(view, window, height, width)
        for view, window in zip(found[:, 0], windows, strict=True)
    ]
    return combine_views(views, expected.ravel())


def _with_fallback(
    find: ProbabilityNetwork,
    builtin: CutoutNetwork,
    *,
    parameters: FallbackParameters = FallbackParameters(),
) -> CutoutNetwork:
    """Let the package's own network fill in where a salient object network finds nothing."""

    def segment(picture: Rgb, box: Box | None, *, quick: bool = False) -> Segmentation:
        probability = find(picture, box)
        if box is not None and probability[box.slices].mean() < parameters.least_filled:
            return builtin(picture, box, quick=quick)
        return Segmentation(probability)

    return segment


def _load(path: Path, remedy: str) -> CutoutNetwork:
    return partial(segment_with_views, load_onnx_network(path, remedy=remedy))


@cache
def load_cutout_network(handle: str = BUILTIN) -> CutoutNetwork:
    """Load a cut-out network, once per process.

    Parameters
    ----------
    handle
        `builtin`; the name of a model of the zoo; the path of an ONNX file, which may be one that
        `training/cutout_network` exported; or of a folder with encoder and decoder of the family
        SAM.

    Raises
    ------
    ModelUnavailableError
        The network is not here or damaged, or of an unknown kind.
    """
    if handle == BUILTIN:
        return _load(BUILTIN_FILE, "install the package again")
    path = Path(handle).expanduser()
    if path.is_file() and tuple(read_signature(path).inputs) == _INPUTS:
        return _load(path, "export it again, or set cutout.network to `builtin`")
    return _with_fallback(cutout_network(handle), load_cutout_network())
