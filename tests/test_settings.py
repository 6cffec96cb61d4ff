"""Settings: defaults, the collection's file, the environment."""

import os

import pytest
from upath import UPath

from nst_pipeline.errors import RenamedSettingWarning, SettingError
from nst_pipeline.settings import HarmonizeSettings, load_section, load_settings
from nst_pipeline.storage.data_root import data_root


def test_without_a_file_settings_have_their_defaults(tmp_path):
    assert load_settings(UPath(tmp_path)).placement.stickers_per_scene == 1


def test_the_environment_wins_over_the_file(tmp_path, monkeypatch):
    (tmp_path / "nst.toml").write_text("[placement]\nseed = 1\nflip = true\n")
    assert load_settings(UPath(tmp_path)).placement.seed == 1
    monkeypatch.setenv("NST_PLACEMENT__SEED", "2")
    placement = load_settings(UPath(tmp_path)).placement
    assert (placement.seed, placement.flip) == (2, True)


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("[placement]\nstickers_per_scene = -1", "placement.stickers_per_scene"),
        ("[placement]\nsticker = 1", "placement.sticker"),
        ("[harmonize]\nmethod = 'best'", "harmonize.method"),
        ("[placement\n", "nst.toml"),
    ],
)
def test_an_unusable_setting_is_reported_with_its_file(tmp_path, text, setting):
    (tmp_path / "nst.toml").write_text(text)
    with pytest.raises(SettingError) as error:
        load_settings(UPath(tmp_path))
    assert setting in str(error.value)
    assert "nst.toml" in str(error.value)


def test_a_variable_that_names_no_section_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("NST_PLACEMNT__SEED", "7")
    with pytest.raises(SettingError, match="NST_PLACEMNT__SEED"):
        load_settings(UPath(tmp_path))


def test_a_variable_that_is_not_a_list_is_refused_with_an_example(tmp_path, monkeypatch):
    monkeypatch.setenv("NST_DETECTION__METHODS", "sidecar,people")
    with pytest.raises(SettingError, match="write a list as JSON"):
        load_settings(UPath(tmp_path))


def test_a_variable_that_is_nested_too_deep_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("NST_DETECTION__METHODS", "[" * 100_000)
    with pytest.raises(SettingError, match=r"NST_ variables: .*\"detection\""):
        load_settings(UPath(tmp_path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[ingest]\nmax_megapixels = true", "ingest.max_megapixels: give a number, not true or"),
        ("[placement]\nheights_m = {cup = true}", "placement.heights_m: give a number, not true"),
        ('[run]\nworkers = "2"', "run.workers: '2' is text: give a number, without quotation"),
        ("[run]\ncache_gb = 1e308", "run.cache_gb: .*1000000"),
        ("[run]\nimages_per_run = 100000000000000000000", "run.images_per_run: .*1000000"),
    ],
)
def test_numbers_are_numbers_within_bounds(tmp_path, text, message):
    (tmp_path / "nst.toml").write_text(text)
    with pytest.raises(SettingError, match=f"setting {message}.*nst.toml"):
        load_settings(UPath(tmp_path))


def test_a_smallest_height_above_the_largest_is_refused(tmp_path):
    (tmp_path / "nst.toml").write_text("[placement]\nmin_height_fraction = 0.9\n")
    with pytest.raises(SettingError, match="larger than max_height_fraction"):
        load_settings(UPath(tmp_path))


def test_the_data_root_may_be_written_as_a_file_url(tmp_path, monkeypatch):
    monkeypatch.setenv("NST_DATA", f"file://{tmp_path}")
    assert data_root() == UPath(tmp_path)
    monkeypatch.delenv("NST_DATA")
    assert data_root() == UPath("data")


def test_a_renamed_setting_is_read_under_its_former_name_with_a_warning(tmp_path):
    (tmp_path / "nst.toml").write_text("[harmonize]\ncolour_only = true\n")
    with pytest.warns(
        RenamedSettingWarning,
        match="nst.toml: harmonize.colour_only is now called harmonize.color_only",
    ):
        settings = load_settings(UPath(tmp_path))
    assert settings.harmonize.color_only


def test_a_renamed_setting_keeps_its_first_name_in_fingerprints(tmp_path):
    settings = load_settings(UPath(tmp_path)).harmonize
    assert {"colour_only", "keep_colours"} <= settings.canonical().keys()


def test_a_variable_with_a_former_name_is_read_with_a_warning(tmp_path, monkeypatch):
    monkeypatch.setenv("NST_HARMONIZE__COLOUR_ONLY", "true")
    message = "NST_HARMONIZE__COLOUR_ONLY is now called NST_HARMONIZE__COLOR_ONLY"
    with pytest.warns(RenamedSettingWarning, match=message):
        assert load_settings(UPath(tmp_path)).harmonize.color_only


@pytest.mark.filterwarnings("ignore::nst_pipeline.errors.RenamedSettingWarning")
@pytest.mark.parametrize(
    ("in_file", "variable"), [("colour_only", "COLOR_ONLY"), ("color_only", "COLOUR_ONLY")]
)
def test_the_environment_wins_whichever_name_it_uses(tmp_path, monkeypatch, in_file, variable):
    (tmp_path / "nst.toml").write_text(f"[harmonize]\n{in_file} = true\n")
    monkeypatch.setenv(f"NST_HARMONIZE__{variable}", "false")
    assert not load_settings(UPath(tmp_path)).harmonize.color_only


def test_both_names_of_a_setting_in_one_file_are_refused(tmp_path):
    (tmp_path / "nst.toml").write_text("[harmonize]\ncolour_only = true\ncolor_only = false\n")
    with pytest.raises(SettingError, match=r"former name of harmonize\.color_only: remove one"):
        load_settings(UPath(tmp_path))


@pytest.mark.filterwarnings("ignore::nst_pipeline.errors.RenamedSettingWarning")
def test_a_wrong_value_under_a_former_name_is_reported_under_the_current_one(tmp_path, monkeypatch):
    monkeypatch.setenv("NST_HARMONIZE__KEEP_COLOURS", "perhaps")
    with pytest.raises(SettingError) as error:
        load_settings(UPath(tmp_path))
    assert "setting harmonize.keep_colors" in str(error.value)
    assert "(in NST_HARMONIZE__KEEP_COLOURS)" in str(error.value)


def test_a_launchpad_value_under_a_former_name_overrides_the_collections(tmp_path):
    values = HarmonizeSettings(color_only=False).model_dump() | {"colour_only": True}
    with pytest.warns(RenamedSettingWarning, match="colour_only is now called color_only"):
        assert load_section(HarmonizeSettings, values, "harmonize").color_only


@pytest.mark.parametrize(
    "text",
    [
        "[ingest]\nmax_megapixels = inf",
        "[ingest]\nmax_megapixels = nan",
        "[ingest]\nmax_megapixels = 1e6",
        "[vgg19]\nsteps = 1000000000000",
        "[vgg19]\nstyle_weight = inf",
        f"[placement]\nseed = {2**80}",
        f"[vgg19]\nweights = '{'x' * 5000}'",
    ],
)
def test_senseless_values_are_refused_with_the_setting(tmp_path, text):
    (tmp_path / "nst.toml").write_text(text)
    section, name = text[1:].split("]\n")[0], text.split("\n")[1].split(" ")[0]
    with pytest.raises(SettingError, match=rf"{section}\.{name}"):
        load_settings(UPath(tmp_path))


def test_a_pipe_or_a_folder_is_no_settings_file(tmp_path):
    os.mkfifo(tmp_path / "nst.toml")
    with pytest.raises(SettingError, match=r"nst\.toml is not a file"):
        load_settings(UPath(tmp_path))
    (tmp_path / "nst.toml").unlink()
    (tmp_path / "nst.toml").mkdir()
    with pytest.raises(SettingError, match=r"nst\.toml is not a file"):
        load_settings(UPath(tmp_path))


@pytest.mark.parametrize("setting", ["magenta.handle", "detection.dnn_model"])
@pytest.mark.parametrize("handle", ["https://tfhub.dev/some/model/2", "folder"])
def test_saved_models_need_permission_or_a_pin(tmp_path, setting, handle):
    """TensorFlow runs whatever a SavedModel contains."""
    if handle == "folder":
        handle = str(tmp_path / "model")
        (tmp_path / "model").mkdir()
    section, _, name = setting.partition(".")
    written = f'[{section}]\n{name} = "{handle}"\n'
    pinned = {"magenta": "magenta", "detection": "detector"}[section]
    (tmp_path / "nst.toml").write_text(written)
    with pytest.raises(SettingError, match=rf"setting {setting}: .* is a SavedModel.*{pinned}"):
        load_settings(UPath(tmp_path))
    for allowed in ("saved_models = true", f'sha256 = {{{pinned} = "{"0" * 64}"}}'):
        (tmp_path / "nst.toml").write_text(f"{written}[run]\n{allowed}\n")
        assert getattr(getattr(load_settings(UPath(tmp_path)), section), name) == handle
