"""`nst harmonize`: make the pasted objects of composites look natural."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from nst_pipeline.cli.options import setting_option
from nst_pipeline.cli.output import Json
from nst_pipeline.cli.pictures.files import (
    check_not_input,
    current_settings,
    process_files,
    read_matte,
    read_picture,
    write_file,
)
from nst_pipeline.errors import NstError
from nst_pipeline.settings import (
    HarmonizeMethod,
    HarmonizeSettings,
    SceneLook,
    Settings,
    load_section,
)
from nst_pipeline.storage.pictures import (
    check_matte,
    find_counterpart,
    find_source,
    list_pictures,
)
from nst_pipeline.style.naturalness import judge_naturalness
from nst_pipeline.style.proposals import proposals_for
from nst_pipeline.vision.harmonize.candidates import CANDIDATES
from nst_pipeline.vision.harmonize.harmonize import harmonize as harmonize_picture
from nst_pipeline.vision.harmonize.light.reader import Reading, read_light
from nst_pipeline.vision.harmonize.model.harmonizer import Harmonizer, builtin, load
from nst_pipeline.vision.images.png import encode_png

METHOD_HELP = "auto takes the best of: {}.".format("; ".join(each.title for each in CANDIDATES))
_DEFAULTS = HarmonizeSettings()


@dataclass(frozen=True)
class _Work:
    """What is done with each composite."""

    masks: Path
    out: Path
    source: Path | None
    model: Harmonizer
    settings: Settings

    def process(self, path: Path) -> dict[str, Any]:
        result_path, mask = self.out / f"{path.stem}.png", find_counterpart(self.masks, path)
        check_not_input(result_path, (path, mask))
        composite = read_picture(path)
        matte = read_matte(mask, composite)
        check_matte(mask, matte)
        chosen = self.settings.harmonize
        light = None if self.source is None else _light(self.source, path)
        result = harmonize_picture(
            composite,
            matte,
            chosen,
            harmonizer=self.model,
            proposals=proposals_for(composite, matte, self.settings),
            source=light,
        )
        write_file(result_path, encode_png(result.image))
        return {
            "composite": path.name,
            "method": result.chosen,
            "source": "unknown" if light is None else "known",
            "tone": result.tone or "none",
            "confidence": round(result.confidence, 3),
            "naturalness": judge_naturalness(result.image, matte).probability,
            "left alone": result.left_alone or "no",
        }


def _light(folder: Path, composite: Path) -> Reading | None:
    """Read the light of the photo that a composite's object comes from; None if it is not there."""
    photo_path, mask = find_source(folder, composite)
    if photo_path is None:
        return None
    photo = read_picture(photo_path)
    return read_light(photo, None if mask is None else read_matte(mask, photo))


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
    model = builtin() if harmonizer is None else load(harmonizer)
    settings = current_settings().model_copy(update={"harmonize": chosen})
    if not masks.is_dir():
        raise NstError(f"{masks}: no such folder; give the folder of masks")
    if source is not None and not source.is_dir():
        raise NstError(f"{source}: no such folder; give the folder of the objects' own photos")

    work = _Work(masks, out, source, model, settings)
    process_files("harmonizing", list_pictures(composites), work.process, as_json=as_json)
