"""`nst compose`: paste stickers on a photo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nst_pipeline.api import compose as paste
from nst_pipeline.cli.options import setting_option
from nst_pipeline.cli.output import Json, finish
from nst_pipeline.cli.pictures.files import check_out, current_settings
from nst_pipeline.errors import NstError
from nst_pipeline.settings import PlacementSettings


def _point(text: str | None) -> tuple[int, int] | None:
    """Read a point such as `320,410`.

    Raises
    ------
    NstError
        These are not two whole numbers.
    """
    if text is None:
        return None
    try:
        x, y = (int(each) for each in text.split(","))
    except ValueError:
        raise NstError(f"--at {text}: give column and row in pixels, such as 320,410") from None
    return x, y


def compose(
    scene: Annotated[Path, typer.Option(help="Photo to paste on.")],
    sticker: Annotated[
        list[Path],
        typer.Option(metavar="FILE", help="Picture with transparency (PNG); repeatable."),
    ],
    out: Annotated[
        Path, typer.Option(help="Output PNG; its mask is written beside it as NAME.mask.png.")
    ],
    at: Annotated[
        str | None,
        typer.Option(
            metavar="X,Y",
            help="Where a single sticker stands: column and row of the middle of its lower edge, "
            "in pixels. Default: a plausible place.",
        ),
    ] = None,
    height: Annotated[
        int | None,
        typer.Option(
            min=1, help="How tall it becomes there, in pixels. Default: as tall as it really is."
        ),
    ] = None,
    seed: Annotated[int, setting_option(PlacementSettings, "seed")] = PlacementSettings().seed,
    as_json: Json = False,
) -> None:
    """Paste stickers on a photo at plausible positions and sizes.

    What a sticker shows, and so its size, is told by the file if the pipeline cut it out, or else
    by its name, such as cup.png. If it does not fit in its real size, it gets a medium one.
    """
    check_out(out, (scene, *sticker))
    settings = current_settings()
    placement = settings.placement.model_copy(update={"seed": seed})
    settings = settings.model_copy(update={"placement": placement})
    made = paste(scene, sticker, at=_point(at), height=height, settings=settings)
    if made.placed:
        made.save(out)
    rows = [{"sticker": e.sticker, **vars(e.box), "place": e.why} for e in made.placed]
    refused = {name: f"does not fit on the scene: {why}" for name, why in made.refused.items()}
    finish(rows, refused, as_json=as_json)
