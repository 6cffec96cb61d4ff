"""`nst sweep`: stylize a picture with many pairs of weights, on one sheet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from nst_pipeline.api.inputs import open_colors
from nst_pipeline.api.results import write_file
from nst_pipeline.cli.options import setting_option
from nst_pipeline.cli.output import Json, bars, finish
from nst_pipeline.cli.pictures.files import check_out, current_settings
from nst_pipeline.cli.pictures.stylize import optimize
from nst_pipeline.errors import SettingError
from nst_pipeline.publish.sweep_sheet import CONTENT_WEIGHTS, STYLE_WEIGHTS, sweep_weights
from nst_pipeline.settings import StylizeMode, Vgg19Settings, load_section
from nst_pipeline.style.vgg import resolve_network
from nst_pipeline.vision.images.png import encode_png
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.shapes import Rgb


def _join(numbers: Sequence[float]) -> str:
    return ",".join(f"{number:g}" for number in numbers)


def _split(text: str, option: str) -> list[float]:
    """Parse comma-separated numbers.

    Raises
    ------
    SettingError
        A part is not a number.
    """
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise SettingError(f"{option} {text}: give numbers separated by commas") from None


def sweep(
    content: Annotated[Path, typer.Option(help="Picture to repaint.")],
    style: Annotated[Path, typer.Option(help="Picture whose style it takes.")],
    out: Annotated[Path, typer.Option(help="Output PNG.")],
    content_weights: Annotated[
        str,
        typer.Option(metavar="NUMBERS", help="Content weights, comma-separated: one row each."),
    ] = _join(CONTENT_WEIGHTS),
    style_weights: Annotated[
        str,
        typer.Option(metavar="NUMBERS", help="Style weights, comma-separated: one column each."),
    ] = _join(STYLE_WEIGHTS),
    mode: Annotated[StylizeMode, setting_option(Vgg19Settings, "mode")] = "artistic",
    cell: Annotated[
        int, typer.Option(min=1, help="Side of each picture on the sheet, in pixels.")
    ] = 320,
    as_json: Json = False,
) -> None:
    """Stylize a picture with VGG for a grid of weights, and lay out the results on one sheet."""
    check_out(out)
    current = current_settings()
    values = current.vgg19.model_dump() | {"mode": mode}
    settings = load_section(Vgg19Settings, values, "vgg19")
    contents = _split(content_weights, "--content-weights")
    styles = _split(style_weights, "--style-weights")
    content_picture = shrink_to_fit(open_colors(content, current), max(cell, settings.side))
    style_picture = open_colors(style, current)
    with bars() as display:

        def stylize(label: str, chosen: Vgg19Settings) -> tuple[Rgb, float]:
            own = current.model_copy(update={"vgg19": chosen})
            made = optimize(content_picture, style_picture, own, display, name=label)
            return made.picture, float(made.loss or 0)

        made = sweep_weights(settings, contents, styles, stylize, cell_px=cell)
    write_file(out, encode_png(made.sheet))
    network = {"network": resolve_network(settings)}
    rows = [each | {"loss": f"{each['loss']:.5g}"} | network for each in made.cells]
    finish(rows, {}, as_json=as_json)
