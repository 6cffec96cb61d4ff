"""Networks of the Segment Anything family: a picture and a box in, the object in the box out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.zoo.salient import sigmoid
from nst_pipeline.style.zoo.session import Session, load_session
from nst_pipeline.style.zoo.signature import Signature
from nst_pipeline.vision.shapes import Box, Matte, Rgb

Feeds = dict[str, NDArray[Any]]
PromptFamily = Literal["SAM", "EfficientSAM"]

_SIDE_PX = 1024
"""Longest side at which SAM's encoder sees pictures, and in which its decoder counts points."""
_EARLIER_MASK_PX = 256
"""Side of the mask of an earlier round, which SAM's decoder insists on."""
_CORNERS = (2, 3)
"""Labels of a box's top left and bottom right corner among the points."""
_SAM_DECODER = {
    "image_embeddings",
    "point_coords",
    "point_labels",
    "mask_input",
    "has_mask_input",
    "orig_im_size",
}
_EFFICIENT_SAM_DECODER = {
    "image_embeddings",
    "batched_point_coords",
    "batched_point_labels",
    "orig_im_size",
}


def recognize_prompted(encoder: Signature, decoder: Signature) -> PromptFamily | None:
    """Return the family of an encoder and its decoder; None if it is neither.

    SAM (and MobileSAM) is recognized by the decoder that its authors' script exports, with an
    encoder that takes (height, width, 3); EfficientSAM by the names of its authors' files.
    """
    taken = list(encoder.inputs.values())
    if len(taken) != 1 or len(encoder.outputs) != 1:
        return None
    points = set(decoder.inputs)
    if points == _SAM_DECODER and len(taken[0]) == 3 and "masks" in decoder.outputs:
        return "SAM"
    if points == _EFFICIENT_SAM_DECODER and "output_masks" in decoder.outputs:
        return "EfficientSAM"
    return None


def sam_scale(picture: Rgb) -> float:
    """Return the factor by which a picture is resized for SAM's encoder."""
    return _SIDE_PX / float(max(picture.shape[:2]))


def encoder_input(picture: Rgb, family: PromptFamily) -> NDArray[np.float32]:
    """Prepare a picture for an encoder.

    Parameters
    ----------
    picture
        (height, width, 3) uint8 RGB.
    family
        The network's family.

    Returns
    -------
    NDArray[np.float32]
        For SAM (h, w, 3), 0..255, with a longest side of 1024; the network normalizes and pads.
        For EfficientSAM (1, 3, height, width), 0..1; the network normalizes and stretches.
    """
    if family == "EfficientSAM":
        return np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32) / np.float32(255)
    scale = sam_scale(picture)
    height, width = (int(side * scale + 0.5) for side in picture.shape[:2])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (width, height), interpolation=method), np.float32)


def decoder_feeds(
    embedding: NDArray[np.float32], box: Box, picture: Rgb, family: PromptFamily
) -> Feeds:
    """Prepare a box for a decoder.

    Parameters
    ----------
    embedding
        What the encoder made of the picture.
    box
        In the picture's pixels.
    picture
        (height, width, 3); only its size is used.
    family
        The network's family.

    Returns
    -------
    dict
        Arrays by the name of the decoder's input.
    """
    corners = np.array([[box.x, box.y], [box.right, box.bottom]], np.float32)
    labels, size = np.array(_CORNERS, np.float32), np.array(picture.shape[:2])
    if family == "EfficientSAM":
        return {
            "image_embeddings": embedding,
            "batched_point_coords": corners[None, None],
            "batched_point_labels": labels[None, None],
            "orig_im_size": size,
        }
    return {
        "image_embeddings": embedding,
        "point_coords": corners[None] * np.float32(sam_scale(picture)),
        "point_labels": labels[None],
        "mask_input": np.zeros((1, 1, _EARLIER_MASK_PX, _EARLIER_MASK_PX), np.float32),
        "has_mask_input": np.zeros(1, np.float32),
        "orig_im_size": size,
    }


def best_mask(masks: NDArray[np.float32], expected_iou: NDArray[np.float32]) -> Matte:
    """Return the mask that the decoder expects most of, as probabilities.

    Parameters
    ----------
    masks
        (..., masks, height, width) float32, logits.
    expected_iou
        (..., masks) float32, the IoU that the decoder expects of each.

    Returns
    -------
    Matte
        (height, width) float32, 0..1.
    """
    each = masks.reshape(-1, *masks.shape[-2:])
    return sigmoid(each[int(expected_iou.ravel().argmax())])


@dataclass(frozen=True, eq=False)
class BoxPrompted:
    """A network of the Segment Anything family.

    Attributes
    ----------
    encoder, decoder
        Its two parts.
    family
        Its family.
    """

    encoder: Session
    decoder: Session
    family: PromptFamily

    def segment(self, picture: Rgb, box: Box) -> Matte:
        """Find the object in a box.

        Parameters
        ----------
        picture
            (height, width, 3) uint8 RGB. Its encoding is remembered, so that the next box in the
            same picture only costs the decoder.
        box
            In the picture's pixels.

        Returns
        -------
        Matte
            (height, width) float32, 0..1: the probability of being the object.
        """
        embedding = _embedding(self, picture.shape, picture.tobytes())
        masks = "masks" if self.family == "SAM" else "output_masks"
        feeds = decoder_feeds(embedding, box, picture, self.family)
        return best_mask(*self.decoder.run(feeds, [masks, "iou_predictions"]))


@lru_cache(maxsize=4)
def _embedding(network: BoxPrompted, shape: tuple[int, ...], pixels: bytes) -> NDArray[np.float32]:
    picture = np.frombuffer(pixels, np.uint8).reshape(shape)
    [name], [output] = network.encoder.signature.inputs, network.encoder.signature.outputs
    [embedding] = network.encoder.run({name: encoder_input(picture, network.family)}, [output])
    return embedding


def find_parts(folder: Path) -> Mapping[str, Path]:
    """Find the files of a network of two parts.

    Returns
    -------
    mapping
        From `encoder` and `decoder` to the ONNX file whose name contains the word.

    Raises
    ------
    ModelUnavailableError
        The folder has none or several of a kind.
    """
    parts = {}
    for part in ("encoder", "decoder"):
        found = sorted(folder.glob(f"*{part}*.onnx"))
        if len(found) != 1:
            raise ModelUnavailableError(
                f"{folder} has {len(found)} files *{part}*.onnx: a box-prompted network is a "
                "folder with one encoder and one decoder"
            )
        parts[part] = found[0]
    return parts


def load_prompted(folder: Path) -> BoxPrompted:
    """Load a network of the Segment Anything family.

    Raises
    ------
    ModelUnavailableError
        The folder does not hold one encoder and one decoder, or they are of another family.
    """
    parts = find_parts(folder)
    encoder, decoder = load_session(parts["encoder"]), load_session(parts["decoder"])
    family = recognize_prompted(encoder.signature, decoder.signature)
    if family is None:
        raise ModelUnavailableError(
            f"{folder} is no network of the SAM family (encoder: {encoder.signature}; decoder: "
            f"{decoder.signature}): get `mobilesam` or `efficientsam` with `nst models --get`"
        )
    return BoxPrompted(encoder, decoder, family)
