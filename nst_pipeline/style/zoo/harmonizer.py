"""Harmonization networks of the zoo: a composite and its mask in, the natural picture out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.zoo.session import Session, load_session
from nst_pipeline.style.zoo.signature import Signature
from nst_pipeline.style.zoo.store import names_for, resolve_network
from nst_pipeline.vision.images.dtype import round_to_uint8
from nst_pipeline.vision.images.resize import fitted_size
from nst_pipeline.vision.shapes import Matte, Rgb

HarmonizerNetwork = Callable[[Rgb, Matte], Rgb]
"""From a composite, (height, width, 3) uint8 RGB, and its matte to the harmonized picture, uint8
RGB of the network's own size."""
HarmonizerFamily = Literal["PCT-Net", "two inputs", "four channels"]

SETTING = "harmonize.network"
_PCT_NET_INPUTS = {"image_lr", "image_fullres", "mask_lr", "mask_fullres"}


@dataclass(frozen=True)
class HarmonizerParameters:
    """At which sizes networks see pictures that do not say so."""

    pct_net_side_px: int = 256
    """Side of the small square that PCT-Net's transformer looks at."""
    longest_side_px: int = 1024
    """Longest side for networks that take any size: their changes have no finer detail."""
    multiple_px: int = 32
    """Sides are multiples of this, so that networks that halve them a few times fit."""


def recognize_harmonizer(signature: Signature) -> HarmonizerFamily | None:
    """Return the family of a network with this signature; None if it has none.

    PCT-Net is recognized by its names; others by taking a picture and a mask of one channel, or
    both as four channels, and giving a picture.
    """
    taken, returned = list(signature.inputs.values()), list(signature.outputs.values())
    if any(len(shape) != 4 for shape in (*taken, *returned)) or not returned:
        return None
    if set(signature.inputs) == _PCT_NET_INPUTS:
        return "PCT-Net"
    if returned[0][1] != 3:
        return None
    channels = [shape[1] for shape in taken]
    if sorted(channels) == [1, 3]:
        return "two inputs"
    return "four channels" if channels == [4] else None


def _own_size(signature: Signature, composite: Rgb, parameters: HarmonizerParameters) -> list[int]:
    """Return width and height at which a network sees a composite."""
    height, width = next(iter(signature.inputs.values()))[2:]
    if height and width:
        return [width, height]
    longest = min(parameters.longest_side_px, max(composite.shape[:2]))
    step = parameters.multiple_px
    return [max(round(side / step), 1) * step for side in fitted_size(composite, longest)]


def _picture_input(picture: Rgb, width: int, height: int) -> NDArray[np.float32]:
    """Resize a picture to (1, 3, height, width), RGB, 0..1."""
    resized = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(resized.transpose(2, 0, 1)[None], np.float32) / np.float32(255)


def _mask_input(matte: Matte, width: int, height: int) -> NDArray[np.float32]:
    """Resize a matte to (1, 1, height, width), 0..1."""
    resized = cv2.resize(matte, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(resized[None, None], np.float32)


def harmonizer_feeds(
    signature: Signature,
    family: HarmonizerFamily,
    composite: Rgb,
    matte: Matte,
    *,
    parameters: HarmonizerParameters = HarmonizerParameters(),
) -> dict[str, NDArray[np.float32]]:
    """Prepare a composite for a network.

    Parameters
    ----------
    signature, family
        Of the network.
    composite
        (height, width, 3) uint8 RGB.
    matte
        (height, width) float32, 0..1.
    parameters
        Sizes.

    Returns
    -------
    dict
        Arrays by the name of the input: pictures (1, 3, h, w) RGB 0..1, masks (1, 1, h, w) 0..1.
    """
    if family == "PCT-Net":
        side = parameters.pct_net_side_px
        width, height = fitted_size(
            composite, min(parameters.longest_side_px, max(composite.shape[:2]))
        )
        return {
            "image_lr": _picture_input(composite, side, side),
            "mask_lr": _mask_input(matte, side, side),
            "image_fullres": _picture_input(composite, width, height),
            "mask_fullres": _mask_input(matte, width, height),
        }
    size = _own_size(signature, composite, parameters)
    picture, mask = _picture_input(composite, *size), _mask_input(matte, *size)
    if family == "four channels":
        [name] = signature.inputs
        return {name: np.concatenate([picture, mask], axis=1)}
    return {name: mask if shape[1] == 1 else picture for name, shape in signature.inputs.items()}


def _harmonize(session: Session, family: HarmonizerFamily, composite: Rgb, matte: Matte) -> Rgb:
    feeds = harmonizer_feeds(session.signature, family, composite, matte)
    [returned] = session.run(feeds, [next(iter(session.signature.outputs))])
    return round_to_uint8(255 * np.clip(returned[0].transpose(1, 2, 0), 0, 1))


def harmonizer_network(handle: str) -> HarmonizerNetwork:
    """Load a harmonization network.

    Parameters
    ----------
    handle
        Name of a model of the zoo, or path of an ONNX file that takes a composite and its mask, RGB
        0..1, and gives a picture.

    Raises
    ------
    ModelUnavailableError
        The model is not here or damaged, or of another kind.
    """
    session = load_session(resolve_network(handle, SETTING))
    family = recognize_harmonizer(session.signature)
    if family is None:
        raise ModelUnavailableError(
            f"setting {SETTING}: {handle} does not take a composite and a mask "
            f"({session.signature}): choose {' or '.join(names_for(SETTING))}"
        )
    return partial(_harmonize, session, family)
