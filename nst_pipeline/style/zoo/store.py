"""Find, get and check the zoo's models on this machine."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.weights.download import Progress, RemoteFile, check_file, download
from nst_pipeline.style.weights.folder import models_root
from nst_pipeline.style.zoo.table import ZOO, ZooModel

ReportFile = Callable[[RemoteFile], Progress]
"""Called with each file before it is downloaded; returns what gets the number of its bytes."""


def _folder(model: ZooModel) -> Path:
    # Another digest in the table is another folder, so that a new version is got anew.
    return models_root() / "zoo" / f"{model.name}-{model.digest[:8]}"


def _path(model: ZooModel) -> Path:
    """Return what a setting would name: the only file, or the folder of several."""
    folder = _folder(model)
    return folder / model.files[0].name if len(model.files) == 1 else folder


def find_model(model: ZooModel) -> Path | None:
    """Find a model on this machine: its file, or the folder of its files; None if it is not here.

    Sizes are checked, digests are not.
    """
    for file in model.files:
        path = _folder(model) / file.name
        if not path.is_file() or path.stat().st_size != file.size_bytes:
            return None
    return _path(model)


def zoo_model(name: str) -> ZooModel:
    """Look a model up.

    Raises
    ------
    ModelUnavailableError
        The table has no such name.
    """
    if name not in ZOO:
        raise ModelUnavailableError(f"there is no model {name!r}: choose one of {', '.join(ZOO)}")
    return ZOO[name]


def _make_folder(model: ZooModel) -> Path:
    folder = _folder(model)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ModelUnavailableError(
            f"the model {model.name} cannot be written to {folder} ({error}): set NST_MODELS to a "
            "writable folder"
        ) from error
    return folder


def _offline_remedy(model: ZooModel) -> str:
    given = "FILE" if len(model.files) == 1 else "FOLDER"
    return f"bring it from another machine with `nst models --get {model.name} --from {given}`"


def get_model(model: ZooModel, report: ReportFile = lambda _: lambda _: None) -> Path:
    """Download what is missing of a model, and check it.

    Parameters
    ----------
    model
        The model.
    report
        Told how far each file is.

    Returns
    -------
    pathlib.Path
        Its file, or the folder of its files.

    Raises
    ------
    ModelUnavailableError
        A file cannot be downloaded, is another one than expected, or cannot be written.
    """
    folder = _make_folder(model)
    for file in model.files:
        destination, alternative = folder / file.name, _offline_remedy(model)
        if destination.is_file():
            try:
                check_file(destination, file, alternative)
                continue
            except ModelUnavailableError:
                destination.unlink()
        download(file, destination, alternative=alternative, progress=report(file))
    return _path(model)


def adopt_model(model: ZooModel, given: Path) -> Path:
    """Check the user's own copy of a model, and copy it to where `get_model` puts it.

    Parameters
    ----------
    model
        The model.
    given
        Its file, under any name; or a folder that holds its files under the names in the table.

    Returns
    -------
    pathlib.Path
        The copy: the file, or the folder of the files.

    Raises
    ------
    ModelUnavailableError
        A file is missing or another one than expected, or cannot be written.
    """
    folder = _make_folder(model)
    for file in model.files:
        source = given if given.is_file() and len(model.files) == 1 else given / file.name
        remedy = f"give the file from {file.url}"
        if not source.is_file():
            raise ModelUnavailableError(f"{source} is missing: {remedy}")
        check_file(source, file, remedy)
        _copy(source, folder / file.name)
    return _path(model)


def _copy(source: Path, destination: Path) -> None:
    copied = destination.with_name(f"{destination.name}.copied")
    try:
        shutil.copyfile(source, copied)
        copied.replace(destination)
    except OSError as error:
        raise ModelUnavailableError(
            f"{source} cannot be copied to {destination.parent} ({error}): set NST_MODELS to a "
            "writable folder on a disk with free space"
        ) from error


def resolve_network(handle: str, setting: str) -> Path:
    """Find the network that a setting names.

    Parameters
    ----------
    handle
        Name of a model of the zoo, or path of an ONNX file or of a folder with an encoder and a
        decoder.
    setting
        Name of the setting, for errors.

    Returns
    -------
    pathlib.Path
        The file or folder.

    Raises
    ------
    ModelUnavailableError
        The model is not on this machine or damaged, or nothing is at the path.
    """
    names = ", ".join(names_for(setting))
    if handle not in ZOO:
        path = Path(handle).expanduser()
        if path.exists():
            return path
        raise ModelUnavailableError(
            f"setting {setting}: {handle} is neither a file nor a model of the zoo: give the path "
            f"of an ONNX file, or one of {names}"
        )
    model = ZOO[handle]
    if model.setting != setting:
        raise ModelUnavailableError(
            f"setting {setting}: the model {handle} is for {model.setting}: choose one of {names}"
        )
    remedy = f"run `nst models --get {model.name}`"
    if find_model(model) is None:
        raise ModelUnavailableError(
            f"setting {setting}: the model {model.name} is not on this machine: {remedy}"
        )
    for file in model.files:
        check_file(_folder(model) / file.name, file, remedy)
    return _path(model)


def names_for(setting: str) -> list[str]:
    """List the models that a setting takes."""
    return [model.name for model in ZOO.values() if model.setting == setting]
