"""The asset `stylized_magenta`."""

from __future__ import annotations

from collections.abc import Sequence

from nst_pipeline.pipeline.engine.asset import GalleryPicture, Presentation, define_asset
from nst_pipeline.pipeline.engine.item import Item, Made
from nst_pipeline.pipeline.engine.pictures import beside_picture
from nst_pipeline.pipeline.steps.model_inputs import (
    RECIPES,
    model_inputs,
    read_model_input,
    right_window,
)
from nst_pipeline.settings import Settings
from nst_pipeline.storage import artifact_files as files
from nst_pipeline.storage.store import Content
from nst_pipeline.style.magenta import load_magenta, model_digest
from nst_pipeline.vision.images.dtype import to_uint8


def magenta_digest(settings: Settings) -> dict[str, str]:
    """Digest Magenta's network.

    Raises
    ------
    ModelUnavailableError
        It is not installed.
    """
    return {"magenta": model_digest(settings.magenta.handle)}


@define_asset(
    phase="scenes",
    inbox="scenes",
    group="style",
    kinds={"tensorflow"},
    upstream=(model_inputs,),
    settings=("magenta",),
    models=magenta_digest,
    batch_size=lambda settings: settings.magenta.batch_size,
    presentation=Presentation(
        pictures=beside_picture(
            model_inputs.name,
            {
                f"{recipe}: before and after": (
                    files.model_input(recipe, "content"),
                    files.stylized(recipe),
                )
                for recipe in RECIPES
            },
        ),
        gallery=(
            GalleryPicture("left", "Magenta, recipe left", files.stylized("left")),
            GalleryPicture(
                "right",
                "Magenta, recipe right",
                files.stylized("right"),
                window=right_window,
                explains_absence=False,
            ),
        ),
    ),
)
def stylized_magenta(items: Sequence[Item]) -> list[Made]:
    """Repaint the composite in the style of its surroundings, with Google Magenta's network.

    This is not a result by itself: `harmonized` uses only the change of colors and tones. One call
    of the network stylizes several images.
    """
    settings = items[0].settings.magenta
    magenta = load_magenta(settings.handle)
    made: list[dict[str, Content]] = [{} for _ in items]
    for recipe in RECIPES:
        inputs = [read_model_input(item, recipe) for item in items]
        contents, styles = [each.content[0] for each in inputs], [each.style[0] for each in inputs]
        styles_by_file = {files.stylized(recipe): styles}
        if recipe == "right":
            styles_by_file[files.stylized(recipe, by_itself=True)] = contents
        for name, wanted in styles_by_file.items():
            pictures = magenta.stylize(
                contents, wanted, strength=settings.strength, batch_size=settings.batch_size
            )
            for each, picture in zip(made, pictures, strict=True):
                each[name] = to_uint8(picture)
    return [Made(each) for each in made]
