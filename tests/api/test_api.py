"""The functions of `import nst_pipeline as nst`, as a notebook calls them."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms
from skimage import data

import nst_pipeline as nst
from nst_pipeline.vision.images.png import decode_png, encode_png

CUP = (78, 12, 404, 376)


@pytest.fixture(scope="module")
def cup() -> nst.Sticker:
    """The cup of a photo."""
    return nst.cut_out(data.coffee(), CUP)


@pytest.fixture(scope="module")
def composed(cup) -> nst.ComposeResult:
    """The cup on the ground of another photo."""
    return nst.compose(data.rocket(), cup, at=(200, 400), height=110)


def test_importing_the_package_loads_no_library():
    heavy = {"numpy", "cv2", "PIL", "tensorflow", "onnxruntime", "pydantic", "dagster"}
    code = f"import sys, nst_pipeline; print(sorted({heavy} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


def test_the_package_lists_its_functions_and_refuses_other_names():
    assert set(nst.__all__) <= set(dir(nst))
    assert all(getattr(nst, name).__doc__ for name in nst.__all__)
    with pytest.raises(AttributeError, match="no attribute 'cutout'"):
        nst.cutout  # noqa: B018


def test_a_cup_is_cut_out_named_and_saved(cup, tmp_path):
    assert (cup.label, cup.source) == ("cup", "box")
    assert 0.5 < cup.quality <= 1 and cup.matte.shape == data.coffee().shape[:2]
    assert cup.picture.shape == (cup.box.height, cup.box.width, 4)
    cup.save(tmp_path / "stickers/cup.png")
    assert np.array_equal(decode_png((tmp_path / "stickers/cup.png").read_bytes()), cup.picture)
    with pytest.raises(nst.NstError, match=r"end its name in \.png"):
        cup.save(tmp_path / "cup.jpg")


def test_a_notebook_shows_the_picture_and_not_its_numbers(cup, composed):
    shown = decode_png(cup._repr_png_())
    assert np.array_equal(shown, cup.picture) and cup._repr_jpeg_() is None
    with Image.open(io.BytesIO(composed._repr_jpeg_())) as picture:
        assert picture.size == composed.image.size == (640, 427)
    assert composed._repr_png_() is None
    assert "array" not in repr(cup) and "label='cup'" in repr(cup)


def _saved(folder: Path, picture: Image.Image, name: str, **options: object) -> Path:
    picture.save(folder / name, **options)
    return folder / name


@pytest.mark.slow
def test_array_path_and_pil_picture_give_the_same(cup, tmp_path):
    photo = Image.fromarray(data.coffee())
    path = _saved(tmp_path, photo, "coffee.png")
    for given in (path, str(path), photo, Image.open(path)):
        assert np.array_equal(nst.cut_out(given, nst.Box(*CUP)).picture, cup.picture)


@pytest.mark.parametrize("kind", ["rotated", "another profile", "palette", "inks"])
def test_a_pil_picture_is_read_as_its_file_is(tmp_path, kind):
    photo = Image.fromarray(data.chelsea())
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    path = {
        "rotated": lambda: _saved(tmp_path, photo, "a.jpg", exif=exif, quality=95),
        "another profile": lambda: _saved(tmp_path, photo, "a.png", icc_profile=profile),
        "palette": lambda: _saved(tmp_path, photo.quantize(64), "a.png"),
        "inks": lambda: _saved(tmp_path, photo.convert("CMYK"), "a.tif"),
    }[kind]()
    mask = np.zeros((451, 300) if kind == "rotated" else (300, 451), bool)
    mask[100:200, 100:200] = True
    same = nst.Settings(harmonize={"method": "untouched"})
    from_file = nst.harmonize(path, mask, settings=same).picture
    assert from_file.shape[:2] == mask.shape
    with Image.open(path) as opened:
        from_pil = nst.harmonize(opened, mask, settings=same).picture
    assert np.abs(from_pil.astype(int) - from_file).mean() < (3 if kind == "inks" else 0.01)


def test_a_transparent_array_is_cut_out_by_its_own_alpha():
    ball = np.full((120, 120, 4), (20, 60, 200, 0), np.uint8)
    ball[30:90, 30:90, 3] = 255
    made = nst.cut_out(ball)
    assert made.source == "alpha" and made.light is None
    assert (made.picture[..., 3] > 0).sum() == 60 * 60


def test_a_composite_changes_only_the_sticker_and_its_shadow(composed, tmp_path):
    (placed,) = composed.placed
    assert (placed.box.bottom, placed.box.height) == (400, 110)
    assert abs(placed.box.x + placed.box.width / 2 - 200) <= 1
    untouched = (composed.matte == 0) & (composed.shadow == 0)
    assert np.array_equal(composed.picture[untouched], data.rocket()[untouched])
    composed.save(tmp_path / "made.png")
    mask = decode_png((tmp_path / "made.mask.png").read_bytes())
    assert np.array_equal(mask > 127, composed.matte > 0.5)


def test_a_thing_is_smaller_the_farther_away_it_is_put():
    car = nst.Sticker(np.full((80, 160, 4), 255, np.uint8), label="car")
    far, near = (nst.compose(data.rocket(), car, at=(300, row)) for row in (360, 420))
    assert 0 < far.placed[0].box.height < 0.9 * near.placed[0].box.height


def test_two_stickers_find_places_that_do_not_overlap(cup):
    ball = nst.Sticker(np.full((80, 80, 4), (200, 40, 40, 255), np.uint8), label="ball")
    made = nst.compose(data.rocket(), [cup, ball])
    assert {each.sticker for each in made.placed} | set(made.refused) == {"sticker 1", "sticker 2"}
    assert len(made.layers) == len(made.placed) == 2


@pytest.mark.slow
def test_a_pasted_object_is_harmonized_and_judged(cup, composed):
    made = nst.harmonize(composed.picture, composed.matte, source=cup)
    outside = composed.matte == 0
    assert np.array_equal(made.picture[outside], composed.picture[outside])
    assert made.source_known and 0 <= made.confidence <= 1
    assert made.naturalness == nst.judge(made.picture, composed.matte)
    as_levels = np.rint(composed.matte * 255).astype(np.uint8)
    assert nst.judge(made.image, as_levels).probability == pytest.approx(
        made.naturalness.probability, abs=0.01
    )
    by_photo = nst.harmonize(composed.picture, composed.matte, data.coffee(), source_mask=cup.matte)
    assert by_photo.method == made.method


@pytest.mark.slow
def test_stylizing_keeps_the_size_and_says_which_network_it_was(vgg19_file):
    painted = nst.stylize(data.coffee(), data.chelsea())
    assert painted.picture.shape == data.coffee().shape and painted.network == "magenta"
    assert painted.loss is None
    chosen = {"weights": str(vgg19_file), "network": "vgg19", "side": 48, "steps": 2}
    steps = []
    made = nst.stylize(
        data.coffee(),
        data.chelsea(),
        "vgg19",
        settings=nst.Settings(vgg19=chosen),
        on_step=steps.append,
    )
    assert made.network == "vgg19" and made.loss == pytest.approx(made.losses[-1], rel=0.05)
    assert len(steps) == 2


def test_networks_are_loaded_once_a_process(cup, composed, monkeypatch):
    nst.find_objects(data.coffee())
    nst.judge(composed.picture, composed.matte)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a network is loaded again")

    monkeypatch.setattr("onnxruntime.InferenceSession", refuse)
    assert nst.find_objects(data.chelsea())
    assert nst.compose(data.coffee(), cup).picture.any()
    assert nst.judge(composed.picture, composed.matte).factors


def test_settings_of_a_collection_are_read(tmp_path):
    (tmp_path / "nst.toml").write_text("[placement]\nshadow = 0\n")
    settings = nst.load_settings(tmp_path)
    made = nst.compose(data.rocket(), nst.cut_out(data.coffee(), CUP), settings=settings)
    assert settings.placement.shadow == 0 and not made.shadow.any()


_PHOTO = data.coffee()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nst.cut_out("nowhere.jpg"), r"nowhere\.jpg cannot be read"),
        (lambda: nst.cut_out(_PHOTO / 255.0), "is no picture: give"),
        (lambda: nst.cut_out(_PHOTO[..., 0]), "is no picture: give"),
        (lambda: nst.cut_out(_PHOTO, (1, 2, 3)), r"give x, y, width, height"),
        (lambda: nst.cut_out(_PHOTO, (900, 900, 10, 10)), "nothing is left"),
        (lambda: nst.cut_out(np.full((200, 300, 3), 128, np.uint8)), "no object found"),
        (lambda: nst.compose(_PHOTO, _PHOTO), "no transparency"),
        (lambda: nst.judge(_PHOTO, np.zeros((9, 9), bool)), "9 x 9 pixels"),
        (lambda: nst.judge(_PHOTO, np.zeros(_PHOTO.shape[:2], bool)), "shows no object"),
        (lambda: nst.judge(_PHOTO, np.full(_PHOTO.shape[:2], 7.0)), "is no mask"),
        (lambda: nst.stylize(_PHOTO, _PHOTO, "vgg"), "give 'magenta' or 'vgg19'"),
    ],
)
def test_wrong_input_says_what_to_give(call, message):
    with pytest.raises(nst.NstError, match=message) as refused:
        call()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"height": 20}, "needs a place"),
        ({"at": (700, 10)}, "not in the scene"),
        ({"at": (10, 10), "height": 0}, "give pixels"),
    ],
)
def test_a_place_outside_of_the_scene_is_refused(cup, options, message):
    with pytest.raises(nst.NstError, match=message):
        nst.compose(data.rocket(), cup, **options)


def test_the_commands_make_what_the_functions_make(cup, composed, tmp_path, monkeypatch):
    """`nst compose` and `nst judge` on files, against the functions on arrays."""
    from nst_pipeline.cli import main

    monkeypatch.setenv("NST_DATA", str(tmp_path / "data"))
    (tmp_path / "scene.png").write_bytes(encode_png(data.rocket()))
    cup.save(tmp_path / "cup.png")
    command = ("compose", "--scene", "scene.png", "--sticker", "cup.png", "--out", "made.png")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["nst", *command])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    made = nst.compose(tmp_path / "scene.png", "cup.png")
    assert np.array_equal(decode_png((tmp_path / "made.png").read_bytes()), made.picture)
