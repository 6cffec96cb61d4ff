import cv2
import numpy as np

from nst_pipeline.vision.shapes import Box
from nst_pipeline.vision.support import ground_of, support_line


def seascape(horizon: float) -> np.ndarray:
    """Blue sky over rippled green water."""
    rows = np.random.default_rng(0).integers(-25, 25, (240, 320, 1))
    scene = np.empty((240, 320, 3))
    edge = round(horizon * 240)
    scene[:edge] = (120, 170, 230)
    scene[edge:] = np.array((60, 110, 70)) + rows[edge:]
    return scene.astype(np.uint8)


def test_finds_the_horizon_where_there_is_one():
    for horizon in (0.35, 0.5, 0.62):
        assert abs(support_line(seascape(horizon)) - horizon) < 0.03


def test_says_the_middle_where_nothing_tells():
    assert abs(support_line(np.full((120, 160, 3), 128, np.uint8)) - 0.5) < 0.02


def test_does_not_depend_on_the_size():
    from sklearn.datasets import load_sample_image

    scene = load_sample_image("china.jpg")
    larger = cv2.resize(scene, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    assert abs(support_line(scene) - support_line(larger)) < 0.03


def test_tiny_scenes_are_no_error():
    assert 0 < support_line(np.zeros((1, 1, 3), np.uint8)) < 1


def test_calm_sky_is_less_busy_than_the_rocket():
    from skimage import data

    scene = data.rocket()
    height, width = scene.shape[:2]
    ground = ground_of(scene)
    sky = ground.busyness_in(Box(150, 60, 100, 150), width, height)
    rocket = ground.busyness_in(Box(290, 130, 60, 290), width, height)
    assert sky < rocket / 3
