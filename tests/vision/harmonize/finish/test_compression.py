import cv2
import numpy as np
import pytest

from nst_pipeline.vision.harmonize.finish.compression import blockiness, match_compression


def compressed(photo: np.ndarray, quality: int) -> np.ndarray:
    _, data = cv2.imencode(".jpg", photo[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1].copy()


@pytest.fixture(scope="module")
def blocky(flower_large) -> tuple[np.ndarray, np.ndarray]:
    """A clean flower in a photo that was saved at JPEG quality 20."""
    photo, matte = flower_large
    return np.where(matte[..., None] > 0.5, photo, compressed(photo, 20)), matte


@pytest.fixture(scope="module")
def flower_large() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_sample_image

    photo = cv2.resize(load_sample_image("flower.jpg"), (480, 320), interpolation=cv2.INTER_AREA)
    matte = np.zeros((320, 480), np.float32)
    cv2.ellipse(matte, (236, 116), (96, 100), 0, 0, 360, 1.0, -1)
    return photo, matte


def test_blockiness_measures_blocks(flower_large):
    photo, _ = flower_large
    everywhere = np.ones(photo.shape[:2], bool)
    assert abs(blockiness(photo, everywhere) - 1) < 0.05
    assert blockiness(compressed(photo, 20), everywhere) > 1.3
    assert blockiness(photo, ~everywhere) is None


def test_a_clean_object_takes_on_the_scenes_blocks(blocky):
    image, matte = blocky
    inside = matte > 0.5
    result = match_compression(image, matte)
    assert blockiness(result, inside) > blockiness(image, inside) + 0.1
    np.testing.assert_array_equal(result[~inside], image[~inside])


def test_a_scene_without_blocks_changes_nothing(flower_large):
    np.testing.assert_array_equal(match_compression(*flower_large), flower_large[0])
