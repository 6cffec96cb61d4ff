"""The networks' inputs on disk, and the style picture that the settings ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import get_args

import numpy as np
from upath import UPath

from nst_pipeline.errors import SettingError
from nst_pipeline.pipeline.engine.item import Item
from nst_pipeline.storage.store import Content
from nst_pipeline.style.magenta import load_magenta
from nst_pipeline.style.proposals import RING_REACH
from nst_pipeline.style.recipes import ModelInput, Recipe, crop_surroundings
from nst_pipeline.vision.images.codecs import decode_photo
from nst_pipeline.vision.images.dtype import to_float, to_uint8
from nst_pipeline.vision.images.regions import object_box, ring_mask
from nst_pipeline.vision.shapes import Box, Matte, Rgb

RECIPES: tuple[Recipe, ...] = get_args(Recipe)


def write_model_inputs(inputs: Mapping[Recipe, ModelInput]) -> dict[str, Content]:
    """Both recipes' pictures as PNGs, and where they came from as JSON."""
    files: dict[str, Content] = {}
    for recipe, made in inputs.items():
        files[f".{recipe}.content.png"] = to_uint8(made.content[0])
        files[f".{recipe}.style.png"] = to_uint8(made.style[0])
    files[".json"] = {
        recipe: {"window": asdict(made.window), "low": made.low, "high": made.high}
        for recipe, made in inputs.items()
    }
    return files


def read_model_input(item: Item, recipe: Recipe) -> ModelInput:
    """The reverse of `write_model_inputs`."""
    told = item.record("model_inputs")[recipe]
    store = item.view.workspace.store
    content, style = (
        to_float(store.picture("model_inputs", item.key, f".{recipe}.{part}.png", keep=False))[None]
        for part in ("content", "style")
    )
    return ModelInput(content, style, Box(**told["window"]), told["low"], told["high"])


def style_picture(item: Item, composite: Rgb, box: Box) -> tuple[Rgb, Box | None]:
    """The style picture of `recipes.style`, and the object's box in it if it shows the object.

    Raises:
        SettingError: the setting names a file that is not there or is no picture.
    """
    style = item.settings.recipes.style
    if style == "composite":
        return composite, box
    if style == "scene":
        return item.photo("scenes"), None
    if style == "ring":
        return crop_surroundings(item.photo("scenes"), box), None
    return read_style_file(style, item.settings.ingest.max_megapixels), None


def read_style_file(path: str, max_megapixels: float) -> Rgb:
    """A style picture of the user's own.

    Raises:
        SettingError: it is not there.
        UnreadableImageError: it is no picture.
    """
    try:
        data = UPath(path).read_bytes()
    except OSError as error:
        raise SettingError(
            f"setting recipes.style: {path} cannot be read ({error.strerror}): give `ring`, "
            "`scene`, `composite` or the path of a picture"
        ) from error
    return decode_photo(data, name=path, max_megapixels=max_megapixels)


def magenta_files(items: Sequence[Item]) -> list[dict[str, Content]]:
    """Magenta's pictures for both recipes, and of `right` in its own style."""
    settings = items[0].settings.magenta
    magenta = load_magenta(settings.handle)
    files: list[dict[str, Content]] = [{} for _ in items]
    for recipe in RECIPES:
        inputs = [read_model_input(item, recipe) for item in items]
        contents, styles = [i.content[0] for i in inputs], [i.style[0] for i in inputs]
        versions = {"": styles} | ({".self": contents} if recipe == "right" else {})
        for name, by in versions.items():
            pictures = magenta.stylize(
                contents, by, strength=settings.strength, batch_size=settings.batch_size
            )
            for made, picture in zip(files, pictures, strict=True):
                made[f".{recipe}{name}.png"] = to_uint8(picture)
    return files


@dataclass(frozen=True)
class Region:
    """What VGG19 works on: the object with its ring, cut out of the composite."""

    window: Box
    content: Rgb
    """The composite within the window."""
    object: Matte
    style: Rgb
    """The scene without the sticker, within the window or the whole of it."""
    style_mask: Matte


def vgg19_region(item: Item) -> Region:
    """The object and as much around it as `vgg19.style_region` takes its style from."""
    matte, scene = item.matte(), item.photo("scenes")
    window = object_box(matte, margin=RING_REACH)
    own = matte[window.slices]
    content = item.picture("composites")[window.slices]
    if item.settings.vgg19.style_region == "scene":
        return Region(window, content, own, scene, np.ones_like(matte))
    box = object_box(matte)
    reach = max(1, round(RING_REACH * max(box.width, box.height)))
    ring = ring_mask(own, reach).astype(np.float32)
    return Region(window, content, own, scene[window.slices], ring)


def in_composite(item: Item, window: Box, picture: Rgb) -> Rgb:
    """The composite with a picture of the window's size put back into it."""
    whole = item.picture("composites").copy()
    whole[window.slices] = picture
    return whole
