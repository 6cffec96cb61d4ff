"""`nst stylize`: a picture in another's style, by Magenta or VGG."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.progress import Progress as ProgressBars

from nst_pipeline.cli.options import setting_option
from nst_pipeline.cli.output import Json, bars, busy, finish
from nst_pipeline.cli.pictures.files import check_png, current_settings, read_picture, write_file
from nst_pipeline.settings import MagentaSettings, StylizeMode, Vgg19Settings
from nst_pipeline.style.magenta import load_magenta
from nst_pipeline.style.optimize.progress import OptimizationStep
from nst_pipeline.style.optimize.search import Pixels
from nst_pipeline.style.stylize_vgg19 import Vgg19Result, stylize_vgg19
from nst_pipeline.style.vgg import load_vgg, resolve_network
from nst_pipeline.vision.images.dtype import round_to_uint8
from nst_pipeline.vision.images.png import encode_png
from nst_pipeline.vision.shapes import Rgb

Method = Literal["magenta", "vgg19"]

_PERCENT = 100


def _stylize_with_magenta(content: Rgb, style: Rgb, strength: float) -> Rgb:
    magenta = load_magenta(current_settings().magenta.handle)
    (result,) = magenta.stylize([content], [style], strength=strength)
    return result.astype("uint8", copy=False)


def _write_frame(folder: Path, number: int, picture: Pixels) -> None:
    write_file(folder / f"{number:04d}.png", encode_png(round_to_uint8(picture)))


def optimize_with_vgg19(
    content: Rgb,
    style: Rgb,
    settings: Vgg19Settings,
    display: ProgressBars,
    *,
    name: str = "optimizing",
    frames: Path | None = None,
) -> Vgg19Result:
    """Optimize a picture with VGG, showing a bar with the loss and the time left.

    Parameters
    ----------
    content
        (height, width, 3) uint8, RGB.
    style
        uint8, RGB.
    settings
        Network, mode and size.
    display
        Progress bars to which to add one.
    name
        Label of the bar.
    frames
        Folder to write the picture to after every step, at the size of that step.

    Raises
    ------
    ModelUnavailableError
        The network is missing.
    """
    network = load_vgg(settings)
    task = display.add_task(name, total=_PERCENT)
    numbers = itertools.count(1)

    def on_progress(step: OptimizationStep) -> None:
        done = round(_PERCENT * step.fraction_done)
        display.update(task, completed=done, description=f"{name}, loss {step.loss:.4g}")
        if frames:
            _write_frame(frames, next(numbers), step.picture)

    result = stylize_vgg19(content, style, network, settings, on_progress=on_progress)
    display.update(task, completed=_PERCENT)
    return result


def stylize(
    content: Annotated[Path, typer.Option(help="Picture to repaint.")],
    style: Annotated[Path, typer.Option(help="Picture whose style it takes.")],
    out: Annotated[Path, typer.Option(help="Output PNG.")],
    method: Annotated[Method, typer.Option(help="Network to use.")] = "magenta",
    strength: Annotated[
        float, setting_option(MagentaSettings, "strength", only_for="magenta")
    ] = MagentaSettings().strength,
    mode: Annotated[
        StylizeMode, setting_option(Vgg19Settings, "mode", only_for="vgg19")
    ] = "artistic",
    frames: Annotated[
        Path | None,
        typer.Option(help="Folder for the picture after each step. Only with --method vgg19."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Repaint a whole picture in the style of another."""
    check_png(out)
    pictures = read_picture(content), read_picture(style)
    row = {"result": str(out), "method": method}
    if method == "magenta":
        with busy("stylizing with Magenta"):
            result = _stylize_with_magenta(*pictures, strength)
    else:
        settings = current_settings().vgg19.model_copy(update={"mode": mode})
        with bars() as display:
            made = optimize_with_vgg19(*pictures, settings, display, frames=frames)
        result = made.image
        row |= {"network": resolve_network(settings)}
        row |= {"loss": f"{made.loss:.5g}", "evaluations": str(made.evaluations)}
    write_file(out, encode_png(result))
    finish([row], {}, as_json=as_json)
