"""`nst compose`: paste stickers on a photo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from nst_pipeline.cli.files import (
    check_not_input,
    check_png,
    read_bytes,
    read_picture,
    settings_here,
    write_file,
)
from nst_pipeline.cli.output import Json, finish
from nst_pipeline.errors import NstError
from nst_pipeline.vision.compose.composite import compose as lay
from nst_pipeline.vision.images.codecs import decode_alpha
from nst_pipeline.vision.images.color import mean_lab
from nst_pipeline.vision.images.dtype import to_uint8
from nst_pipeline.vision.images.png import encode_png
from nst_pipeline.vision.place.choose import LibrarySticker
from nst_pipeline.vision.place.plan import plan
from nst_pipeline.vision.shapes import Rgba


def _read_sticker(path: Path) -> Rgba:
    alpha = decode_alpha(read_bytes(path))
    if alpha is None:
        raise NstError(f"{path} has no transparency: cut the object out with `nst cutout` first")
    if not alpha.any():
        raise NstError(f"{path} is transparent all over: there is nothing to paste")
    return np.dstack([read_picture(path), to_uint8(alpha)])


def compose(
    scene: Annotated[Path, typer.Option(help="The photo to paste on.")],
    sticker: Annotated[list[Path], typer.Option(help="RGBA PNG; may be given several times.")],
    out: Annotated[Path, typer.Option(help="The composite (PNG); its mask is put beside it.")],
    seed: Annotated[int, typer.Option(help="Another seed, other places.")] = 0,
    as_json: Json = False,
) -> None:
    """Paste stickers on a photo, at a plausible place and scale."""
    check_png(out)
    check_not_input(out, (scene, *sticker))
    settings = settings_here().placement.model_copy(
        update={"seed": seed, "stickers_per_scene": len(sticker)}
    )
    picture = read_picture(scene)
    pixels = {str(path): _read_sticker(path) for path in sticker}
    known = [
        LibrarySticker(name, name, each.shape[1], each.shape[0], quality=1.0, lab=mean_lab(each))
        for name, each in pixels.items()
    ]
    placed = plan(picture, known, [], settings, scene_key=scene.name)
    layers = [(each, pixels[each.sticker]) for each in placed]
    composite = lay(picture, layers, shadow=settings.shadow)
    if placed:
        write_file(out, encode_png(composite.image))
        mask = encode_png(to_uint8(composite.matte))
        write_file(out.with_name(f"{out.stem}.mask.png"), mask)
    finish(
        [{"sticker": each.sticker, **vars(each.box)} for each in placed],
        {
            name: "found no room on the scene: try another seed, or a smaller "
            "placement.min_height_fraction"
            for name in pixels
            if name not in {each.sticker for each in placed}
        },
        as_json=as_json,
    )
