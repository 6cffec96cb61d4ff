"""Read settings from `nst.toml` and the environment, and report what is wrong with them."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)
from upath import UPath

from nst_pipeline.errors import SettingError
from nst_pipeline.settings.section import Section, is_number, warn_renamed
from nst_pipeline.settings.sections import (
    AlertsSettings,
    CutoutSettings,
    DetectionSettings,
    HarmonizeSettings,
    IngestSettings,
    MagentaSettings,
    ModelName,
    PlacementSettings,
    RecipeSettings,
    RunSettings,
    ScenesSettings,
    Vgg19Settings,
)

SETTINGS_FILE = "nst.toml"

_PREFIX, _NESTED = "NST_", "__"
_NOT_SETTINGS = ("NST_CACHE", "NST_DATA", "NST_MODELS")
"""Variables with the prefix that name folders and are not settings."""

AnySection = TypeVar("AnySection", bound=Section)


class Settings(BaseSettings):
    """All settings of a collection."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_nested_delimiter=_NESTED, extra="forbid", frozen=True
    )

    ingest: IngestSettings = IngestSettings()
    scenes: ScenesSettings = ScenesSettings()
    detection: DetectionSettings = DetectionSettings()
    cutout: CutoutSettings = CutoutSettings()
    placement: PlacementSettings = PlacementSettings()
    recipes: RecipeSettings = RecipeSettings()
    magenta: MagentaSettings = MagentaSettings()
    vgg19: Vgg19Settings = Vgg19Settings()
    harmonize: HarmonizeSettings = HarmonizeSettings()
    run: RunSettings = RunSettings()
    alerts: AlertsSettings = AlertsSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment override the file, whose values arrive as init arguments."""
        del env_settings, dotenv_settings, file_secret_settings
        return _Environment(settings_cls), init_settings


class _Environment(EnvSettingsSource):
    """Environment variables, including those that use a setting's former name."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        """Parse JSON; pydantic expects no other error than this one."""
        try:
            return super().decode_complex_value(field_name, field, value)
        except RecursionError as error:
            raise ValueError("it is nested too deep") from error

    def __call__(self) -> dict[str, Any]:
        return _under_current_names(super().__call__(), _variable)


def _variable(section: str, name: str) -> str:
    return f"{_PREFIX}{section}{_NESTED}{name}".upper()


def _dotted(section: str, name: str) -> str:
    return f"{section}.{name}"


def _sections() -> Iterator[tuple[str, type[Section]]]:
    for name, field in Settings.model_fields.items():
        yield name, type(field.default)


def _under_current_names(
    values: Mapping[str, Any], spell: Callable[[str, str], str], *, prefix: str = ""
) -> dict[str, Any]:
    """Rename settings that a source gives under a former name, with a warning.

    This happens before the sources are merged, so that the environment overrides the file whichever
    names they use.

    Parameters
    ----------
    values
        Sections by name.
    spell
        Function from a section and a name to the setting as the source spells it.
    prefix
        Start of each message, which names the file if the source is one.

    Raises
    ------
    SettingError
        The source gives a setting under both names.
    """
    current = dict(values)
    for section_name, section in _sections():
        given = current.get(section_name)
        if not isinstance(given, dict):
            continue
        for former in given.keys() & section.renamed.keys():
            name = section.renamed[former]
            before, now = spell(section_name, former), spell(section_name, name)
            if name in given:
                raise SettingError(f"{prefix}{before} is the former name of {now}: remove one")
            warn_renamed(before, now, prefix=prefix)
        current[section_name] = {section.renamed.get(k, k): v for k, v in given.items()}
    return current


def load_settings(root: UPath) -> Settings:
    """Read the settings of a collection.

    Parameters
    ----------
    root
        The data root. Its `nst.toml` is read if there is one; the environment overrides it.

    Returns
    -------
    Settings
        Settings that neither gives have their defaults.

    Raises
    ------
    SettingError
        The file is not valid TOML, or a setting is unknown or out of range.

    Warns
    -----
    RenamedSettingWarning
        A setting is given under its former name.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     root = UPath(folder)
    ...     _ = (root / "nst.toml").write_text("[placement]\\nstickers_per_scene = 2")
    ...     load_settings(root).placement.stickers_per_scene
    2
    """
    path = root / SETTINGS_FILE
    values: dict[str, Any] = {}
    try:
        if path.fs.info(path.path)["type"] != "file":  # reading a pipe would wait for a writer
            raise SettingError(f"{path} is not a file: move it away, or put a file there")
        values = tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        pass
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SettingError(f"{path} is not valid TOML ({error}): correct it") from error
    except OSError as error:
        raise SettingError(f"{path} cannot be read ({error.strerror or error})") from error
    _check_environment()
    try:
        in_file = _under_current_names(values, _dotted, prefix=f"{path}: ")
        _check_numbers(in_file, path)
        settings = Settings(**in_file)
        _check_saved_models(settings)
        return settings
    except ValidationError as error:
        raise SettingError(_explain(error, path)) from error
    except SettingsError as error:
        raise SettingError(
            f"the environment's NST_ variables: {error}: write a list as JSON, "
            """NST_DETECTION__METHODS='["sidecar", "people"]'"""
        ) from error


def _check_numbers(in_file: Mapping[str, Any], path: UPath) -> None:
    """Refuse text for numbers in the file; in the environment, all values are text.

    Raises
    ------
    SettingError
        The message names the setting.
    """
    for section_name, section in _sections():
        given = in_file.get(section_name)
        for name, value in given.items() if isinstance(given, dict) else ():
            field = section.model_fields.get(name)
            if isinstance(value, str) and field is not None and is_number(field.annotation):
                raise SettingError(
                    f"setting {section_name}.{name}: {value!r:.50} is text: "
                    f"give a number, without quotation marks (in {path})"
                )


def _is_saved_model(handle: str) -> bool:
    return "://" in handle or (bool(handle) and Path(handle).expanduser().is_dir())


def _check_saved_models(settings: Settings) -> None:
    """Refuse SavedModels that nobody allowed, because TensorFlow runs whatever they contain.

    A pinned one is checked before it is loaded.

    Raises
    ------
    SettingError
        The message names the setting, and what allows it.
    """
    if settings.run.saved_models:
        return
    detector = settings.detection.dnn_model
    named: dict[ModelName, tuple[str, str]] = {
        "magenta": ("magenta.handle", settings.magenta.handle),
        "detector": ("detection.dnn_model", "" if detector.endswith(".onnx") else detector),
    }
    for name, (setting, handle) in named.items():
        if _is_saved_model(handle) and name not in settings.run.sha256:
            raise SettingError(
                f"setting {setting}: {handle} is a SavedModel, and TensorFlow runs whatever it "
                f"contains: if you trust its makers, pin it as run.sha256.{name}, or set "
                "run.saved_models = true"
            )


def _check_environment() -> None:
    """Refuse variables that look like settings but name no section; pydantic ignores them.

    Raises
    ------
    SettingError
        The message names the variable.
    """
    for name in os.environ:
        if not name.startswith(_PREFIX) or name in _NOT_SETTINGS:
            continue
        section = name.removeprefix(_PREFIX).partition(_NESTED)[0].lower()
        if section not in Settings.model_fields:
            sections = ", ".join(Settings.model_fields)
            raise SettingError(f"{name}: there is no section {section}; sections are {sections}")


def load_section(section: type[AnySection], values: dict[str, Any], name: str) -> AnySection:
    """Check the values of one section.

    Parameters
    ----------
    section
        The class of the section.
    values
        The section's settings by name. Former names are accepted; of two names, the later wins.
    name
        The section's name, for the error message.

    Raises
    ------
    SettingError
        A setting is unknown or out of range.

    Examples
    --------
    >>> load_section(RunSettings, {"workers": 2}, "run").workers
    2
    """
    try:
        return section.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        setting = ".".join((name, *map(str, first["loc"])))
        raise SettingError(f"setting {setting}: {_message(first)}") from error


def current_name(setting: str) -> str:
    """Return the current name of a setting; old records use former names.

    Examples
    --------
    >>> current_name("harmonize.colour_only")
    'harmonize.color_only'
    >>> current_name("placement.seed")
    'placement.seed'
    """
    section, _, name = setting.partition(".")
    renamed = dict(_sections())[section].renamed if section in Settings.model_fields else {}
    return f"{section}.{renamed[name]}" if name in renamed else setting


def _explain(error: ValidationError, path: UPath) -> str:
    first = error.errors()[0]
    section, *names = map(str, first["loc"])
    setting = ".".join((section, *names))
    return f"setting {setting}: {_message(first)} (in {_source(section, names, path)})"


def _source(section: str, names: list[str], path: UPath) -> str:
    """Return the environment variable that gives a setting, else the settings file."""
    if names:
        renamed = dict(_sections())[section].renamed if section in Settings.model_fields else {}
        former = [old for old, new in renamed.items() if new == names[0]]
        for name in (names[0], *former):
            if (variable := _variable(section, name)) in os.environ:
                return variable
    return str(path)


def _message(error: Mapping[str, object]) -> str:
    """Return pydantic's message without its prefix."""
    if error["type"] == "extra_forbidden":
        return "there is no such setting; docs/reference/settings.md lists all"
    return str(error["msg"]).removeprefix("Value error, ")
