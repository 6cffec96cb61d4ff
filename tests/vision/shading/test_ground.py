import cv2
import numpy as np

from nst_pipeline.vision.images.codecs import decode_photo
from nst_pipeline.vision.shading.ground import estimate_ground
from nst_pipeline.vision.shapes import Box


def seascape(horizon: float) -> np.ndarray:
    """Blue sky over rippled green water."""
    rows = np.random.default_rng(0).integers(-25, 25, (240, 320, 1))
    scene = np.empty((240, 320, 3))
    edge = round(horizon * 240)
    scene[:edge] = (120, 170, 230)
    scene[edge:] = np.array((60, 110, 70)) + rows[edge:]
    return scene.astype(np.uint8)


def confidence(scene: np.ndarray, box: Box) -> float:
    """Mean confidence that a box of the scene shows ground."""
    found = cv2.resize(estimate_ground(scene).confidence, scene.shape[1::-1])
    return float(found[box.slices].mean())


def test_a_visible_horizon_is_found():
    for horizon in (0.35, 0.5, 0.59):
        assert abs(estimate_ground(seascape(horizon)).horizon - horizon) < 0.03


def test_without_evidence_the_horizon_is_in_the_middle():
    assert abs(estimate_ground(np.full((120, 160, 3), 128, np.uint8)).horizon - 0.5) < 0.02


def test_the_horizon_does_not_depend_on_the_size_of_the_photo():
    from sklearn.datasets import load_sample_image

    scene = load_sample_image("china.jpg")
    larger = cv2.resize(scene, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    assert abs(estimate_ground(scene).horizon - estimate_ground(larger).horizon) < 0.03


def test_a_scene_of_one_pixel_has_a_horizon():
    assert 0 < estimate_ground(np.zeros((1, 1, 3), np.uint8)).horizon < 1


def test_the_table_is_ground_and_the_cup_on_it_is_not():
    from skimage import data

    scene = data.coffee()
    table, saucer = Box(440, 340, 120, 50), Box(200, 250, 120, 80)
    assert confidence(scene, table) > 3 * confidence(scene, saucer)


def test_a_night_sky_is_not_ground():
    from skimage import data

    scene = data.rocket()
    sky, pad = Box(130, 40, 130, 120), Box(380, 370, 150, 50)
    assert confidence(scene, sky) < 0.1 < confidence(scene, pad)


def test_the_garage_floor_is_ground_and_the_motorcycle_is_not():
    from pathlib import Path

    import skimage

    file = Path(skimage.__file__).parent / "data/motorcycle_right.png"
    scene = decode_photo(file.read_bytes(), name=file.name, max_megapixels=9)
    floor, engine = Box(60, 440, 600, 50), Box(260, 200, 160, 130)
    assert confidence(scene, floor) > 0.6 > 0.1 > confidence(scene, engine)
