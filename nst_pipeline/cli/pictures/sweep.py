"""`nst sweep`: a picture under many weights on one sheet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from nst_pipeline.cli.output import Json, bars, finish
from nst_pipeline.cli.pictures.files import check_png, current_settings, read_picture, write_file
from nst_pipeline.cli.pictures.stylize import by_vgg19
from nst_pipeline.errors import SettingError
from nst_pipeline.publish.sweep_sheet import CONTENT_WEIGHTS, STYLE_WEIGHTS, sweep_weights
from nst_pipeline.settings import Vgg19Settings, load_section
from nst_pipeline.style.stylize_vgg19 import Vgg19Result
from nst_pipeline.vision.images.png import encode_png
from nst_pipeline.vision.images.resize import shrink_to_fit


def _listed(numbers: Sequence[float]) -> str:
    return ",".join(f"{number:g}" for number in numbers)


def _numbers(given: str, option: str) -> list[float]:
    try:
        return [float(part) for part in given.split(",")]
    except ValueError:
        raise SettingError(f"{option} {given}: give numbers with commas between them") from None


def sweep(
    content: Annotated[Path, typer.Option(help="The picture to repaint.")],
    style: Annotated[Path, typer.Option(help="The picture whose style it takes.")],
    out: Annotated[Path, typer.Option(help="The sheet (PNG).")],
    content_weights: Annotated[str, typer.Option(help="One row each.")] = _listed(CONTENT_WEIGHTS),
    style_weights: Annotated[str, typer.Option(help="One column each.")] = _listed(STYLE_WEIGHTS),
    mode: Annotated[str, typer.Option(help="artistic or photographic.")] = "artistic",
    cell: Annotated[int, typer.Option(help="Side of a picture on the sheet, pixels.")] = 320,
    as_json: Json = False,
) -> None:
    """Stylize one picture by VGG19 with a grid of weights, and lay the results on one sheet."""
    check_png(out)
    given = current_settings().vgg19.model_dump() | {"mode": mode}
    settings = load_section(Vgg19Settings, given, "vgg19")
    rows = _numbers(content_weights, "--content-weights")
    columns = _numbers(style_weights, "--style-weights")
    start = shrink_to_fit(read_picture(content), max(cell, settings.side))
    look = read_picture(style)
    with bars() as progress:

        def stylize(label: str, chosen: Vgg19Settings) -> Vgg19Result:
            return by_vgg19(start, look, chosen, progress, name=label)

        made = sweep_weights(settings, rows, columns, stylize, cell_px=cell)
    write_file(out, encode_png(made.sheet))
    finish([each | {"loss": f"{each['loss']:.5g}"} for each in made.cells], {}, as_json=as_json)
