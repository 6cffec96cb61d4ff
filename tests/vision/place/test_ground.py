import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_pipeline.vision.images.codecs import decode_photo
from nst_pipeline.vision.place.ground import ground_of
from nst_pipeline.vision.shapes import Box


def seascape(horizon: float) -> np.ndarray:
    """Blue sky over rippled green water."""
    rows = np.random.default_rng(0).integers(-25, 25, (240, 320, 1))
    scene = np.empty((240, 320, 3))
    edge = round(horizon * 240)
    scene[:edge] = (120, 170, 230)
    scene[edge:] = np.array((60, 110, 70)) + rows[edge:]
    return scene.astype(np.uint8)


def test_finds_the_horizon_where_there_is_one():
    for horizon in (0.35, 0.5, 0.59):
        assert abs(ground_of(seascape(horizon)).horizon - horizon) < 0.03


def test_says_the_middle_where_nothing_tells():
    assert abs(ground_of(np.full((120, 160, 3), 128, np.uint8)).horizon - 0.5) < 0.02


def test_does_not_depend_on_the_size():
    from sklearn.datasets import load_sample_image

    scene = load_sample_image("china.jpg")
    larger = cv2.resize(scene, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    assert abs(ground_of(scene).horizon - ground_of(larger).horizon) < 0.03


def test_tiny_scenes_are_no_error():
    assert 0 < ground_of(np.zeros((1, 1, 3), np.uint8)).horizon < 1


def test_table_is_ground_and_the_cup_on_it_is_not():
    from skimage import data

    ground = ground_of(data.coffee())
    table, saucer = Box(440, 340, 120, 50), Box(200, 250, 120, 80)
    assert ground.support_in(table) > 3 * ground.support_in(saucer)


def test_a_night_sky_is_no_ground():
    from skimage import data

    ground = ground_of(data.rocket())
    sky, pad = Box(130, 40, 130, 120), Box(380, 370, 150, 50)
    assert ground.support_in(sky) < 0.1 < ground.support_in(pad)


def test_the_garage_floor_is_ground_and_the_motorcycle_is_not():
    from pathlib import Path

    import skimage

    file = Path(skimage.__file__).parent / "data/motorcycle_right.png"
    ground = ground_of(decode_photo(file.read_bytes(), name=file.name, max_megapixels=9))
    floor, engine = Box(60, 440, 600, 50), Box(260, 200, 160, 130)
    assert ground.support_in(floor) > 0.6 > 0.1 > ground.support_in(engine)


def test_mean_color_of_a_region():
    scene = np.zeros((100, 200, 3), np.uint8)
    scene[:, 100:] = 255
    ground = ground_of(scene)
    assert abs(ground.lab_in(Box(120, 10, 60, 60))[0] - 100) < 1
    assert abs(ground.lab_in(Box(60, 10, 80, 60))[0] - 50) < 2


@settings(max_examples=50, deadline=None)
@given(*[st.integers(-300, 600)] * 2, *[st.integers(0, 400)] * 2)
def test_any_box_can_be_asked_about(x, y, width, height):
    ground = ground_of(seascape(0.5))
    assert 0 <= ground.support_in(Box(x, y, width, height)) <= 1
