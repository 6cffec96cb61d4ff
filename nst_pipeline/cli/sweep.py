"""`nst sweep`: a picture under many weights on one sheet, because weights are found by looking."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from nst_pipeline.cli.files import check_png, read_picture, settings_here, write_file
from nst_pipeline.cli.output import Json, bars, finish
from nst_pipeline.cli.stylize import by_vgg19
from nst_pipeline.errors import SettingError
from nst_pipeline.publish.contact_sheet import contact_sheet
from nst_pipeline.settings import Vgg19Settings, load_section
from nst_pipeline.vision.image_io import encode_png
from nst_pipeline.vision.resize import fitted
from nst_pipeline.vision.shapes import Rgb

_CONTENT_WEIGHTS, _STYLE_WEIGHTS = "2.5e-9,2.5e-8,2.5e-7", "1e-7,1e-6,1e-5"
"""A tenth of the defaults, the defaults, ten times as much."""


def _numbers(given: str, option: str) -> list[float]:
    try:
        numbers = [float(part) for part in given.split(",")]
    except ValueError:
        raise SettingError(f"{option} {given}: give numbers with commas between them") from None
    return numbers


def _grid(
    settings: Vgg19Settings, contents: list[float], styles: list[float]
) -> Iterator[tuple[float, float, Vgg19Settings]]:
    """A row for each content weight, a column for each style weight."""
    for content in contents:
        for style in styles:
            weights = {"content_weight": content, "style_weight": style}
            checked = load_section(Vgg19Settings, settings.model_dump() | weights, "vgg19")
            yield content, style, checked


def sweep(
    content: Annotated[Path, typer.Option(help="The picture to repaint.")],
    style: Annotated[Path, typer.Option(help="The picture whose style it takes.")],
    out: Annotated[Path, typer.Option(help="The sheet (PNG).")],
    content_weights: Annotated[str, typer.Option(help="One row each.")] = _CONTENT_WEIGHTS,
    style_weights: Annotated[str, typer.Option(help="One column each.")] = _STYLE_WEIGHTS,
    mode: Annotated[str, typer.Option(help="artistic or photographic.")] = "artistic",
    cell: Annotated[int, typer.Option(help="Side of a picture on the sheet, pixels.")] = 320,
    as_json: Json = False,
) -> None:
    """Stylise one picture by VGG19 with a grid of weights, and lay the results on one sheet."""
    check_png(out)
    settings = load_section(
        Vgg19Settings, settings_here().vgg19.model_dump() | {"mode": mode}, "vgg19"
    )
    contents = _numbers(content_weights, "--content-weights")
    styles = _numbers(style_weights, "--style-weights")
    start, look = fitted(read_picture(content), max(cell, settings.side)), read_picture(style)
    pictures: list[tuple[str, Rgb]] = []
    done = []
    with bars() as progress:
        for heavy, strong, weighted in _grid(settings, contents, styles):
            label = f"content {heavy:g}, style {strong:g}"
            made = by_vgg19(start, look, weighted, progress, name=label)
            pictures.append((label, made.image))
            done.append({"content": heavy, "style": strong, "loss": f"{made.loss:.5g}"})
    sheet = contact_sheet(pictures, columns=len(styles), cell_px=cell)
    write_file(out, encode_png(sheet))
    finish(done, {}, as_json=as_json)
