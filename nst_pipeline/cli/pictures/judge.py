"""`nst judge`: how natural composites look, and what gives them away."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from nst_pipeline.cli.output import Json
from nst_pipeline.cli.pictures.files import process_files, read_matte, read_picture
from nst_pipeline.errors import NstError
from nst_pipeline.storage.pictures import check_matte, find_counterpart, list_pictures
from nst_pipeline.style.naturalness import judge_naturalness

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

    def judged(path: Path) -> dict[str, Any]:
        picture, mask = read_picture(path), find_counterpart(masks, path)
        matte = read_matte(mask, picture)
        check_matte(mask, matte)
        found = judge_naturalness(picture, matte)
        row: dict[str, Any] = {"picture": path.name, "naturalness": found.probability}
        if as_json:
            return row | {"factors": found.factors}
        worst = sorted(found.factors, key=found.factors.__getitem__)[:_SHOWN]
        shown = ", ".join(f"{name} {found.factors[name]:.2f}" for name in worst)
        return row | {"worst factors": shown}

    process_files("judging", list_pictures(pictures), judged, as_json=as_json)
