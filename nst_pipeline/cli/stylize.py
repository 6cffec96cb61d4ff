"""`nst stylize`: a picture in another's style, by Magenta or VGG19."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nst_pipeline.cli.files import check_png, read_picture, settings_here, write_file
from nst_pipeline.cli.output import Json, bars, finish
from nst_pipeline.errors import SettingError
from nst_pipeline.style.magenta import load_magenta
from nst_pipeline.style.stylize_vgg19 import stylize_vgg19
from nst_pipeline.style.vgg19 import load_vgg19
from nst_pipeline.vision.image_io import encode_png
from nst_pipeline.vision.shapes import Rgb


def _by_magenta(content: Rgb, style: Rgb, strength: float) -> Rgb:
    magenta = load_magenta(settings_here().magenta.handle)
    (result,) = magenta.stylize([content], [style], strength=strength)
    return result.astype("uint8", copy=False)


def _by_vgg19(content: Rgb, style: Rgb) -> Rgb:
    settings = settings_here().vgg19
    network = load_vgg19(settings.weights)
    with bars() as progress:
        task = progress.add_task("optimising", total=1.0)
        return stylize_vgg19(
            content,
            style,
            network,
            settings,
            progress=lambda step: progress.update(task, completed=step.share_done),
        ).image


def stylize(
    content: Annotated[Path, typer.Option(help="The picture to repaint.")],
    style: Annotated[Path, typer.Option(help="The picture whose style it takes.")],
    out: Annotated[Path, typer.Option(help="The result (PNG).")],
    method: Annotated[str, typer.Option(help="magenta or vgg19.")] = "magenta",
    strength: Annotated[float, typer.Option(help="Magenta: 0 own style, 1 all.")] = 1.0,
    as_json: Json = False,
) -> None:
    """Repaint a whole picture in the style of another."""
    check_png(out)
    if method not in ("magenta", "vgg19"):
        raise SettingError(f"--method {method}: give magenta or vgg19")
    if not 0 <= strength <= 1:
        raise SettingError(f"--strength {strength}: give a number from 0 to 1")
    pictures = read_picture(content), read_picture(style)
    result = _by_magenta(*pictures, strength) if method == "magenta" else _by_vgg19(*pictures)
    write_file(out, encode_png(result))
    finish([{"result": str(out), "method": method}], {}, as_json=as_json)
