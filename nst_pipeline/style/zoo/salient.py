"""Salient object networks: a picture in, the probability of its main objects out."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.style.zoo.session import Session
from nst_pipeline.style.zoo.signature import Signature
from nst_pipeline.vision.images.resize import to_square
from nst_pipeline.vision.shapes import Matte, Rgb

_IMAGENET_MEAN, _IMAGENET_SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class SalientFamily:
    """What networks of one family were trained with.

    Attributes
    ----------
    name
        The family's name.
    side_px
        Side of the square input.
    mean, spread
        Subtracted from, and then divided into, RGB values of 0..1.
    by_peak
        Whether 1 is the picture's brightest value instead of 255.
    logits
        Whether the output still needs a sigmoid.
    """

    name: str
    side_px: int
    mean: tuple[float, float, float]
    spread: tuple[float, float, float]
    by_peak: bool = False
    logits: bool = False


U2NET = SalientFamily("U²-Net", 320, _IMAGENET_MEAN, _IMAGENET_SPREAD, by_peak=True)
"""Qin et al., "U²-Net: Going Deeper with Nested U-Structure for Salient Object Detection", 2020."""
ISNET = SalientFamily("IS-Net", 1024, (0.5, 0.5, 0.5), (1.0, 1.0, 1.0))
"""Qin et al., "Highly Accurate Dichotomous Image Segmentation", 2022."""
BIREFNET = SalientFamily("BiRefNet", 1024, _IMAGENET_MEAN, _IMAGENET_SPREAD, logits=True)
"""Zheng et al., "Bilateral Reference for High-Resolution Dichotomous Image Segmentation", 2024."""


def recognize_salient(signature: Signature) -> SalientFamily | None:
    """Return the family of a network with this signature; None if it has none.

    U²-Net takes 320 pixels. The others take 1024: IS-Net's output is a probability, BiRefNet's is
    not yet.
    """
    if len(signature.inputs) != 1 or not signature.outputs:
        return None
    [taken], returned = signature.inputs.values(), next(iter(signature.outputs.values()))
    if len(taken) != 4 or taken[1] != 3 or len(returned) != 4 or returned[1] > 1:
        return None
    if taken[2:] == (U2NET.side_px, U2NET.side_px) and signature.ends_in_sigmoid:
        return U2NET
    if taken[2:] == (ISNET.side_px, ISNET.side_px):
        return ISNET if signature.ends_in_sigmoid else BIREFNET
    return None


def salient_input(picture: Rgb, family: SalientFamily) -> NDArray[np.float32]:
    """Prepare a picture for a network.

    Parameters
    ----------
    picture
        (height, width, 3) uint8 RGB; it is stretched to a square, as in training.
    family
        The network's family.

    Returns
    -------
    NDArray[np.float32]
        (1, 3, side, side).
    """
    square = to_square(picture, family.side_px)
    brightest = max(float(square.max()), 1.0) if family.by_peak else 255.0
    normalized = (square / brightest - np.array(family.mean)) / np.array(family.spread)
    return np.ascontiguousarray(normalized.transpose(2, 0, 1)[None], np.float32)


def sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn logits of any shape into probabilities."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -60, 60))), np.float32)


def salient_probability(
    output: NDArray[np.float32], family: SalientFamily, width: int, height: int
) -> Matte:
    """Turn a network's output into probabilities at a picture's size.

    Parameters
    ----------
    output
        (1, 1, side, side) float32.
    family
        The network's family.
    width, height
        Size of the picture, pixels.

    Returns
    -------
    Matte
        (height, width) float32, 0..1: the probability of being an object. It is not stretched to
        the full range, as other programs do, so that a picture without an object stays empty.
    """
    square = output.reshape(output.shape[-2:])
    square = sigmoid(square) if family.logits else np.clip(square, 0, 1)
    enlarged = cv2.resize(square, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(enlarged, np.float32)


def run_salient(session: Session, family: SalientFamily, picture: Rgb) -> Matte:
    """Find the main objects of a picture.

    Parameters
    ----------
    session
        A network of the family.
    family
        Its family.
    picture
        (height, width, 3) uint8 RGB.

    Returns
    -------
    Matte
        (height, width) float32, 0..1: the probability of being an object.
    """
    [name], output = session.signature.inputs, next(iter(session.signature.outputs))
    [returned] = session.run({name: salient_input(picture, family)}, [output])
    height, width = picture.shape[:2]
    return salient_probability(returned, family, width, height)
