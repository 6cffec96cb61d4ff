"""What the networks propose for a composite whose scene is not at hand."""

from __future__ import annotations

from functools import partial

import cv2
import numpy as np

from nst_pipeline.settings import Settings
from nst_pipeline.style.magenta import Picture, load_magenta
from nst_pipeline.style.paint import paint_object
from nst_pipeline.style.recipes import carry_back, model_inputs, reduced, surroundings
from nst_pipeline.style.stylize_vgg19 import stylize_vgg19
from nst_pipeline.style.vgg19 import load_vgg19
from nst_pipeline.vision.harmonize.candidates import CANDIDATES
from nst_pipeline.vision.harmonize.network_change import NETWORK_CHANGE, Proposal, Proposals
from nst_pipeline.vision.images.regions import object_box, ring_mask
from nst_pipeline.vision.images.resize import resize, shrink_to_fit
from nst_pipeline.vision.shapes import Matte, Rgb

RING_REACH = 0.5
"""How far VGG19's ring reaches, as a share of the object's longer side."""
_FILL_SIDE = 256
"""The object is painted over at this longest side: a style has no detail there."""
_FILL_RADIUS_PX = 5


def without_object(composite: Rgb, matte: Matte) -> Rgb:
    """The composite with its object painted over by its surroundings (Telea 2004).

    A style taken from it is the scene's, as far as that is known.
    """
    small = shrink_to_fit(composite, _FILL_SIDE)
    hole = cv2.resize(np.asarray(matte > 0).astype(np.float32), small.shape[1::-1]) > 0
    filled = cv2.inpaint(small, hole.astype(np.uint8), _FILL_RADIUS_PX, cv2.INPAINT_TELEA)
    enlarged = resize(np.asarray(filled, np.uint8), matte.shape[1], matte.shape[0])
    return np.where(matte[..., None] > 0, enlarged, composite).astype(np.uint8)


def magenta_proposal(composite: Rgb, matte: Matte, settings: Settings) -> Proposal:
    """The composite stylized by its surroundings and by itself, by recipe `right`."""
    box = object_box(matte)
    style = surroundings(without_object(composite, matte), box)
    made_from = model_inputs(composite, box, style, settings.recipes)["right"]
    placed, small = reduced(made_from, composite, NETWORK_CHANGE.side_px)
    magenta, strength = load_magenta(settings.magenta.handle), settings.magenta.strength
    content, style_in = made_from.content[0], made_from.style[0]
    after, before = magenta.stylize([content, content], [style_in, content], strength=strength)

    def carried(result: Picture) -> Rgb:
        return carry_back(result.astype(np.float32, copy=False), placed, small)

    return Proposal(carried(after), carried(before))


def vgg19_proposal(composite: Rgb, matte: Matte, settings: Settings) -> Proposal:
    """The composite with its object optimized toward the statistics of its ring."""
    box, window = object_box(matte), object_box(matte, margin=RING_REACH).slices
    reach = max(1, round(RING_REACH * max(box.width, box.height)))
    result = stylize_vgg19(
        composite[window],
        composite[window],
        load_vgg19(settings.vgg19.weights),
        settings.vgg19,
        start_mask=matte[window],
        style_mask=ring_mask(matte[window], reach).astype(np.float32),
    )
    after = composite.copy()
    after[window] = result.image
    return Proposal(after)


def painted_proposal(composite: Rgb, matte: Matte, settings: Settings) -> Proposal:
    """The composite with its object painted like its surroundings."""
    magenta = load_magenta(settings.magenta.handle)
    return Proposal(paint_object(composite, matte, without_object(composite, matte), magenta))


_PROPOSERS = {
    "magenta": magenta_proposal,
    "vgg19": vgg19_proposal,
    "painted": painted_proposal,
}
"""By the name of the candidate that needs the proposal."""


def proposals_for(composite: Rgb, matte: Matte, settings: Settings, method: str) -> Proposals:
    """What a harmonizing method needs of the networks, where only the composite is at hand.

    A network runs only when its proposal is asked for.
    """
    return {
        each.name: partial(_PROPOSERS[each.name], composite, matte, settings)
        for each in CANDIDATES
        if each.needs_proposal and (each.name == method or not each.on_request)
    }
