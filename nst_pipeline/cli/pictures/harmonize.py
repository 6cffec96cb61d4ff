"""`nst harmonize`: make the pasted objects of composites look natural."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from nst_pipeline.api import harmonize as harmonize_picture
from nst_pipeline.cli.options import setting_option
from nst_pipeline.cli.output import Json
from nst_pipeline.cli.pictures.files import check_out, current_settings, process_files
from nst_pipeline.errors import NstError
from nst_pipeline.settings import (
    HarmonizeMethod,
    HarmonizeSettings,
    SceneLook,
    Settings,
    load_section,
)
from nst_pipeline.storage.pictures import find_counterpart, find_source, list_pictures
from nst_pipeline.vision.harmonize.candidates import CANDIDATES
from nst_pipeline.vision.harmonize.model.harmonizer import load

METHOD_HELP = "auto takes the best of: {}.".format("; ".join(each.title for each in CANDIDATES))
_DEFAULTS = HarmonizeSettings()


@dataclass(frozen=True)
class _Work:
    """What is done with each composite."""

    masks: Path
    out: Path
    source: Path | None
    model: Path | None
    settings: Settings

    def process(self, path: Path) -> dict[str, Any]:
        result_path, mask = self.out / f"{path.stem}.png", find_counterpart(self.masks, path)
        check_out(result_path, (path, mask))
        photo, photo_mask = (None, None) if self.source is None else find_source(self.source, path)
        result = harmonize_picture(
            path,
            mask,
            photo,
            source_mask=photo_mask,
            model=self.model,
            settings=self.settings,
        )
        result.save(result_path)
        return {
            "composite": path.name,
            "method": result.method,
            "source": "known" if result.source_known else "unknown",
            "tone": result.tone or "none",
            "confidence": round(result.confidence, 3),
            "naturalness": result.naturalness.probability,
            "left alone": result.left_alone or "no",
        }


def harmonize(
    composites: Annotated[Path, typer.Option(help="Folder of composites.")],
    masks: Annotated[
        Path,
        typer.Option(help="Folder of masks: NAME.mask.png or NAME.png for each composite NAME."),
    ],
    out: Annotated[Path, typer.Option(help="Output folder (PNG files); created if missing.")],
    harmonizer: Annotated[
        Path | None,
        typer.Option(help="Color model from `nst calibrate`. Default: the built-in one."),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the photos that the objects come from: NAME.jpg for composite NAME, "
            "and NAME.mask.png for where the object was. Their light tells what must change."
        ),
    ] = None,
    method: Annotated[
        HarmonizeMethod, typer.Option(metavar="METHOD", help=METHOD_HELP)
    ] = _DEFAULTS.method,
    network: Annotated[str, setting_option(HarmonizeSettings, "network")] = _DEFAULTS.network,
    strength: Annotated[float, setting_option(HarmonizeSettings, "strength")] = _DEFAULTS.strength,
    look: Annotated[SceneLook, setting_option(HarmonizeSettings, "look")] = _DEFAULTS.look,
    color_only: Annotated[
        bool, setting_option(HarmonizeSettings, "color_only")
    ] = _DEFAULTS.color_only,
    keep_colors: Annotated[
        bool, setting_option(HarmonizeSettings, "keep_colors")
    ] = _DEFAULTS.keep_colors,
    as_json: Json = False,
) -> None:
    """Make the pasted objects of composites look natural.

    Each result is a PNG with the name of its composite; only pixels inside the mask change.
    """
    values = {
        "method": method,
        "network": network,
        "strength": strength,
        "look": look,
        "color_only": color_only,
        "keep_colors": keep_colors,
    }
    chosen = load_section(HarmonizeSettings, values, "harmonize")
    if harmonizer is not None:
        load(harmonizer)  # Refused before anything is made.
    settings = current_settings().model_copy(update={"harmonize": chosen})
    if not masks.is_dir():
        raise NstError(f"{masks}: no such folder; give the folder of masks")
    if source is not None and not source.is_dir():
        raise NstError(f"{source}: no such folder; give the folder of the objects' own photos")

    work = _Work(masks, out, source, harmonizer, settings)
    process_files("harmonizing", list_pictures(composites), work.process, as_json=as_json)
