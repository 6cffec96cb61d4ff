"""The asset `model_inputs`: the networks' inputs, prepared by both recipes."""

from __future__ import annotations

from typing import get_args

from upath import UPath

from nst_pipeline.errors import SettingError
from nst_pipeline.pipeline.engine.asset import Presentation, define_asset
from nst_pipeline.pipeline.engine.item import Item, Made
from nst_pipeline.pipeline.engine.pictures import beside_picture
from nst_pipeline.pipeline.engine.setting_files import file_digests
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.steps.composites import composites, read_matte
from nst_pipeline.pipeline.steps.scene_photos import scene_photos
from nst_pipeline.settings import Settings
from nst_pipeline.storage import artifact_files as files
from nst_pipeline.storage.records import ModelInputsRecord, RecipeRecord
from nst_pipeline.storage.store import Content
from nst_pipeline.style.recipes import (
    ModelInput,
    Recipe,
    Tensor,
    crop_surroundings,
    prepare_model_inputs,
)
from nst_pipeline.vision.images.codecs import decode_photo
from nst_pipeline.vision.images.dtype import to_float, to_uint8
from nst_pipeline.vision.images.regions import object_box
from nst_pipeline.vision.shapes import Box, Rgb

RECIPES: tuple[Recipe, ...] = get_args(Recipe)


def _style_digest(settings: Settings) -> dict[str, str]:
    return file_digests(style=settings.recipes.style)


def _recipe_record(made: ModelInput) -> RecipeRecord:
    return RecipeRecord(window=made.window, low=made.low, high=made.high)


def read_model_input(item: Item, recipe: Recipe) -> ModelInput:
    """Read one recipe's content and style, and the content's place in the composite."""
    record = item.record(ModelInputsRecord, model_inputs).of_recipe(recipe)

    def tensor(name: str) -> Tensor:
        # Not kept in memory: no other asset reads them.
        return to_float(item.snapshot.picture(model_inputs, item.key, name, keep=False))[None]

    content = tensor(files.model_input(recipe, "content"))
    style = tensor(files.model_input(recipe, "style"))
    return ModelInput(content, style, record.window, record.low, record.high)


def _style_picture(item: Item, composite: Rgb, box: Box) -> tuple[Rgb, Box | None]:
    """Return the style picture of `recipes.style`, and the object's box if the object is in it.

    Raises
    ------
    SettingError
        The setting names a file that cannot be read.
    UnreadableImageError
        The file is not a picture.
    """
    style = item.settings.recipes.style
    if style == "composite":
        return composite, box
    if style == "scene":
        return item.photo("scenes"), None
    if style == "ring":
        return crop_surroundings(item.photo("scenes"), box), None
    return _read_style_file(style, item.settings.ingest.max_megapixels), None


def _read_style_file(path: str, max_megapixels: float) -> Rgb:
    try:
        data = UPath(path).read_bytes()
    except OSError as error:
        raise SettingError(
            f"setting recipes.style: {path} cannot be read ({error.strerror}): give `ring`, "
            "`scene`, `composite`, or the path of a picture"
        ) from error
    return decode_photo(data, name=path, max_megapixels=max_megapixels)


@define_asset(
    phase="scenes",
    inbox="scenes",
    group="style",
    kinds={"numpy"},
    upstream=(scene_photos, composites),
    settings=("recipes",),
    models=_style_digest,
    code_version="2",
    presentation=Presentation(
        pictures=beside_picture(
            "model_inputs",
            {
                f"{recipe}: content and style": (
                    files.model_input(recipe, "content"),
                    files.model_input(recipe, "style"),
                )
                for recipe in RECIPES
            },
        )
    ),
)
def model_inputs(item: Item) -> Made:
    """Prepare the networks' inputs by two recipes: content (composite) and style (scene).

    `left` is the whole picture with a longest side of 1024 pixels; `right` is a square around the
    object with a side of 256 pixels.
    """
    composite = item.picture(composites)
    box = object_box(read_matte(item))
    style, style_box = _style_picture(item, composite, box)
    inputs = prepare_model_inputs(composite, box, style, item.settings.recipes, style_box=style_box)
    made: dict[str, Content] = {}
    for recipe, each in inputs.items():
        made[files.model_input(recipe, "content")] = to_uint8(each.content[0])
        made[files.model_input(recipe, "style")] = to_uint8(each.style[0])
    made[files.RECORD] = ModelInputsRecord(
        left=_recipe_record(inputs["left"]), right=_recipe_record(inputs["right"])
    )
    return Made(made)


def right_window(snapshot: Snapshot, key: str) -> Box | None:
    """Return the square of the scene that the recipe `right` shows."""
    return snapshot.record(ModelInputsRecord, model_inputs, key).right.window
