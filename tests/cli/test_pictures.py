"""Commands on picture files: cutout, compose, harmonize, calibrate, stylize, sweep."""

import json

import cv2
import numpy as np
import pytest
from skimage import data

from nst_pipeline.vision.images.png import decode_png, encode_png
from tests.style.zoo.networks import save_pct_net, save_queries

pytestmark = pytest.mark.slow

CUP = "78,12,404,376"


@pytest.fixture
def photos(tmp_path):
    """A folder with a cup, and a boxes file that marks it."""
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "coffee.png").write_bytes(encode_png(data.coffee()))
    (folder / "other.png").write_bytes(encode_png(data.chelsea()))
    boxes = tmp_path / "boxes.csv"
    boxes.write_text(f"image,x,y,width,height\ncoffee.png,{CUP}\n")
    return folder, boxes


def test_cutout_writes_a_sticker_for_each_photo_in_the_boxes_file(nst, photos, tmp_path):
    folder, boxes = photos
    done = nst("cutout", "--photos", folder, "--boxes", boxes, "--out", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    assert [each["photo"] for each in json.loads(done.stdout)["made"]] == ["coffee.png"]
    sticker = decode_png((tmp_path / "out/coffee.png").read_bytes())
    assert sticker.shape[2] == 4
    assert 0.4 < (sticker[..., 3] > 127).mean() < 0.95
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["coffee.png"]


def test_cutout_full_frame_writes_the_matte_at_the_photos_size(nst, photos, tmp_path):
    folder, boxes = photos
    done = nst("cutout", "--photos", folder, "--boxes", boxes, "--out", "out", "--full-frame")
    assert done.returncode == 0, done.stderr
    matte = decode_png((tmp_path / "out/coffee.png").read_bytes())
    assert matte.shape == data.coffee().shape[:2]
    assert matte[200, 280] > 127 > matte[5, 5]


def test_a_failed_photo_is_named_and_the_others_are_made(nst, photos, tmp_path):
    folder, _ = photos
    (folder / "broken.png").write_bytes(b"\x89PNG")
    done = nst("cutout", "--photos", folder, "--out", tmp_path / "out")
    assert done.returncode == 3
    assert "broken.png" in done.stderr
    assert (tmp_path / "out/coffee.png").exists()


def test_a_photo_without_an_object_is_named_and_no_failure(nst, photos, tmp_path):
    folder, _ = photos
    (folder / "plain.png").write_bytes(encode_png(np.full((200, 300, 3), 128, np.uint8)))
    done = nst("cutout", "--photos", folder, "--out", tmp_path / "out")
    assert done.returncode == 0
    assert "plain.png: no object found: mark it in a boxes file" in done.stderr
    assert not (tmp_path / "out/plain.png").exists()


def test_cutout_leaves_out_what_is_not_good_enough(nst, photos, tmp_path):
    folder, boxes = photos
    given = ("--photos", folder, "--boxes", boxes, "--out", tmp_path / "out", "--json")
    (made,) = json.loads(nst("cutout", *given).stdout)["made"]
    (tmp_path / "out/coffee.png").unlink()
    done = nst("cutout", *given, "--min-quality", min(made["quality"] + 0.01, 1))
    assert done.returncode == 0
    printed = json.loads(done.stdout)
    assert printed["made"] == [] and not (tmp_path / "out/coffee.png").exists()
    (reason,) = printed["empty"].values()
    assert f"object 1 has a quality of {made['quality']:.2f}" in reason


def test_compose_puts_a_sticker_where_it_is_told(nst, cut_outs, tmp_path):
    night = np.full((400, 600, 3), (6, 12, 12), np.uint8)
    (tmp_path / "night.png").write_bytes(encode_png(night))
    given = ("--scene", "night.png", "--sticker", cut_outs / "ball.png", "--out", "made.png")
    done = nst("compose", *given, "--at", "200,350", "--height", "100", "--json")
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)["made"]
    assert (row["x"], row["y"], row["width"], row["height"]) == (150, 250, 100, 100)
    for wrong, message in (("200", "--at 200: give"), ("900,10", "900,10 is not in the scene")):
        done = nst("compose", *given, "--at", wrong)
        assert done.returncode == 1 and message in done.stderr


def test_compose_changes_only_the_sticker_and_its_shadow(nst, photos, tmp_path):
    folder, boxes = photos
    nst("cutout", "--photos", folder, "--boxes", boxes, "--out", "stickers")
    scene = cv2.resize(data.rocket(), (500, 334))
    (tmp_path / "scene.png").write_bytes(encode_png(scene))
    sticker = ("--sticker", "stickers/coffee.png")
    done = nst("compose", "--scene", "scene.png", *sticker, "--out", "made.png")
    assert done.returncode == 0, done.stderr
    made = decode_png((tmp_path / "made.png").read_bytes())
    mask = decode_png((tmp_path / "made.mask.png").read_bytes())
    assert (made <= scene)[mask == 0].all()  # outside the mask, the contact shadow only darkens
    assert np.array_equal(made[:100][mask[:100] == 0], scene[:100][mask[:100] == 0])
    assert (made != scene).any()


@pytest.fixture
def cut_outs(tmp_path):
    """Photos that are cut out already: a soft ball, glass, and an opaque one with an alpha."""
    folder = tmp_path / "cut-outs"
    folder.mkdir()
    rows, columns = np.indices((200, 200))
    ball = np.rint(np.clip(2 - np.hypot(rows - 100, columns - 100) / 45, 0, 1) * 255)
    glass = 128 * ((abs(rows - 100) < 70) & (abs(columns - 100) < 60))
    for name, color, alpha in (("ball", (20, 60, 200), ball), ("glass", (200, 20, 20), glass)):
        colors = np.full((200, 200, 3), color, np.uint8)
        picture = np.dstack([colors, alpha.astype(np.uint8)])
        (folder / f"{name}.png").write_bytes(encode_png(picture))
    full = np.dstack([data.coffee(), np.full(data.coffee().shape[:2], 255, np.uint8)])
    (folder / "full.png").write_bytes(encode_png(full))
    return folder


def test_cutout_takes_a_photos_own_alpha_and_colors(nst, cut_outs, tmp_path):
    done = nst("cutout", "--photos", cut_outs, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    for name, color in (("ball", (20, 60, 200)), ("glass", (200, 20, 20))):
        photo = decode_png((cut_outs / f"{name}.png").read_bytes())
        sticker = decode_png((tmp_path / f"out/{name}.png").read_bytes())
        assert set(np.unique(sticker[..., 3])) == set(np.unique(photo[..., 3]))
        assert (sticker[..., 3] > 0).sum() == (photo[..., 3] > 0).sum()
        assert (sticker[sticker[..., 3] > 0][:, :3] == color).all()


def test_cutout_finds_the_object_of_a_photo_whose_alpha_covers_everything(nst, cut_outs, tmp_path):
    nst("cutout", "--photos", cut_outs, "--out", tmp_path / "out", "--full-frame")
    matte = decode_png((tmp_path / "out/full.png").read_bytes())
    assert 0.05 < (matte > 127).mean() < 0.8


@pytest.mark.parametrize(("name", "color"), [("ball", (20, 60, 200)), ("glass", (200, 20, 20))])
def test_compose_lays_a_stickers_own_color_on_a_dark_scene(nst, cut_outs, tmp_path, name, color):
    """Every pixel is a mix of the sticker's color and the scene: nothing is whiter than both."""
    night = np.full((400, 600, 3), (6, 12, 12), np.uint8)
    (tmp_path / "night.png").write_bytes(encode_png(night))
    sticker = cut_outs / f"{name}.png"
    done = nst("compose", "--scene", "night.png", "--sticker", sticker, "--out", "made.png")
    assert done.returncode == 0, done.stderr
    made = decode_png((tmp_path / "made.png").read_bytes()).astype(float)
    alpha = decode_png((tmp_path / "made.mask.png").read_bytes())[..., None] / 255
    mixed = alpha * np.array(color) + (1 - alpha) * night
    inside = alpha[..., 0] > 0
    middle = int(np.flatnonzero(inside.any(1)).mean())
    assert np.abs(made - mixed)[:middle][inside[:middle]].max() <= 2
    assert (made <= mixed + 2).all()  # below its foot, the shadow darkens the scene
    assert alpha.max() == (1 if name == "ball" else 128 / 255)


def test_compose_without_a_shadow_changes_only_the_sticker(nst, photos, tmp_path):
    folder, boxes = photos
    nst("cutout", "--photos", folder, "--boxes", boxes, "--out", "stickers")
    scene = cv2.resize(data.rocket(), (500, 334))
    (tmp_path / "scene.png").write_bytes(encode_png(scene))
    (tmp_path / "data").mkdir()
    (tmp_path / "data/nst.toml").write_text("[placement]\nshadow = 0\n")
    nst("compose", "--scene", "scene.png", "--sticker", "stickers/coffee.png", "--out", "made.png")
    made = decode_png((tmp_path / "made.png").read_bytes())
    mask = decode_png((tmp_path / "made.mask.png").read_bytes())
    assert np.array_equal(made[mask == 0], scene[mask == 0])


@pytest.fixture
def composites(tmp_path):
    """A photo of a cat, the same with the cat too blue, and the mask of the cat."""
    photo = data.chelsea()
    mask = np.zeros(photo.shape[:2], np.uint8)
    cv2.ellipse(mask, (225, 150), (110, 100), 0, 0, 360, 255, -1)
    blue = np.clip(photo.astype(int) + np.array([-40, -10, 60]), 0, 255).astype(np.uint8)
    made = np.where(mask[..., None] > 0, blue, photo)
    for name, picture in (("composites", made), ("masks", mask), ("photos", photo)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "사진 1.png").write_bytes(encode_png(picture))
    return photo, made, mask


@pytest.mark.parametrize("method", ["auto", "ring", "magenta", "untouched"])
def test_harmonize_changes_only_the_object(nst, composites, tmp_path, method):
    photo, made, mask = composites
    arguments = ("--composites", "composites", "--masks", "masks", "--out", "out")
    done = nst("harmonize", *arguments, "--method", method)
    assert done.returncode == 0, done.stderr
    result = decode_png((tmp_path / "out/사진 1.png").read_bytes())
    assert np.array_equal(result[mask == 0], made[mask == 0])

    def error(picture):
        return ((picture.astype(float) - photo) ** 2)[mask > 0].mean()

    if method == "untouched":
        assert np.array_equal(result, made)
    else:
        assert error(result) < error(made)


def test_harmonize_makes_an_object_in_a_black_and_white_photo_black_and_white(
    nst, composites, tmp_path
):
    photo, made, mask = composites
    scene = np.repeat(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    pasted = np.where(mask[..., None] > 0, made, scene)
    (tmp_path / "composites/사진 1.png").write_bytes(encode_png(pasted))
    arguments = "--composites", "composites", "--masks", "masks", "--out", "out"
    done = nst("harmonize", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    (record,) = json.loads(done.stdout)["made"]
    assert record["tone"] == "monochrome" and record["confidence"] > 0.9
    result = decode_png((tmp_path / "out/사진 1.png").read_bytes())
    assert np.array_equal(result.max(2), result.min(2))
    assert np.array_equal(result[mask == 0], scene[mask == 0])


def test_harmonize_takes_the_light_of_the_objects_own_photo(nst, composites, tmp_path):
    photo, _, mask = composites
    night = np.where(mask[..., None] > 0, photo, (photo * 0.4).astype(np.uint8))
    (tmp_path / "composites/사진 1.png").write_bytes(encode_png(night))
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources/사진 1.png").write_bytes(encode_png(photo))
    (tmp_path / "sources/사진 1.mask.png").write_bytes(encode_png(mask))
    arguments = "--composites", "composites", "--masks", "masks", "--out", "out", "--json"
    done = nst("harmonize", *arguments, "--source", "sources")
    assert done.returncode == 0, done.stderr
    (record,) = json.loads(done.stdout)["made"]
    assert (record["method"], record["source"]) == ("light", "known")
    result = decode_png((tmp_path / "out/사진 1.png").read_bytes())
    assert result[mask > 127].mean() < 0.9 * photo[mask > 127].mean()
    (tmp_path / "sources/사진 1.png").unlink()
    (record,) = json.loads(nst("harmonize", *arguments, "--source", "sources").stdout)["made"]
    assert record["source"] == "unknown"


def test_harmonize_takes_a_network_of_the_users(nst, composites, tmp_path):
    network = save_pct_net(tmp_path / "net.onnx")
    arguments = "--composites", "composites", "--masks", "masks", "--out", "out"
    done = nst("harmonize", *arguments, "--method", "network", "--network", network, "--json")
    assert done.returncode == 0, done.stderr
    assert {each["method"] for each in json.loads(done.stdout)["made"]} == {"network"}
    failed = nst("harmonize", *arguments, "--method", "network")
    assert failed.returncode == 1 and "harmonize.network is empty" in failed.stderr


def test_cutout_finds_with_a_network_of_the_users(nst, photos, tmp_path, monkeypatch):
    folder, _ = photos
    monkeypatch.setenv("NST_DETECTION__DNN_MODEL", str(save_queries(tmp_path / "net.onnx")))
    done = nst("cutout", "--photos", folder, "--out", "out", "--full-frame", "--json")
    assert done.returncode == 0, done.stderr
    matte = decode_png((tmp_path / "out/coffee.png").read_bytes())
    rows, columns = np.nonzero(matte > 127)
    assert rows.min() >= 140 and rows.max() <= 260
    assert columns.min() >= 215 and columns.max() <= 385


def test_harmonize_without_a_mask_names_the_composite(nst, composites, tmp_path):
    (tmp_path / "masks/사진 1.png").unlink()
    done = nst("harmonize", "--composites", "composites", "--masks", "masks", "--out", "out")
    assert done.returncode == 3
    assert "사진 1" in done.stderr


def test_calibrate_refuses_too_few_photos(nst, composites, tmp_path):
    arguments = ("--photos", "photos", "--masks", "masks")
    done = nst("calibrate", *arguments, "--out", "model.npz")
    assert done.returncode == 1
    assert "too few of the 1 photos" in done.stderr
    assert not (tmp_path / "model.npz").exists()


def test_calibrate_writes_a_model_that_harmonize_reads(nst, composites, tmp_path):
    photo, _, mask = composites
    for number in range(24):
        part = slice(0, 300 - number)
        (tmp_path / f"photos/{number}.png").write_bytes(encode_png(photo[part]))
        (tmp_path / f"masks/{number}.png").write_bytes(encode_png(mask[part]))
    done = nst("calibrate", "--photos", "photos", "--masks", "masks", "--out", "model.npz")
    assert done.returncode == 0, done.stderr
    folders = ("--composites", "composites", "--masks", "masks", "--out", "out")
    done = nst("harmonize", *folders, "--harmonizer", "model.npz", "--method", "model")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out/사진 1.png").exists()


def test_harmonize_with_vgg19_changes_only_the_object(nst, composites, tmp_path, vgg19_file):
    _, made, mask = composites
    (tmp_path / "data").mkdir()
    settings = f"[vgg19]\nweights = '{vgg19_file}'\nside = 48\nsteps = 2\n"
    (tmp_path / "data/nst.toml").write_text(settings)
    arguments = ("--composites", "composites", "--masks", "masks", "--out", "out")
    done = nst("harmonize", *arguments, "--method", "vgg19")
    assert done.returncode == 0, done.stderr
    result = decode_png((tmp_path / "out/사진 1.png").read_bytes())
    assert np.array_equal(result[mask == 0], made[mask == 0])
    assert (result != made).any()


@pytest.fixture
def tiny_vgg19(tmp_path, vgg19_file):
    """Settings that finish quickly, and two photos."""
    (tmp_path / "data").mkdir()
    settings = f"[vgg19]\nweights = '{vgg19_file}'\nside = 48\nsteps = 2\n"
    (tmp_path / "data/nst.toml").write_text(settings)
    for name, photo in (("content", data.astronaut()), ("style", data.coffee())):
        (tmp_path / f"{name}.png").write_bytes(encode_png(photo))
    return "--content", "content.png", "--style", "style.png"


def test_stylize_with_vgg19_reports_the_loss_and_writes_frames(nst, tiny_vgg19, tmp_path):
    given = (*tiny_vgg19, "--out", "made.png", "--method", "vgg19", "--frames", "frames", "--json")
    done = nst("stylize", *given)
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)["made"]
    assert float(row["loss"]) > 0
    made = decode_png((tmp_path / "made.png").read_bytes())
    assert made.shape == data.astronaut().shape
    frames = sorted(path.name for path in (tmp_path / "frames").iterdir())
    assert frames == ["0001.png", "0002.png"]
    assert decode_png((tmp_path / "frames/0002.png").read_bytes()).shape == (48, 48, 3)


def test_sweep_draws_a_grid_of_weights_on_one_sheet(nst, tiny_vgg19, tmp_path):
    weights = ("--content-weights", "1e-8,1e-7", "--style-weights", "1e-6,1e-5,1e-4")
    done = nst("sweep", *tiny_vgg19, "--out", "sheet.png", *weights, "--cell", "96", "--json")
    assert done.returncode == 0, done.stderr
    grid = [(row["content"], row["style"]) for row in json.loads(done.stdout)["made"]]
    assert grid == [(c, s) for c in (1e-8, 1e-7) for s in (1e-6, 1e-5, 1e-4)]
    height, width = decode_png((tmp_path / "sheet.png").read_bytes()).shape[:2]
    assert width > 3 * 96 and height > 2 * 96


def test_sweep_refuses_weights_that_are_not_numbers(nst, tiny_vgg19):
    done = nst("sweep", *tiny_vgg19, "--out", "sheet.png", "--style-weights", "1e-6;1e-5")
    assert done.returncode == 1
    assert "--style-weights 1e-6;1e-5: give numbers separated by commas" in done.stderr


def test_judge_tells_a_photo_from_a_rectangle_of_another(nst, tmp_path):
    cup, mask = data.coffee(), np.zeros(data.coffee().shape[:2], np.uint8)
    mask[100:300, 60:220] = 255
    pasted = cup.copy()
    pasted[100:300, 60:220] = cv2.resize(data.rocket(), (160, 200))
    for folder in ("pictures", "masks"):
        (tmp_path / folder).mkdir()
    for name, picture in (("photo", cup), ("pasted", pasted)):
        (tmp_path / f"pictures/{name}.png").write_bytes(encode_png(picture))
        (tmp_path / f"masks/{name}.png").write_bytes(encode_png(mask))
    folders = ("--pictures", tmp_path / "pictures", "--masks", tmp_path / "masks")
    done = nst("judge", *folders, "--json")
    assert done.returncode == 0, done.stderr
    found = {each["picture"]: each for each in json.loads(done.stdout)["made"]}
    assert found["pasted.png"]["naturalness"] < found["photo.png"]["naturalness"]
    assert set(found["photo.png"]["factors"]) >= {"cutout", "size", "place", "light", "shadow"}
    assert "photo.png" in nst("judge", *folders).stdout


def test_judge_without_masks_is_refused(nst, tmp_path):
    done = nst("judge", "--pictures", tmp_path, "--masks", tmp_path / "none")
    assert done.returncode == 1
    assert "no such folder" in done.stderr
