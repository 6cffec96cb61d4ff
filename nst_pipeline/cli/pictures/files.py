"""Shared by the commands on picture files: settings, output files, and the loop over a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from upath import UPath

from nst_pipeline.cli.output import bars, finish
from nst_pipeline.errors import ModelUnavailableError, NstError, SettingError
from nst_pipeline.pipeline.engine.pins import check_pins
from nst_pipeline.pipeline.steps import ASSETS
from nst_pipeline.settings import Settings, data_root, load_settings
from nst_pipeline.storage import pictures
from nst_pipeline.storage.files import write_atomically
from nst_pipeline.vision.shapes import Matte, Rgb, Rgba


def current_settings() -> Settings:
    """Return the settings of the collection that `NST_DATA` names; the defaults if it has none.

    Raises
    ------
    SettingError
        A setting is unknown or has an unusable value, or a network is not the one that is pinned.
    """
    settings = load_settings(data_root())
    check_pins(settings, ASSETS)
    return settings


def _max_megapixels() -> float:
    return load_settings(data_root()).ingest.max_megapixels


def read_picture(path: Path) -> Rgb:
    """Read a picture of at most `ingest.max_megapixels`, as `storage.pictures` does."""
    return pictures.read_picture(path, max_megapixels=_max_megapixels())


def read_alpha(path: Path) -> Matte | None:
    """Read the alpha of a picture of at most `ingest.max_megapixels`, as `storage.pictures`."""
    return pictures.read_alpha(path, max_megapixels=_max_megapixels())


def read_matte(path: Path, picture: Rgb) -> Matte:
    """Read a mask of at most `ingest.max_megapixels`, as `storage.pictures` does."""
    return pictures.read_matte(path, picture, max_megapixels=_max_megapixels())


def read_sticker(path: Path) -> Rgba:
    """Read a sticker of at most `ingest.max_megapixels`, as `storage.pictures` does."""
    return pictures.read_sticker(path, max_megapixels=_max_megapixels())


def check_not_input(out: Path, inputs: Iterable[Path]) -> None:
    """Check that a result does not overwrite a file it is made from.

    Raises
    ------
    NstError
        The result's path is an input's.
    """
    if out.exists() and any(out.samefile(each) for each in inputs):
        raise NstError(f"{out} is an input and would be overwritten: give --out another path")


def check_png(path: Path) -> None:
    """Check that a result is written as PNG, which loses nothing.

    Raises
    ------
    NstError
        The name does not end in `.png`.
    """
    if path.suffix.lower() != ".png":
        raise NstError(f"--out {path}: the result is a PNG file: end its name in .png")


def write_file(path: Path, data: bytes) -> None:
    """Write a file atomically: it appears complete or not at all.

    Raises
    ------
    NstError
        It cannot be written.
    """
    try:
        write_atomically(UPath(path), data)
    except OSError as error:
        raise NstError(f"{path} cannot be written ({error.strerror})") from error


def process_files(
    name: str,
    paths: Sequence[Path],
    process: Callable[[Path], dict[str, Any]],
    *,
    as_json: bool,
) -> None:
    """Process each file under a progress bar; continue after a file that fails.

    Parameters
    ----------
    name
        The label of the bar.
    paths
        The files.
    process
        Handles one file and returns its row for the printed table.
    as_json
        Print JSON instead of a table.

    Raises
    ------
    ModelUnavailableError, SettingError
        Raised at once, because they would concern every file.
    typer.Exit
        With code 1, at the end, if a file failed.
    """
    done, failed = [], {}
    with bars() as display:
        for path in display.track(paths, description=name):
            try:
                done.append(process(path))
            except (ModelUnavailableError, SettingError):
                raise
            except NstError as error:
                failed[str(path)] = str(error)
    finish(done, failed, as_json=as_json)
