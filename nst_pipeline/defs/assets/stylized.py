"""The networks' inputs by both recipes, and what Magenta and VGG19 make of them."""

from collections.abc import Sequence

from nst_pipeline.defs.graph_asset import graph_asset
from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.pipeline import graph
from nst_pipeline.pipeline.item import Item, Made
from nst_pipeline.pipeline.stylise import (
    RECIPES,
    read_model_input,
    style_picture,
    write_model_inputs,
)
from nst_pipeline.style.magenta import load_magenta
from nst_pipeline.style.recipes import model_inputs as make_model_inputs
from nst_pipeline.style.vgg19 import load_vgg19, stylize_vgg19
from nst_pipeline.vision.ring import object_box, object_mask, ring_mask


@graph_asset(graph.MODEL_INPUTS, kinds={"numpy"}, group="style")
def model_inputs(item: Item) -> Made:
    """Prepares content and style for the networks by the two recipes, `left` and `right`."""
    composite = item.picture("composites")
    box = object_box(item.matte())
    style, style_box = style_picture(item, composite, box)
    inputs = make_model_inputs(composite, box, style, item.settings.recipes, style_box=style_box)
    return Made(write_model_inputs(inputs))
