"""Cut-out networks of the zoo, as `vision.cutout` calls them: a crop and a box in, a matte out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.zoo.box_prompted import BoxPrompted, load_prompted
from nst_pipeline.style.zoo.salient import (
    BIREFNET,
    ISNET,
    U2NET,
    SalientFamily,
    recognize_salient,
    run_salient,
)
from nst_pipeline.style.zoo.session import Session, load_session
from nst_pipeline.style.zoo.store import names_for, resolve_network
from nst_pipeline.vision.cutout.segmentation import keep_inside
from nst_pipeline.vision.shapes import Box, Matte, Rgb

ProbabilityNetwork = Callable[[Rgb, Box | None], Matte]
"""From a picture, (height, width, 3) uint8 RGB, and a box in its pixels, to the probability that
each pixel is the object, (height, width) float32, 0..1. Without a box: the main objects."""

SETTING = "cutout.network"
_FAMILIES = {"u2net": U2NET, "u2netp": U2NET, "isnet": ISNET, "birefnet-lite": BIREFNET}
"""Families of the salient object networks in the zoo, by name."""


@dataclass(frozen=True)
class BoxParameters:
    """How a box limits what a network finds."""

    slack: float = 0.05
    """Part of the box's longer side by which an object may reach out of its box."""


BOX_LIMITS = BoxParameters()


def _salient(session: Session, family: SalientFamily, picture: Rgb, box: Box | None) -> Matte:
    probability = run_salient(session, family, picture)
    return probability if box is None else keep_inside(probability, box, BOX_LIMITS.slack)


def _prompted(network: BoxPrompted, picture: Rgb, box: Box | None) -> Matte:
    height, width = picture.shape[:2]
    prompt = box or Box(0, 0, width, height)
    return keep_inside(network.segment(picture, prompt), prompt, BOX_LIMITS.slack)


def _load_salient(path: Path, handle: str) -> ProbabilityNetwork:
    session = load_session(path)
    family = _FAMILIES.get(handle) or recognize_salient(session.signature)
    if family is None:
        raise ModelUnavailableError(
            f"setting {SETTING}: {path} is no cut-out network that is known here "
            f"({session.signature}): choose one of {', '.join(names_for(SETTING))}"
        )
    return partial(_salient, session, family)


def cutout_network(handle: str) -> ProbabilityNetwork:
    """Load a cut-out network.

    Parameters
    ----------
    handle
        Name of a model of the zoo; path of an ONNX file of the families U²-Net, IS-Net or BiRefNet;
        or path of a folder with encoder and decoder of the family SAM.

    Returns
    -------
    callable
        See `ProbabilityNetwork`. A network of the family SAM takes the whole picture for the box if
        it gets none.

    Raises
    ------
    ModelUnavailableError
        The model is not here or damaged, of another kind, or ONNX Runtime is not installed.
    """
    path = resolve_network(handle, SETTING)
    return partial(_prompted, load_prompted(path)) if path.is_dir() else _load_salient(path, handle)
