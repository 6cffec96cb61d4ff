import numpy as np
import pytest
from skimage import data

from nst_pipeline.style.scene_layout import load_layout_network
from nst_pipeline.vision.place.layout import OBSTACLES, SURFACES, Layout


@pytest.fixture(scope="module")
def palace() -> Layout:
    from sklearn.datasets import load_sample_image

    return load_layout_network()(load_sample_image("china.jpg"))


def test_probabilities_sum_to_one(palace):
    assert palace.surfaces.shape == (len(SURFACES), 64, 64)
    np.testing.assert_allclose(palace.surfaces.sum(0), 1, atol=1e-5)
    assert np.isfinite(palace.log_meter).all() and palace.log_spread.min() > 0


def test_sky_building_and_trees_are_told_apart(palace):
    shown = np.array(SURFACES)[palace.surfaces.argmax(0)]
    assert (shown[2:12, 45:] == "sky").mean() > 0.95
    assert (shown[15:40, 16:28] == "wall").mean() > 0.9
    assert (shown[50:62, 36:52] == "foliage").mean() > 0.7


def test_a_motorcycle_is_in_the_way_and_the_floor_is_not():
    layout = load_layout_network()(data.stereo_motorcycle()[1])
    obstacles = layout.probability(OBSTACLES)
    assert obstacles[28:40, 22:36].mean() > 0.9
    assert obstacles[58:, 20:60].mean() < 0.1


def test_the_mirror_image_has_the_mirrored_layout():
    cat = np.ascontiguousarray(data.chelsea()[:, :, :3])
    read = load_layout_network()
    one, other = read(cat), read(cat[:, ::-1])
    np.testing.assert_allclose(one.surfaces, other.surfaces[..., ::-1], atol=1e-3)


def test_the_astronaut_tells_how_large_a_meter_is():
    """She is in half profile down to the waist: a meter is about as high as the photo."""
    layout = load_layout_network()(data.astronaut())
    person = layout.surfaces[SURFACES.index("person")] > 0.5
    assert 0.4 < np.exp(np.median(layout.log_meter[person])) < 2.5
