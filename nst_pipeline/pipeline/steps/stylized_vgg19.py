"""The asset `stylized_vgg19`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.pipeline.engine.asset import GalleryPicture, Presentation, define_asset
from nst_pipeline.pipeline.engine.item import Item, Made
from nst_pipeline.pipeline.engine.pictures import in_turn, single_picture
from nst_pipeline.pipeline.engine.progress import report_steps
from nst_pipeline.pipeline.engine.workspace import Workspace
from nst_pipeline.pipeline.steps.composites import composites, read_matte
from nst_pipeline.pipeline.steps.model_inputs import (
    RECIPES,
    model_inputs,
    read_model_input,
    right_window,
)
from nst_pipeline.pipeline.steps.scene_photos import OPENS, scene_photos
from nst_pipeline.publish.plots import plot_losses
from nst_pipeline.publish.thumbnails import before_after
from nst_pipeline.settings import Settings, Vgg19Settings, VggPicture
from nst_pipeline.storage import artifact_files as files
from nst_pipeline.storage.catalog import Row
from nst_pipeline.storage.records import Losses, OptimizedRecord
from nst_pipeline.storage.store import Content
from nst_pipeline.style.object_ring import object_ring
from nst_pipeline.style.recipes import Recipe
from nst_pipeline.style.stylize_vgg19 import Vgg19Result, stylize_vgg19
from nst_pipeline.style.vgg import load_vgg, resolve_network, vgg_digest
from nst_pipeline.vision.images.dtype import to_uint8
from nst_pipeline.vision.shapes import Matte, Picture, Rgb

_WITHOUT_WEIGHTS = "none"


def vgg_digests(settings: Settings) -> dict[str, str]:
    """Digest the weights by the network's name; `none` makes the artifacts empty."""
    try:
        digest = vgg_digest(settings.vgg19)
    except ModelUnavailableError:
        digest = _WITHOUT_WEIGHTS
    return {resolve_network(settings.vgg19): digest}


@dataclass(frozen=True)
class _Problem:
    """A picture to optimize.

    `start_mask` and `style_mask` are None where everything counts. `finish` turns the result into
    the picture to keep.
    """

    start: Rgb
    style: Rgb
    settings: Vgg19Settings
    start_mask: Matte | None = None
    style_mask: Matte | None = None
    finish: Callable[[Rgb], Rgb] = lambda result: result


def _object_problem(item: Item) -> _Problem:
    """Cut out the object with its ring; the style is what `vgg19.style_region` says."""
    matte, scene, composite = read_matte(item), item.photo("scenes"), item.picture(composites)
    ring, settings = object_ring(matte), item.settings.vgg19
    window = ring.window.slices

    def finish(result: Rgb) -> Rgb:
        whole = composite.copy()
        whole[window] = result
        return whole

    is_ring = settings.style_region == "ring"
    return _Problem(
        composite[window],
        scene[window] if is_ring else scene,
        settings,
        start_mask=ring.matte,
        style_mask=ring.mask if is_ring else None,
        finish=finish,
    )


def _recipe_problem(recipe: Recipe) -> Callable[[Item], _Problem]:
    """Take content and style of a recipe, as Magenta does, for the method of Gatys et al."""

    def problem(item: Item) -> _Problem:
        source = read_model_input(item, recipe)
        settings = item.settings.vgg19.model_copy(update={"mode": "artistic"})
        return _Problem(to_uint8(source.content[0]), to_uint8(source.style[0]), settings)

    return problem


_PROBLEMS: Mapping[VggPicture, Callable[[Item], _Problem]] = {
    "object": _object_problem,
    **{recipe: _recipe_problem(recipe) for recipe in RECIPES},
}
"""By the name in `vgg19.pictures`."""
_FILES: Mapping[VggPicture, str] = {
    "object": files.PICTURE,
    **{recipe: files.stylized(recipe) for recipe in RECIPES},
}


def _optimized(problem: _Problem, name: str) -> Vgg19Result:
    report = report_steps(name)
    return stylize_vgg19(
        problem.start,
        problem.style,
        load_vgg(problem.settings),
        problem.settings,
        start_mask=problem.start_mask,
        style_mask=problem.style_mask,
        on_progress=lambda step: report(step.loss, step.fraction_done),
    )


def _pictures(workspace: Workspace, row: Row) -> dict[str, Picture]:
    """Show each picture that was made to the right of what it was made from."""
    read, shown = workspace.store.picture, dict[str, Picture]()
    if files.PICTURE in row.files:
        before = read(composites.name, row.key)
        shown["before and after"] = before_after(before, read(row.asset, row.key))
    for recipe in RECIPES:
        if files.stylized(recipe) in row.files:
            before = read(model_inputs.name, row.key, files.model_input(recipe, "content"))
            after = read(row.asset, row.key, files.stylized(recipe))
            shown[f"{recipe}: before and after"] = before_after(before, after)
    return shown


@define_asset(
    phase="scenes",
    inbox="scenes",
    group="style",
    kinds={"tensorflow"},
    upstream=(scene_photos, composites, model_inputs),
    settings=("vgg19",),
    models=vgg_digests,
    code_version="3",
    exclusive=True,
    checks=(OPENS,),
    presentation=Presentation(
        pictures=in_turn(_pictures, single_picture("loss curves", files.LOSS_CURVE)),
        gallery=(
            GalleryPicture(
                "vgg19",
                "VGG optimization",
                files.PICTURE,
                made_by="network",
            ),
            GalleryPicture(
                "vgg19-left",
                "VGG optimization, recipe left",
                files.stylized("left"),
                made_by="network",
                explains_absence=False,
            ),
            GalleryPicture(
                "vgg19-right",
                "VGG optimization, recipe right",
                files.stylized("right"),
                window=right_window,
                made_by="network",
                explains_absence=False,
            ),
        ),
    ),
)
def stylized_vgg19(item: Item) -> Made:
    """Optimize the composite's pixels to match the style of the surroundings in VGG's features.

    This is neural style transfer as described by Gatys et al., for both recipes, and for the
    object alone if `vgg19.pictures` lists it. `network` says which network it was: VGG19 if its
    weights are here, else the VGG16 that comes with the installation. The curves plot each
    picture's loss over the steps.
    """
    if not item.settings.vgg19.pictures:
        return Made(empty="the setting vgg19.pictures lists none")
    try:
        vgg = load_vgg(item.settings.vgg19)
    except ModelUnavailableError as error:
        return Made(empty=str(error))
    made, results = dict[str, Content](), dict[str, Vgg19Result]()
    for name in item.settings.vgg19.pictures:
        problem = _PROBLEMS[name](item)
        result = _optimized(problem, f"{item.key}, {name}")
        if result.losses:
            made[_FILES[name]], results[name] = problem.finish(result.image), result
    if not made:
        return Made(empty="the composite already has the style of its surroundings")
    losses = {name: Losses(tuple(each.losses)) for name, each in results.items()}
    made[files.RECORD] = OptimizedRecord(network=vgg.name, losses=losses)
    made[files.LOSS_CURVE] = plot_losses({name: list(each) for name, each in losses.items()})
    figures: dict[str, float | str] = {"network": vgg.name}
    for part, each in results.items():
        figures |= {f"{part}: loss": each.loss, f"{part}: evaluations": each.evaluations}
        figures |= {f"{part}: ended": each.stop_reason}
    return Made(made, figures)
