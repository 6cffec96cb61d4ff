"""Bad input is one line that names the file and the remedy, with exit code 1."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from skimage import data

from nst_pipeline.vision.images.png import decode_png, encode_png


def _one_line(done) -> str:
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("error: ")
    return line


def test_a_collection_without_inboxes_is_refused(nst, tmp_path):
    (tmp_path / "data").mkdir()
    line = _one_line(nst("run"))
    assert str(tmp_path / "data/objects") in line
    assert "nst samples" in line


def test_a_setting_out_of_range_is_refused_with_its_file(nst, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/nst.toml").write_text("[placement]\nstickers_per_scene = -1\n")
    line = _one_line(nst("status"))
    assert "placement.stickers_per_scene" in line
    assert "nst.toml" in line


def test_an_unknown_setting_is_refused(nst, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/nst.toml").write_text("[placement]\nstickers = 1\n")
    assert "placement.stickers" in _one_line(nst("status"))


def test_an_unknown_key_is_refused(nst, tmp_path):
    (tmp_path / "data").mkdir()
    line = _one_line(nst("lineage", "nobody"))
    assert "'nobody'" in line


def test_a_dagster_home_without_its_file_is_refused_with_the_command_that_helps(nst, tmp_path):
    nst("samples")
    (tmp_path / "dagster_home/dagster.yaml").unlink()
    failed = nst("run")
    assert failed.returncode == 1 and "has no dagster.yaml" in failed.stderr
    assert "Traceback" not in failed.stderr
    command = failed.stderr.split("`")[1]
    subprocess.run(command, shell=True, check=True)
    assert (tmp_path / "dagster_home/dagster.yaml").is_file()


def test_without_a_dagster_home_the_projects_is_named(nst, monkeypatch, tmp_path):
    nst("samples")
    monkeypatch.delenv("DAGSTER_HOME")
    (tmp_path / "dagster_home/dagster.yaml").unlink()
    failed = nst("run")
    home = failed.stderr.split("export DAGSTER_HOME=")[1].split("`")[0]
    assert failed.returncode == 1 and (Path(home) / "dagster.yaml").is_file()


def test_a_missing_folder_is_refused(nst, tmp_path):
    line = _one_line(nst("cutout", "--photos", "nowhere", "--out", "out"))
    assert "nowhere" in line
    assert not (tmp_path / "out").exists()


def test_an_unknown_method_is_refused_before_anything_is_written(nst, tmp_path):
    (tmp_path / "c").mkdir()
    (tmp_path / "c/a.png").write_bytes(encode_png(data.chelsea()))
    done = nst("harmonize", "--composites", "c", "--masks", "c", "--out", "o", "--method", "best")
    assert done.returncode == 2 and done.stdout == ""
    assert "'best'" in done.stderr and "--method" in done.stderr
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("method", ["magenta", "vgg19"])
def test_a_missing_model_is_named(nst, tmp_path, method):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/nst.toml").write_text(
        "[magenta]\nhandle = 'no/such/model'\n[vgg19]\nweights = 'no/such/weights.h5'\n"
    )
    (tmp_path / "a.png").write_bytes(encode_png(data.chelsea()))
    paths = ("--content", "a.png", "--style", "a.png", "--out", "o.png")
    line = _one_line(nst("stylize", *paths, "--method", method))
    assert "no/such/" in line
    assert not (tmp_path / "o.png").exists()


def test_a_broken_harmonizer_is_named(nst, tmp_path):
    (tmp_path / "c").mkdir()
    (tmp_path / "c/a.png").write_bytes(encode_png(data.chelsea()))
    (tmp_path / "model.npz").write_bytes(b"no model")
    arguments = ("--composites", "c", "--masks", "c", "--out", "o")
    line = _one_line(nst("harmonize", *arguments, "--harmonizer", "model.npz"))
    assert "model.npz" in line


@pytest.fixture
def pasted(tmp_path) -> Path:
    """A folder as `nst compose` writes it: a composite with its mask beside it."""
    photo = data.coffee()[::2, ::2]
    mask = np.zeros(photo.shape[:2], np.uint8)
    mask[60:140, 90:200] = 255
    folder = tmp_path / "pasted"
    folder.mkdir()
    (folder / "cup.png").write_bytes(encode_png(photo))
    (folder / "cup.mask.png").write_bytes(encode_png(mask))
    return folder


def test_a_composite_is_never_its_own_mask(nst, pasted, tmp_path):
    out = tmp_path / "out"
    done = nst(
        "harmonize", "--composites", pasted, "--masks", pasted, "--out", out, "--method", "ring"
    )
    assert done.returncode == 0, done.stderr
    before, after, mask = (
        decode_png(path.read_bytes())
        for path in (pasted / "cup.png", out / "cup.png", pasted / "cup.mask.png")
    )
    changed = (before != after).any(-1)
    assert changed.any() and not changed[mask == 0].any()


def test_a_result_never_overwrites_an_input(nst, pasted):
    before = (pasted / "cup.png").read_bytes()
    done = nst("harmonize", "--composites", pasted, "--masks", pasted, "--out", pasted)
    assert done.returncode == 3 and "is an input and would be overwritten" in done.stderr
    scene = pasted / "cup.png"
    done = nst("compose", "--scene", scene, "--sticker", pasted / "cup.mask.png", "--out", scene)
    assert done.returncode == 1 and scene.read_bytes() == before


@pytest.mark.parametrize(
    ("value", "shows"), [(0, "no object"), (1, "no object"), (255, "no background")]
)
def test_a_mask_without_an_object_or_a_background_is_refused(nst, pasted, tmp_path, value, shows):
    mask = decode_png((pasted / "cup.png").read_bytes())[..., 0] * 0 + np.uint8(value)
    (pasted / "cup.mask.png").write_bytes(encode_png(mask))
    done = nst("harmonize", "--composites", pasted, "--masks", pasted, "--out", tmp_path / "out")
    assert done.returncode == 3 and shows in done.stderr and "cup.mask.png" in done.stderr


def test_contradictory_options_are_refused(nst, pasted, tmp_path):
    given = ("harmonize", "--composites", pasted, "--masks", pasted, "--out", tmp_path / "out")
    done = nst(*given, "--method", "painted", "--color-only")
    assert done.returncode == 1 and "contradicts" in done.stderr


def test_export_without_a_dataset_is_refused(nst, tmp_path):
    (tmp_path / "data").mkdir()
    line = _one_line(nst("export", "out"))
    assert "nst run" in line
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("data/artifacts/here",), "inside the data folder"),
        (("out", "--format", "coco", "--segments"), "--segments"),
        (("out", "--split", "80/20", "--all"), "leave out --split"),
    ],
)
def test_an_export_with_contradictory_arguments_is_refused(nst, tmp_path, arguments, message):
    (tmp_path / "data").mkdir()
    assert message in _one_line(nst("export", *arguments))


def test_an_invalid_time_is_refused(nst, tmp_path):
    (tmp_path / "data").mkdir()
    assert "--since yesterday" in _one_line(nst("report", "--since", "yesterday"))
