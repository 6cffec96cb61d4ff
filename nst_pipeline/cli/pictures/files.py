"""Shared by the commands on picture files: settings, output files, and the loop over a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from nst_pipeline.api.cutting import NoObjectError
from nst_pipeline.api.results import check_png
from nst_pipeline.cli.output import bars, finish
from nst_pipeline.errors import ModelUnavailableError, NstError, SettingError
from nst_pipeline.pipeline.engine.pins import check_pins
from nst_pipeline.pipeline.steps import ASSETS
from nst_pipeline.settings import Settings, load_settings
from nst_pipeline.storage.data_root import data_root


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


def check_out(out: Path, inputs: Iterable[Path] = ()) -> None:
    """Check that a result is a PNG file, and does not overwrite a file it is made from.

    Raises
    ------
    NstError
        The name does not end in `.png`, or the path is an input's.
    """
    check_png(out)
    if out.exists() and any(out.samefile(each) for each in inputs):
        raise NstError(f"{out} is an input and would be overwritten: give --out another path")


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
        With the code `SOME_FAILED`, at the end, if a file failed. A photo without an object is not
        a failure, as in a collection.
    """
    done: list[dict[str, Any]] = []
    failed, empty = dict[str, str](), dict[str, str]()
    with bars() as display:
        for path in display.track(paths, description=name):
            try:
                done.append(process(path))
            except (ModelUnavailableError, SettingError):
                raise
            except NoObjectError as error:
                empty[str(path)] = str(error)
            except NstError as error:
                failed[str(path)] = str(error)
    finish(done, failed, empty=empty, as_json=as_json)
