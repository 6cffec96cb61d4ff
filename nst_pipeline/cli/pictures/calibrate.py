"""`nst calibrate`: fit a color model to your own photos."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from nst_pipeline.api.inputs import open_colors, open_matte
from nst_pipeline.api.results import write_file
from nst_pipeline.cli.output import Json, bars, finish
from nst_pipeline.cli.pictures.files import current_settings
from nst_pipeline.errors import NstError
from nst_pipeline.storage.pictures import find_counterpart, list_pictures
from nst_pipeline.vision.harmonize.model.calibrate import CALIBRATION
from nst_pipeline.vision.harmonize.model.calibrate import calibrate as fit
from nst_pipeline.vision.shapes import Matte, Rgb

_PHOTOS_RECOMMENDED = 40


def calibrate(
    photos: Annotated[Path, typer.Option(help="Folder of natural photos.")],
    masks: Annotated[
        Path, typer.Option(help="Folder of masks: NAME.mask.png or NAME.png for each photo NAME.")
    ],
    out: Annotated[Path, typer.Option(help="Output file of the color model (.npz).")],
    as_json: Json = False,
) -> None:
    """Learn from your own photos how an object's colors depend on its surroundings.

    Pass the result to `nst harmonize --harmonizer`.
    """
    paths, settings = list_pictures(photos), current_settings()
    with bars() as display:

        def read_pairs() -> Iterator[tuple[Rgb, Matte]]:
            for path in display.track(paths, description="reading"):
                photo = open_colors(path, settings)
                yield photo, open_matte(find_counterpart(masks, path), photo, settings)

        task = display.add_task("calibrating", total=None)
        model = fit(
            read_pairs(),
            on_step=lambda done, total: display.update(task, completed=done, total=total),
        )
    if not model.photos:
        raise NstError(
            f"{photos}: too few of the {len(paths)} photos show an object and its surroundings: "
            f"give at least {CALIBRATION.photos_min}, better {_PHOTOS_RECOMMENDED} or more"
        )
    write_file(out, model.to_bytes())
    finish([{"model": str(out), "photos": model.photos}], {}, as_json=as_json)
