import cv2
import numpy as np
import pytest

from nst_pipeline.vision.harmonize.painting import fit_to_palette, looks_painted
from nst_pipeline.vision.images.color import to_lab


def photo_named(name: str) -> np.ndarray:
    from skimage import data

    return getattr(data, name)()


def brushed(photo: np.ndarray) -> np.ndarray:
    """The photo with brush strokes: noise smeared along one direction."""
    noise = np.random.default_rng(1).normal(0, 40, photo.shape[:2]).astype(np.float32)
    strokes = cv2.GaussianBlur(noise, (0, 0), sigmaX=2.5, sigmaY=0.5)
    return np.clip(photo + strokes[..., None], 0, 255).astype(np.uint8)


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket"])
def test_photos_have_smooth_parts_and_paintings_none(name):
    photo = photo_named(name)
    nothing = np.zeros(photo.shape[:2], np.float32)
    assert not looks_painted(photo, nothing)
    assert looks_painted(brushed(photo), nothing)


def test_the_relief_of_the_object_does_not_count():
    photo = photo_named("coffee")
    matte = np.zeros(photo.shape[:2], np.float32)
    matte[60:340, 100:500] = 1
    scene = brushed(photo)
    assert looks_painted(np.where(matte[..., None] > 0, photo, scene), matte)
    assert not looks_painted(np.where(matte[..., None] > 0, scene, photo), matte)


def test_small_pictures_are_not_judged():
    small = cv2.resize(brushed(photo_named("coffee")), (240, 160))
    assert not looks_painted(small, np.zeros((160, 240), np.float32))


def test_the_painted_object_moves_toward_the_colors_around_it(cup):
    photo, matte = cup
    painted = np.where(matte[..., None] > 0, np.array([60, 160, 60], np.uint8), photo)
    result = fit_to_palette(painted, photo, matte)
    inside, ring = matte == 1, (matte > 0) & (matte < 1)
    around = to_lab(photo)[ring].mean(0)

    def gap(image: np.ndarray) -> float:
        return float(np.linalg.norm((to_lab(image)[inside].mean(0) - around)[1:]))

    assert gap(result) < 0.7 * gap(painted)
    np.testing.assert_array_equal(result[matte == 0], photo[matte == 0])


def test_some_structure_of_the_object_is_restored(cup):
    photo, matte = cup
    flat = np.where(matte[..., None] > 0, np.array([120, 100, 80], np.uint8), photo)
    result = fit_to_palette(flat, photo, matte)
    inside = matte == 1
    own, back = (to_lab(image)[..., 0][inside] for image in (photo, result))
    assert np.corrcoef(own - own.mean(), back - back.mean())[0, 1] > 0.15
    assert back.std() > 1
