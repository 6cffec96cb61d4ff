import subprocess
import sys

import numpy as np
import pytest

from nst_pipeline.errors import NstError
from nst_pipeline.vision.harmonize.color_change import ColorChange, recolor
from nst_pipeline.vision.harmonize.model.calibrate import CALIBRATION, calibrate
from nst_pipeline.vision.harmonize.model.color_model import COLOR_MODEL
from nst_pipeline.vision.harmonize.model.distort import move_sliders
from nst_pipeline.vision.harmonize.model.harmonizer import Harmonizer, builtin, from_bytes, load
from nst_pipeline.vision.harmonize.object_view import object_colors, object_view


@pytest.fixture(scope="module")
def calibrated(collection) -> Harmonizer:
    return calibrate(collection, seed=1)


def error(picture: np.ndarray, truth: np.ndarray, matte: np.ndarray) -> float:
    return float(((picture.astype(float) - truth) ** 2)[matte > 0.5].mean())


def test_the_model_undoes_recoloring_in_its_own_photos(calibrated, collection):
    """Objects of the collection, recolored in ways that calibration has not seen."""
    rng, before, after = np.random.default_rng(99), 0.0, 0.0
    for photo, matte in collection:
        wrong = np.where(matte[..., None] > 0.5, move_sliders(photo, rng), photo)
        before += error(wrong, photo, matte)
        after += error(calibrated.apply(wrong, matte), photo, matte)
    assert after < 0.6 * before


def test_the_model_hardly_changes_natural_photos(calibrated, collection):
    moved = [error(calibrated.apply(*pair), *pair) for pair in collection]
    assert np.mean(moved) < 100


def test_confidence_is_high_for_recolored_photos_and_low_for_natural_ones(calibrated, collection):
    natural, recolored = [], []
    for photo, matte in collection:
        view = object_view(photo, matte)
        tint = ColorChange(object_colors(view).own.mean, np.ones(3), np.array([5, 30.0, -25.0]))
        natural.append(calibrated.advise(view).confidence)
        recolored.append(
            calibrated.advise(object_view(recolor(photo, matte, tint), matte)).confidence
        )
    assert np.mean(natural) < 0.2 < 0.6 < np.mean(recolored)


def test_the_background_keeps_its_bytes(calibrated, flower):
    photo, matte = flower
    result = calibrated.apply(move_sliders(photo, np.random.default_rng(0)), matte)
    np.testing.assert_array_equal(
        result[matte == 0], move_sliders(photo, np.random.default_rng(0))[matte == 0]
    )


def test_an_object_unlike_any_example_is_not_moved_far(calibrated, flower):
    photo, matte = flower
    strange = np.where(matte[..., None] > 0.5, np.array([0, 255, 0], np.uint8), photo)
    shift = calibrated.advise(object_view(strange, matte)).change.shift
    assert np.linalg.norm(shift) <= COLOR_MODEL.shift_limit + COLOR_MODEL.pull_limit


def test_equal_photos_and_seeds_give_equal_bytes(calibrated, collection):
    steps = []
    again = calibrate(iter(collection), seed=1, on_step=lambda *step: steps.append(step))
    assert again.to_bytes() == calibrated.to_bytes()
    total = again.photos + CALIBRATION.folds + 1
    assert steps == [(finished, total) for finished in range(1, total + 1)]
    assert calibrate(collection, seed=2).digest != calibrated.digest


def test_a_saved_and_loaded_model_gives_the_same_result(calibrated, flower, tmp_path):
    calibrated.save(tmp_path / "harmonizer.npz")
    again = load(tmp_path / "harmonizer.npz")
    assert again.digest == calibrated.digest and again.photos == calibrated.photos
    np.testing.assert_array_equal(again.apply(*flower), calibrated.apply(*flower))


def test_small_collections_get_the_built_in_model(collection):
    assert calibrate(collection[: CALIBRATION.photos_min - 1]) is builtin()


def test_photos_without_an_object_do_not_count(collection):
    empty = [(photo, np.zeros_like(matte)) for photo, matte in collection]
    assert calibrate([*empty, *collection[:3]]) is builtin()


def test_the_built_in_model_corrects_recolored_photos_and_leaves_natural_ones(collection):
    """It was fitted to other photos, so these are new to it."""
    rng, before, after, confidences = np.random.default_rng(7), 0.0, 0.0, []
    for photo, matte in collection[:2]:
        for _ in range(4):
            wrong = np.where(matte[..., None] > 0.5, move_sliders(photo, rng), photo)
            before += error(wrong, photo, matte)
            after += error(builtin().apply(wrong, matte), photo, matte)
        confidences.append(builtin().advise(object_view(photo, matte)).confidence)
    assert after < 0.7 * before
    assert np.mean(confidences) < 0.3


def test_the_built_in_model_reads_as_it_was_written(cup):
    again = from_bytes(builtin().to_bytes())
    assert again.digest == builtin().digest and again.photos == 0
    np.testing.assert_array_equal(again.apply(*cup), builtin().apply(*cup))


def test_prediction_does_not_import_scikit_learn():
    code = (
        "import sys, numpy as np\n"
        "from nst_pipeline.vision.harmonize.model.harmonizer import builtin\n"
        "matte = np.zeros((60, 60), np.float32)\n"
        "matte[20:40, 20:40] = 1\n"
        "builtin().apply(np.full((60, 60, 3), 90, np.uint8), matte)\n"
        "sys.exit('sklearn' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 cut off"])
def test_a_broken_file_is_named(content, tmp_path):
    path = tmp_path / "broken.npz"
    path.write_bytes(content)
    with pytest.raises(NstError, match=r"broken\.npz is not a harmonizer"):
        load(path)


def test_pickles_are_refused(tmp_path):
    path = tmp_path / "pickled.npz"
    np.savez(path, photos=np.array([{"a": 1}], dtype=object))
    with pytest.raises(NstError, match=r"pickled\.npz"):
        load(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(NstError, match=r"nowhere\.npz"):
        load(tmp_path / "nowhere.npz")
