"""The asset `stylized_vgg19`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.pipeline.engine.asset import GalleryPicture, Presentation, define_asset
from nst_pipeline.pipeline.engine.item import Item, Made
from nst_pipeline.pipeline.engine.pictures import beside_picture, in_turn, single_picture
from nst_pipeline.pipeline.engine.progress import report_steps
from nst_pipeline.pipeline.steps.composites import composites, read_matte
from nst_pipeline.pipeline.steps.scene_photos import OPENS, scene_photos
from nst_pipeline.publish.plots import plot_loss
from nst_pipeline.settings import Settings
from nst_pipeline.storage import artifact_files as files
from nst_pipeline.storage.records import Losses
from nst_pipeline.style.object_ring import object_ring
from nst_pipeline.style.stylize_vgg19 import stylize_vgg19
from nst_pipeline.style.vgg19 import load_vgg19, weights_digest
from nst_pipeline.vision.shapes import Box, Matte, Rgb

_WITHOUT_WEIGHTS = "none"


def _vgg19_digest(settings: Settings) -> dict[str, str]:
    """Digest VGG19's weights; `none` if there are none, which makes the artifacts empty."""
    try:
        return {"vgg19": weights_digest(settings.vgg19.weights)}
    except ModelUnavailableError:
        return {"vgg19": _WITHOUT_WEIGHTS}


@dataclass(frozen=True)
class _Region:
    """VGG19's inputs: the object with its ring, cut out of the composite.

    `content` is the composite within `window`, and `object` its matte. `style` is the scene
    without the sticker, whole or within the window; `style_mask` marks the part that counts.
    """

    window: Box
    content: Rgb
    object: Matte
    style: Rgb
    style_mask: Matte


def _region(item: Item) -> _Region:
    """Cut out the object with its ring, and the style of `vgg19.style_region`."""
    matte, scene = read_matte(item), item.photo("scenes")
    ring = object_ring(matte)
    window = ring.window
    content = item.picture(composites)[window.slices]
    if item.settings.vgg19.style_region == "scene":
        return _Region(window, content, ring.matte, scene, np.ones_like(matte))
    return _Region(window, content, ring.matte, scene[window.slices], ring.mask)


def _in_composite(item: Item, window: Box, picture: Rgb) -> Rgb:
    whole = item.picture(composites).copy()
    whole[window.slices] = picture
    return whole


@define_asset(
    phase="scenes",
    inbox="scenes",
    group="style",
    kinds={"tensorflow"},
    upstream=(scene_photos, composites),
    settings=("vgg19",),
    models=_vgg19_digest,
    code_version="2",
    exclusive=True,
    checks=(OPENS,),
    presentation=Presentation(
        pictures=in_turn(
            beside_picture(composites.name, {"before and after": (files.PICTURE, files.PICTURE)}),
            single_picture("loss curve", files.LOSS_CURVE),
        ),
        gallery=(GalleryPicture("vgg19", "VGG19 optimization", files.PICTURE),),
    ),
)
def stylized_vgg19(item: Item) -> Made:
    """Optimize the composite's pixels to match the style of the surroundings in VGG19's features.

    This is neural style transfer as described by Gatys et al. `loss` is the final loss, and the
    loss curve plots it over the steps. Without VGG19's weights, the result is empty and says how
    to get them; everything else works.
    """
    try:
        vgg19 = load_vgg19(item.settings.vgg19.weights)
    except ModelUnavailableError as error:
        return Made(empty=str(error))
    region, report = _region(item), report_steps(item.key)
    result = stylize_vgg19(
        region.content,
        region.style,
        vgg19,
        item.settings.vgg19,
        start_mask=region.object,
        style_mask=region.style_mask,
        on_progress=lambda step: report(step.loss, step.fraction_done),
    )
    if not result.losses:
        return Made(empty="the composite already has the style of its surroundings")
    return Made(
        {
            files.PICTURE: _in_composite(item, region.window, result.image),
            files.RECORD: Losses(tuple(result.losses)),
            files.LOSS_CURVE: plot_loss(result.losses),
        },
        {"loss": result.loss, "evaluations": result.evaluations, "ended": result.stop_reason},
    )
