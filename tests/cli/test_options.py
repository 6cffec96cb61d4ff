"""Options of `nst` as a whole: help, version, data folder, renamed flags and settings."""

from importlib.metadata import version

import pytest


def test_nst_alone_shows_the_help_and_succeeds(nst):
    done = nst()
    assert done.returncode == 0
    for text in ("--data", "--version", "--install-completion", "Collection", "Single pictures"):
        assert text in done.stdout


def test_the_short_help_flag_works_for_commands_too(nst):
    assert nst("status", "-h").stdout == nst("status", "--help").stdout


@pytest.mark.slow
def test_the_installed_command_prints_the_version_of_its_package(installed_nst):
    done = installed_nst("--version")
    assert (done.returncode, done.stdout) == (0, f"nst {version('nst-pipeline')}\n")


@pytest.mark.slow
def test_the_shell_completes_the_values_of_an_option(installed_nst, monkeypatch):
    monkeypatch.setenv("_NST_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "nst harmonize --look ")
    monkeypatch.setenv("COMP_CWORD", "3")
    assert installed_nst().stdout.split() == ["auto", "photo", "painting"]


def test_data_wins_over_the_environment(nst, tmp_path):
    assert nst("--data", "elsewhere", "samples").returncode == 0
    assert (tmp_path / "elsewhere/scenes").is_dir()
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("command", "option", "values"),
    [
        ("harmonize", "--method", ("auto", "untouched", "ring", "model", "painted", "vgg19")),
        ("harmonize", "--look", ("auto", "photo", "painting")),
        ("stylize", "--method", ("magenta", "vgg19")),
        ("sweep", "--mode", ("photographic", "artistic")),
        ("export", "--format", ("yolo", "coco", "voc", "huggingface", "webdataset")),
    ],
)
def test_help_and_refusal_list_the_values(nst, tmp_path, command, option, values):
    listed = nst(command, "--help").stdout
    assert all(value in listed for value in values)
    done = nst(command, option, "best")
    assert done.returncode == 2
    assert option in done.stderr and all(f"'{value}'" in done.stderr for value in values)


def test_an_option_has_the_bounds_of_its_setting(nst):
    done = nst("harmonize", "--strength", "2")
    assert done.returncode == 2
    assert "--strength" in done.stderr and "less than or equal to 1" in done.stderr


def test_a_former_flag_is_accepted_with_a_note_and_not_listed(nst, tmp_path):
    assert "colour" not in nst("harmonize", "--help").stdout
    folders = ("--composites", "none", "--masks", "none", "--out", "out")
    done = nst("harmonize", *folders, "--colour-only", "--keep-colours")
    notes = [line for line in done.stderr.splitlines() if line.startswith("note: ")]
    assert notes == [
        "note: --colour-only is now called --color-only: use that",
        "note: --keep-colours is now called --keep-colors: use that",
    ]
    assert "error: none: no such folder" in done.stderr


def test_a_former_setting_prints_one_note(nst, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/nst.toml").write_text("[harmonize]\ncolour_only = true\n")
    done = nst("status")
    assert done.returncode == 0
    path = tmp_path / "data/nst.toml"
    assert done.stderr == (
        f"note: {path}: harmonize.colour_only is now called harmonize.color_only: rename it\n"
    )


def test_square_brackets_in_names_are_printed_unchanged(nst, tmp_path):
    (tmp_path / "photos [red]").mkdir()
    done = nst("cutout", "--photos", "photos [red]", "--out", "out")
    assert "error: photos [red] has no" in done.stderr
