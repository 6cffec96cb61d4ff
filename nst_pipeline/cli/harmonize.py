"""`nst harmonize` makes composites look natural; `nst calibrate` fits its color model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from nst_pipeline.cli.files import (
    check_matte,
    check_not_input,
    partner,
    pictures_in,
    read_matte,
    read_picture,
    settings_here,
    work_through,
    write_file,
)
from nst_pipeline.cli.output import Json, bars, finish
from nst_pipeline.errors import NstError
from nst_pipeline.settings import HarmonizeMethod, HarmonizeSettings, SceneLook, load_section
from nst_pipeline.style.proposals import proposals_for
from nst_pipeline.vision.harmonize.candidates import CANDIDATES
from nst_pipeline.vision.harmonize.harmonize import harmonize as harmonize_picture
from nst_pipeline.vision.harmonize.model.calibrate import PHOTOS_MIN
from nst_pipeline.vision.harmonize.model.calibrate import calibrate as fit
from nst_pipeline.vision.harmonize.model.harmonizer import builtin, load
from nst_pipeline.vision.images.png import encode_png

METHOD_HELP = "auto takes the best of: {}.".format(
    "; ".join(f"{each.name} ({each.summary})" for each in CANDIDATES)
)


def harmonize(
    composites: Annotated[Path, typer.Option(help="Folder of composites.")],
    masks: Annotated[
        Path, typer.Option(help="Folder of masks: NAME.mask.png or NAME.png for each NAME.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the results (PNG); created if missing.")],
    harmonizer: Annotated[
        Path | None,
        typer.Option(help="Color model from `nst calibrate`; else the built-in one."),
    ] = None,
    method: Annotated[HarmonizeMethod, typer.Option(help=METHOD_HELP)] = "auto",
    strength: Annotated[float, typer.Option(help="Share of the change to apply, 0 to 1.")] = 1.0,
    look: Annotated[
        SceneLook, typer.Option(help="Kind of scenes; auto decides for each scene.")
    ] = "auto",
    color_only: Annotated[
        bool,
        typer.Option("--color-only", help="Change only colors; do not paint or match the edge."),
    ] = False,
    keep_colors: Annotated[
        bool, typer.Option("--keep-colors", help="Keep the object's hues; adapt its lightness.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make pasted objects look natural. Results keep the names, and pixels outside the masks."""
    values = {
        "method": method,
        "strength": strength,
        "look": look,
        "color_only": color_only,
        "keep_colors": keep_colors,
    }
    chosen = load_section(HarmonizeSettings, values, "harmonize")
    model = builtin() if harmonizer is None else load(harmonizer)
    if not masks.is_dir():
        raise NstError(f"{masks}: no such folder; name the folder of the masks")

    def work(path: Path) -> dict[str, Any]:
        result_path, mask = out / f"{path.stem}.png", partner(masks, path, "mask")
        check_not_input(result_path, (path, mask))
        composite = read_picture(path)
        matte = read_matte(mask, composite)
        check_matte(mask, matte)
        proposals = proposals_for(composite, matte, settings_here(), method)
        result = harmonize_picture(composite, matte, chosen, harmonizer=model, proposals=proposals)
        write_file(result_path, encode_png(result.image))
        return {
            "composite": path.name,
            "method": result.chosen,
            "confidence": round(result.confidence, 3),
        }

    work_through("harmonizing", pictures_in(composites), work, as_json=as_json)


def calibrate(
    photos: Annotated[Path, typer.Option(help="Folder of natural photos.")],
    masks: Annotated[Path, typer.Option(help="Folder of their objects' masks, same names.")],
    out: Annotated[Path, typer.Option(help="File to write the color model to (.npz).")],
    as_json: Json = False,
) -> None:
    """Fit a color model to your own photos, for `nst harmonize --harmonizer`."""
    paths = pictures_in(photos)
    with bars() as progress:

        def read(path: Path) -> tuple[Any, Any]:
            photo = read_picture(path)
            return photo, read_matte(partner(masks, path, "mask"), photo)

        photo_pairs = (read(path) for path in progress.track(paths, description="reading"))
        learning = progress.add_task("calibrating", total=None)
        model = fit(
            photo_pairs,
            on_step=lambda through, total: progress.update(
                learning, completed=through, total=total
            ),
        )
    if not model.photos:
        raise NstError(
            f"{photos}: too few photos (of {len(paths)}) show an object with surroundings; "
            f"calibration needs at least {PHOTOS_MIN}, and works well with 40 or more"
        )
    write_file(out, model.to_bytes())
    finish([{"model": str(out), "photos": model.photos}], {}, as_json=as_json)
