"""`nst stylize`: a picture in another's style, by Magenta or VGG."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress as ProgressBars

from nst_pipeline.api import StylizeResult
from nst_pipeline.api import stylize as stylize_picture
from nst_pipeline.api.inputs import PictureLike
from nst_pipeline.api.results import write_file
from nst_pipeline.api.stylizing import StyleNetwork
from nst_pipeline.cli.options import setting_option
from nst_pipeline.cli.output import Json, bars, busy, finish
from nst_pipeline.cli.pictures.files import check_out, current_settings
from nst_pipeline.settings import MagentaSettings, Settings, StylizeMode, Vgg19Settings
from nst_pipeline.style.optimize.progress import OptimizationStep
from nst_pipeline.style.optimize.search import Pixels
from nst_pipeline.vision.images.dtype import round_to_uint8
from nst_pipeline.vision.images.png import encode_png

_PERCENT = 100


def _write_frame(folder: Path, number: int, picture: Pixels) -> None:
    write_file(folder / f"{number:04d}.png", encode_png(round_to_uint8(picture)))


def optimize(
    content: PictureLike,
    style: PictureLike,
    settings: Settings,
    display: ProgressBars,
    *,
    name: str = "optimizing",
    frames: Path | None = None,
) -> StylizeResult:
    """Optimize a picture with VGG, showing a bar with the loss and the time left.

    Parameters
    ----------
    content, style, settings
        As in `nst_pipeline.api.stylize`.
    display
        Progress bars to which to add one.
    name
        Label of the bar.
    frames
        Folder to write the picture to after every step, at the size of that step.

    Raises
    ------
    NstError
        A picture cannot be read, or the network is missing.
    """
    task = display.add_task(name, total=_PERCENT)
    numbers = itertools.count(1)

    def on_step(step: OptimizationStep) -> None:
        done = round(_PERCENT * step.fraction_done)
        display.update(task, completed=done, description=f"{name}, loss {step.loss:.4g}")
        if frames:
            _write_frame(frames, next(numbers), step.picture)

    result = stylize_picture(content, style, "vgg19", settings=settings, on_step=on_step)
    display.update(task, completed=_PERCENT)
    return result


def stylize(
    content: Annotated[Path, typer.Option(help="Picture to repaint.")],
    style: Annotated[Path, typer.Option(help="Picture whose style it takes.")],
    out: Annotated[Path, typer.Option(help="Output PNG.")],
    method: Annotated[StyleNetwork, typer.Option(help="Network to use.")] = "magenta",
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
    check_out(out)
    settings = current_settings()
    row = {"result": str(out), "method": method}
    if method == "magenta":
        magenta = settings.magenta.model_copy(update={"strength": strength})
        settings = settings.model_copy(update={"magenta": magenta})
        with busy("stylizing with Magenta"):
            made = stylize_picture(content, style, settings=settings)
    else:
        vgg19 = settings.vgg19.model_copy(update={"mode": mode})
        settings = settings.model_copy(update={"vgg19": vgg19})
        with bars() as display:
            made = optimize(content, style, settings, display, frames=frames)
        row |= {"network": made.network}
        row |= {"loss": f"{made.loss:.5g}", "evaluations": str(made.evaluations)}
    made.save(out)
    finish([row], {}, as_json=as_json)
