"""The networks' inputs by both recipes, and what Magenta and VGG19 make of them."""

from collections.abc import Sequence

from nst_pipeline.defs.dagster_asset import graph_asset
from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.pipeline.engine import graph
from nst_pipeline.pipeline.engine.item import Item, Made
from nst_pipeline.pipeline.engine.progress import report_steps
from nst_pipeline.pipeline.steps.stylize import (
    in_composite,
    magenta_files,
    style_picture,
    vgg19_region,
    write_model_inputs,
)
from nst_pipeline.publish.plots import plot_loss
from nst_pipeline.style.recipes import model_inputs as make_model_inputs
from nst_pipeline.style.stylize_vgg19 import stylize_vgg19
from nst_pipeline.style.vgg19 import load_vgg19
from nst_pipeline.vision.images.regions import object_box


@graph_asset(graph.MODEL_INPUTS, kinds={"numpy"}, group="style")
def model_inputs(item: Item) -> Made:
    """What the networks get to see, by two recipes: content (the composite) and style (the scene).

    `left` is the whole picture, longest side 1024; `right` a square around the object, 256 pixels.
    """
    composite = item.picture("composites")
    box = object_box(item.matte())
    style, style_box = style_picture(item, composite, box)
    inputs = make_model_inputs(composite, box, style, item.settings.recipes, style_box=style_box)
    return Made(write_model_inputs(inputs))


@graph_asset(
    graph.STYLIZED_MAGENTA,
    kinds={"tensorflow"},
    group="style",
    together=lambda settings: settings.magenta.batch_size,
)
def stylized_magenta(items: Sequence[Item]) -> list[Made]:
    """The composite repainted by Google Magenta's network in the style of its surroundings.

    No result by itself: `harmonized` takes from it how colors and tones should change. Several
    images go through the network in one call.
    """
    return [Made(files) for files in magenta_files(items)]


@graph_asset(graph.STYLIZED_VGG19, kinds={"tensorflow"}, group="style", one_by_one=True)
def stylized_vgg19(item: Item) -> Made:
    """The composite's pixels optimized until VGG19 sees them in the style of the surroundings.

    Neural style transfer as Gatys described it; `loss` is what was left of it, and the loss curve
    shows how it fell. Without VGG19's weights this is an empty result that says how to get them,
    and all else works.
    """
    try:
        vgg19 = load_vgg19(item.settings.vgg19.weights)
    except ModelUnavailableError as error:
        return Made(empty=str(error))
    region, told = vgg19_region(item), report_steps(item.key)
    result = stylize_vgg19(
        region.content,
        region.style,
        vgg19,
        item.settings.vgg19,
        start_mask=region.object,
        style_mask=region.style_mask,
        on_progress=lambda step: told(step.loss, step.fraction_done),
    )
    if not result.losses:
        return Made(empty="the composite has the style of its surroundings already")
    return Made(
        {
            ".png": in_composite(item, region.window, result.image),
            ".json": result.losses,
            ".loss.png": plot_loss(result.losses),
        },
        {"loss": result.loss, "evaluations": result.evaluations, "ended": result.stop_reason},
    )
