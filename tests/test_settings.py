"""Settings: defaults, the collection's file, the environment."""

import pytest
from upath import UPath

from nst_pipeline.errors import SettingError
from nst_pipeline.settings import data_root, load_settings


def test_without_a_file_there_are_defaults(tmp_path):
    assert load_settings(UPath(tmp_path)).placement.stickers_per_scene == 1


def test_the_environment_wins_over_the_file(tmp_path, monkeypatch):
    (tmp_path / "nst.toml").write_text("[placement]\nseed = 1\nflip = true\n")
    assert load_settings(UPath(tmp_path)).placement.seed == 1
    monkeypatch.setenv("NST_PLACEMENT__SEED", "2")
    placement = load_settings(UPath(tmp_path)).placement
    assert (placement.seed, placement.flip) == (2, True)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[placement]\nstickers_per_scene = -1", "placement.stickers_per_scene"),
        ("[placement]\nsticker = 1", "placement.sticker"),
        ("[harmonize]\nmethod = 'best'", "harmonize.method"),
        ("[placement\n", "nst.toml"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_file(tmp_path, text, named):
    (tmp_path / "nst.toml").write_text(text)
    with pytest.raises(SettingError) as error:
        load_settings(UPath(tmp_path))
    assert named in str(error.value)
    assert "nst.toml" in str(error.value)


def test_a_variable_of_no_section_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("NST_PLACEMNT__SEED", "7")
    with pytest.raises(SettingError, match="NST_PLACEMNT__SEED"):
        load_settings(UPath(tmp_path))


def test_a_variable_that_is_no_list_is_told_how_to_be_one(tmp_path, monkeypatch):
    monkeypatch.setenv("NST_DETECTION__METHODS", "sidecar,hog")
    with pytest.raises(SettingError, match="write a list as JSON"):
        load_settings(UPath(tmp_path))


def test_the_smallest_height_is_not_above_the_largest(tmp_path):
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
    with pytest.warns(FutureWarning, match="colour_only is now called color_only"):
        settings = load_settings(UPath(tmp_path))
    assert settings.harmonize.color_only


def test_a_renamed_setting_keeps_its_first_name_in_fingerprints(tmp_path):
    settings = load_settings(UPath(tmp_path)).harmonize
    assert {"colour_only", "keep_colours"} <= settings.canonical().keys()
