import cv2
import numpy as np
import pytest

from nst_pipeline.style.magenta import load_magenta
from nst_pipeline.style.paint import paint_object
from nst_pipeline.vision.images.color import to_lab

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pasted() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The cat's head on a photo of Peking's summer palace: composite, matte, scene."""
    from skimage import data
    from sklearn.datasets import load_sample_image

    scene = load_sample_image("china.jpg")[::2, ::2].copy()
    cat = cv2.resize(data.chelsea(), (scene.shape[1], scene.shape[0]))
    matte = np.zeros(scene.shape[:2], np.float32)
    cv2.ellipse(matte, (160, 110), (70, 60), 0, 0, 360, 1.0, -1)
    return np.where(matte[..., None] > 0, cat, scene), matte, scene


def test_the_object_takes_on_the_scenes_colors_and_nothing_else_changes(pasted):
    composite, matte, scene = pasted
    result = paint_object(composite, matte, scene, load_magenta())
    np.testing.assert_array_equal(result[matte == 0], composite[matte == 0])
    inside, around = matte > 0, cv2.dilate(matte, np.ones((9, 9))) - matte > 0

    def gap(image: np.ndarray) -> float:
        return float(
            np.linalg.norm((to_lab(image)[inside].mean(0) - to_lab(scene)[around].mean(0))[1:])
        )

    assert gap(result) < 0.6 * gap(composite)


def test_the_same_input_gives_the_same_bytes(pasted):
    one, again = (paint_object(*pasted, load_magenta()) for _ in range(2))
    np.testing.assert_array_equal(one, again)


def test_a_composite_without_an_object_does_not_change(pasted):
    composite, matte, scene = pasted
    result = paint_object(composite, np.zeros_like(matte), scene, load_magenta())
    np.testing.assert_array_equal(result, composite)
