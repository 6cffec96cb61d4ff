"""`nst compose`: paste stickers on a photo."""

from __future__ import annotations

import re
from dataclasses import replace
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
from nst_pipeline.storage.records import read_provenance
from nst_pipeline.style.scene_layout import load_layout_network
from nst_pipeline.style.tries import judge_in_preview
from nst_pipeline.vision.compose.composite import compose as paste
from nst_pipeline.vision.harmonize.tone import tone_shadows
from nst_pipeline.vision.images.color import mean_lab
from nst_pipeline.vision.images.dtype import to_uint8
from nst_pipeline.vision.images.png import encode_png
from nst_pipeline.vision.place.choose import LibrarySticker
from nst_pipeline.vision.place.plan import Planned, plan
from nst_pipeline.vision.shading.mirror import match_light
from nst_pipeline.vision.shading.scene_light import scene_light
from nst_pipeline.vision.shapes import Detection, Rgb, Rgba


def _described(path: Path, pixels: Rgba) -> LibrarySticker:
    """Describe a sticker's file."""
    record = read_provenance(path)
    label = record.label if record else re.sub(r"[\W\d_]+", " ", path.stem).strip()
    return LibrarySticker(
        str(path),
        str(path),
        pixels.shape[1],
        pixels.shape[0],
        quality=1.0,
        label=label,
        height_m=record.height_m if record else None,
        lab=mean_lab(pixels),
        **{f"touches_{edge}": True for edge in (record.cut_by if record else ())},
    )


def _plan(
    scene: Rgb, pixels: dict[str, Rgba], settings: PlacementSettings, name: str
) -> tuple[Planned, ...]:
    """Plan all stickers, those that do not fit in their real size in a medium one."""
    layout = load_layout_network()(scene)
    library = [_described(Path(file), each) for file, each in pixels.items()]
    # How well they were cut out is not known, but the same for all their places.
    judge = judge_in_preview(scene, settings, pixels.__getitem__, lambda _: 1.0)
    found = plan(scene, layout, library, [], settings, scene_key=name, judge=judge)
    left = [
        replace(each, label="", height_m=None) for each in library if each.sticker in found.refused
    ]
    taken = [Detection(each.placement.box, "", 1.0, "") for each in found.planned]
    more = plan(scene, layout, left, taken, settings, scene_key=name, judge=judge)
    return (*found.planned, *more.planned)


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
    """Paste stickers on a photo at plausible positions and sizes.

    What a sticker shows, and so its size, is told by the file if `nst` cut it out, or else by its
    name, such as cup.png. If it does not fit in its real size, it gets a medium one.
    """
    check_png(out)
    check_not_input(out, (scene, *sticker))
    settings = current_settings().placement.model_copy(
        # Whoever names a sticker wants it there: the best place will do.
        update={"seed": seed, "stickers_per_scene": len(sticker), "min_plausibility": 0.0}
    )
    picture = read_picture(scene)
    pixels = {str(path): read_sticker(path) for path in sticker}
    planned = _plan(picture, pixels, settings, scene.name)
    placed = [each.placement for each in planned]
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
        [
            {"sticker": each.sticker, **vars(each.box), "place": told.why}
            for each, told in zip(placed, planned, strict=True)
        ],
        {
            name: "does not fit on the scene: try another --seed, or a smaller "
            "placement.min_height_fraction"
            for name in pixels
            if name not in {each.sticker for each in placed}
        },
        as_json=as_json,
    )
