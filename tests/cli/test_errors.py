"""Bad input: one line that names the thing and the remedy, exit code 1, nothing half-written."""

import pytest
from skimage import data

from nst_pipeline.vision.image_io import encode_png


def _one_line(done) -> str:
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("error: ")
    return line


def test_a_collection_without_inboxes(nst, tmp_path):
    line = _one_line(nst("run"))
    assert str(tmp_path / "data/objects") in line
    assert "nst samples" in line


def test_a_wrong_setting(nst, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/nst.toml").write_text("[placement]\nstickers_per_scene = -1\n")
    line = _one_line(nst("status"))
    assert "placement.stickers_per_scene" in line
    assert "nst.toml" in line


def test_a_setting_that_does_not_exist(nst, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/nst.toml").write_text("[placement]\nstickers = 1\n")
    assert "placement.stickers" in _one_line(nst("status"))


def test_an_unknown_key(nst):
    line = _one_line(nst("lineage", "nobody"))
    assert "'nobody'" in line


def test_a_missing_dagster_home(nst, tmp_path):
    (tmp_path / "dagster_home/dagster.yaml").unlink()
    assert "dagster.yaml" in _one_line(nst("run"))


def test_a_missing_folder(nst, tmp_path):
    line = _one_line(nst("cutout", "--photos", "nowhere", "--out", "out"))
    assert "nowhere" in line
    assert not (tmp_path / "out").exists()


def test_an_unknown_method(nst, tmp_path):
    (tmp_path / "c").mkdir()
    (tmp_path / "c/a.png").write_bytes(encode_png(data.chelsea()))
    done = nst("harmonize", "--composites", "c", "--masks", "c", "--out", "o", "--method", "best")
    assert "harmonize.method" in _one_line(done)
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("method", ["magenta", "vgg19"])
def test_a_model_that_cannot_be_had(nst, tmp_path, method):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/nst.toml").write_text(
        "[magenta]\nhandle = 'no/such/model'\n[vgg19]\nweights = 'no/such/weights.h5'\n"
    )
    (tmp_path / "a.png").write_bytes(encode_png(data.chelsea()))
    paths = ("--content", "a.png", "--style", "a.png", "--out", "o.png")
    line = _one_line(nst("stylize", *paths, "--method", method))
    assert "no/such/" in line
    assert not (tmp_path / "o.png").exists()


def test_a_broken_harmonizer(nst, tmp_path):
    (tmp_path / "c").mkdir()
    (tmp_path / "c/a.png").write_bytes(encode_png(data.chelsea()))
    (tmp_path / "model.npz").write_bytes(b"no model")
    arguments = ("--composites", "c", "--masks", "c", "--out", "o")
    line = _one_line(nst("harmonize", *arguments, "--harmonizer", "model.npz"))
    assert "model.npz" in line
