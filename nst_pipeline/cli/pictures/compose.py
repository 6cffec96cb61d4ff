"""`nst compose`: paste stickers on a photo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nst_pipeline.cli.options import setting_option
from nst_pipeline.cli.output import Json, finish
from nst_pipeline.cli.pictures.files import (
    check_not_input,
    check_png,
    current_settings,
    read_picture,
    read_sticker,
    write_file,
)
from nst_pipeline.settings import PlacementSettings
from nst_pipeline.storage.pictures import MASK
from nst_pipeline.vision.compose.composite import compose as paste
from nst_pipeline.vision.harmonize.tone import tone_shadows
from nst_pipeline.vision.images.color import mean_lab
from nst_pipeline.vision.images.dtype import to_uint8
from nst_pipeline.vision.images.png import encode_png
from nst_pipeline.vision.place.choose import LibrarySticker
from nst_pipeline.vision.place.plan import plan
from nst_pipeline.vision.shading.mirror import match_light
from nst_pipeline.vision.shading.scene_light import scene_light


def compose(
    scene: Annotated[Path, typer.Option(help="Photo to paste on.")],
    sticker: Annotated[
        list[Path],
        typer.Option(metavar="FILE", help="Picture with transparency (PNG); repeatable."),
    ],
    out: Annotated[
        Path, typer.Option(help="Output PNG; its mask is written beside it as NAME.mask.png.")
    ],
    seed: Annotated[int, setting_option(PlacementSettings, "seed")] = PlacementSettings().seed,
    as_json: Json = False,
) -> None:
    """Paste stickers on a photo at plausible positions and sizes."""
    check_png(out)
    check_not_input(out, (scene, *sticker))
    settings = current_settings().placement.model_copy(
        update={"seed": seed, "stickers_per_scene": len(sticker)}
    )
    picture = read_picture(scene)
    pixels = {str(path): read_sticker(path) for path in sticker}
    library = [
        LibrarySticker(name, name, each.shape[1], each.shape[0], quality=1.0, lab=mean_lab(each))
        for name, each in pixels.items()
    ]
    placed = plan(picture, library, [], settings, scene_key=scene.name)
    light = scene_light(picture, settings.cast_shadow)
    if settings.match_light:
        placed = [
            match_light(each, pixels[each.sticker], "", lambda: light.side)[0] for each in placed
        ]
    layers = [(each, pixels[each.sticker]) for each in placed]
    composite = paste(
        picture, layers, shadow=settings.shadow, sunlit=light.sunlit, bounce=settings.bounce
    )
    composite = tone_shadows(composite, picture)
    if placed:
        write_file(out, encode_png(composite.image))
        mask = encode_png(to_uint8(composite.matte))
        write_file(out.with_name(f"{out.stem}{MASK}.png"), mask)
    finish(
        [{"sticker": each.sticker, **vars(each.box)} for each in placed],
        {
            name: "does not fit on the scene: try another --seed, or a smaller "
            "placement.min_height_fraction"
            for name in pixels
            if name not in {each.sticker for each in placed}
        },
        as_json=as_json,
    )
