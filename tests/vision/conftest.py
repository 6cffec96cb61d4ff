"""Real photos with objects at known places."""

import cv2
import numpy as np
import pytest


def _ellipse(shape: tuple[int, ...], center, axes) -> np.ndarray:
    matte = np.zeros(shape[:2], np.float32)
    cv2.ellipse(matte, center, axes, 0, 0, 360, 1.0, -1)
    return cv2.GaussianBlur(matte, (0, 0), 0.8)


@pytest.fixture(scope="session")
def flower() -> tuple[np.ndarray, np.ndarray]:
    """A flower in front of dark leaves, and its matte; 160 x 240 pixels."""
    from sklearn.datasets import load_sample_image

    photo = cv2.resize(load_sample_image("flower.jpg"), (240, 160), interpolation=cv2.INTER_AREA)
    return photo, _ellipse(photo.shape, (118, 58), (48, 52))


@pytest.fixture(scope="session")
def cup() -> tuple[np.ndarray, np.ndarray]:
    """A cup of coffee on a wooden table, and its matte; 160 x 240 pixels."""
    from skimage import data

    photo = cv2.resize(data.coffee(), (240, 160), interpolation=cv2.INTER_AREA)
    return photo, _ellipse(photo.shape, (120, 80), (62, 66))


@pytest.fixture(scope="session")
def collection(flower, cup) -> list[tuple[np.ndarray, np.ndarray]]:
    """A small collection: elliptic objects at random places in crops of real photos."""
    from skimage import data
    from sklearn.datasets import load_sample_image

    sources = [data.astronaut(), data.chelsea(), data.rocket(), load_sample_image("china.jpg")]
    rng, photos = np.random.default_rng(5), [flower, cup]
    for number in range(22):
        source = sources[number % len(sources)]
        top, left = rng.integers(source.shape[0] - 200), rng.integers(source.shape[1] - 200)
        center = tuple(int(v) for v in rng.integers(70, 130, 2))
        axes = tuple(int(v) for v in rng.integers(25, 50, 2))
        photos.append(
            (source[top : top + 200, left : left + 200], _ellipse((200, 200), center, axes))
        )
    return photos
