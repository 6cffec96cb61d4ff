"""`nst judge`: how natural composites look, and what gives them away."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from nst_pipeline.api import judge as judge_picture
from nst_pipeline.cli.output import Json
from nst_pipeline.cli.pictures.files import current_settings, process_files
from nst_pipeline.errors import NstError
from nst_pipeline.storage.pictures import find_counterpart, list_pictures

_SHOWN = 3
"""Factors in the table."""


def judge(
    pictures: Annotated[Path, typer.Option(help="Folder of composites, or of photos.")],
    masks: Annotated[
        Path,
        typer.Option(help="Folder of masks: NAME.mask.png or NAME.png for each picture NAME."),
    ],
    as_json: Json = False,
) -> None:
    """Judge how natural composites look, and what gives them away.

    The naturalness is the probability that a person takes the picture for a photograph. The factors
    are the probabilities that the cut-out, the size, and so on, do not give it away. The table
    shows the worst ones, --json all.
    """
    if not masks.is_dir():
        raise NstError(f"{masks}: no such folder; give the folder of masks")
    settings = current_settings()

    def judged(path: Path) -> dict[str, Any]:
        found = judge_picture(path, find_counterpart(masks, path), settings=settings)
        row: dict[str, Any] = {"picture": path.name, "naturalness": found.probability}
        if as_json:
            return row | {"factors": found.factors}
        worst = sorted(found.factors, key=found.factors.__getitem__)[:_SHOWN]
        shown = ", ".join(f"{name} {found.factors[name]:.2f}" for name in worst)
        return row | {"worst factors": shown}

    process_files("judging", list_pictures(pictures), judged, as_json=as_json)
