"""Have the networks propose changes of a composite whose scene is not available."""

from __future__ import annotations

from functools import partial

import numpy as np

from nst_pipeline.errors import SettingError
from nst_pipeline.settings import HarmonizeSettings, Settings
from nst_pipeline.style.finding.paintings import offers_painting
from nst_pipeline.style.magenta import FloatOr8Bit, load_magenta
from nst_pipeline.style.object_ring import object_ring
from nst_pipeline.style.paint import paint_object
from nst_pipeline.style.recipes import (
    apply_result,
    crop_surroundings,
    prepare_model_inputs,
    shrink_input,
)
from nst_pipeline.style.stylize_vgg19 import stylize_vgg19
from nst_pipeline.style.vgg import load_vgg
from nst_pipeline.style.zoo.harmonizer import harmonizer_network
from nst_pipeline.vision.harmonize.candidates import CANDIDATES, Candidate
from nst_pipeline.vision.harmonize.network_change import NETWORK_CHANGE, Proposal, Proposals
from nst_pipeline.vision.images.inpaint import inpaint_object
from nst_pipeline.vision.images.regions import object_box
from nst_pipeline.vision.shapes import Matte, Rgb


def magenta_proposal(composite: Rgb, matte: Matte, settings: Settings) -> Proposal:
    """Stylize a composite by its surroundings and by itself, with recipe `right`."""
    box = object_box(matte)
    style = crop_surroundings(inpaint_object(composite, matte), box)
    source = prepare_model_inputs(composite, box, style, settings.recipes)["right"]
    placed, small = shrink_input(source, composite, NETWORK_CHANGE.side_px)
    magenta, strength = load_magenta(settings.magenta.handle), settings.magenta.strength
    content, style_tensor = source.content[0], source.style[0]
    after, before = magenta.stylize([content, content], [style_tensor, content], strength=strength)

    def applied(result: FloatOr8Bit) -> Rgb:
        return apply_result(result.astype(np.float32, copy=False), placed, small)

    return Proposal(applied(after), applied(before))


def vgg19_proposal(composite: Rgb, matte: Matte, settings: Settings) -> Proposal:
    """Optimize the object of a composite toward the style statistics of its ring."""
    ring = object_ring(matte)
    window = ring.window.slices
    result = stylize_vgg19(
        composite[window],
        composite[window],
        load_vgg(settings.vgg19),
        settings.vgg19,
        start_mask=ring.matte,
        style_mask=ring.mask,
    )
    after = composite.copy()
    after[window] = result.image
    return Proposal(after)


def painted_proposal(composite: Rgb, matte: Matte, settings: Settings) -> Proposal:
    """Paint the object of a composite like its surroundings."""
    magenta = load_magenta(settings.magenta.handle)
    return Proposal(paint_object(composite, matte, inpaint_object(composite, matte), magenta))


def network_proposal(composite: Rgb, matte: Matte, settings: Settings) -> Proposal:
    """Harmonize a composite with the network of the settings, at the network's own size.

    Raises
    ------
    SettingError
        The settings name no network.
    ModelUnavailableError
        It cannot be loaded.
    """
    if not settings.harmonize.network:
        raise SettingError(
            "harmonize.method is 'network', but harmonize.network is empty: set it to a name of "
            "`nst models`, or to the path of an ONNX file"
        )
    return Proposal(harmonizer_network(settings.harmonize.network)(composite, matte))


_PROPOSERS = {
    "magenta": magenta_proposal,
    "vgg19": vgg19_proposal,
    "painted": painted_proposal,
    "network": network_proposal,
}
"""By the name of the candidate that needs the proposal."""


def _is_offered(
    candidate: Candidate, composite: Rgb, matte: Matte, settings: HarmonizeSettings
) -> bool:
    """Whether a candidate's network is worth running."""
    if candidate.name == "painted":
        return offers_painting(composite, matte, settings)
    asked = candidate.name == settings.method or not candidate.on_request
    return candidate.needs_proposal and asked


def proposals_for(composite: Rgb, matte: Matte, settings: Settings) -> Proposals:
    """Prepare the networks' proposals for a harmonizing method; each runs its network when called.

    Parameters
    ----------
    composite
        (height, width, 3) uint8, RGB; its scene is not available.
    matte
        (height, width) float32, 0..1.
    settings
        Settings of the harmonizer, the recipes and the networks.

    Returns
    -------
    mapping
        From the name of a candidate to the function that makes its proposal. It raises
        ModelUnavailableError if the network cannot be loaded.
    """
    return {
        each.name: partial(_PROPOSERS[each.name], composite, matte, settings)
        for each in CANDIDATES
        if _is_offered(each, composite, matte, settings.harmonize)
    }
