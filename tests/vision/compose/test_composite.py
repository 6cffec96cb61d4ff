import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_pipeline.vision.compose.cast_shadow import Sun
from nst_pipeline.vision.compose.composite import compose, layer_mattes, recompose
from nst_pipeline.vision.compose.layer_shade import Sunlit
from nst_pipeline.vision.images.dtype import to_uint8
from nst_pipeline.vision.shapes import Box, Placement


@pytest.fixture(scope="module")
def scene() -> np.ndarray:
    from skimage import data

    return cv2.resize(data.coffee(), (150, 100), interpolation=cv2.INTER_AREA)


@pytest.fixture(scope="module")
def sticker() -> np.ndarray:
    """The cat's head in a soft ellipse."""
    from skimage import data

    cat = cv2.resize(data.chelsea(), (90, 60), interpolation=cv2.INTER_AREA)
    alpha = np.zeros((60, 90), np.uint8)
    cv2.ellipse(alpha, (45, 30), (40, 26), 0, 0, 360, 255, -1)
    return np.dstack([cat, cv2.GaussianBlur(alpha, (0, 0), 2)])


def test_what_hangs_has_no_shadow(scene, sticker):
    hanging = Placement("clock", Box(20, 10, 90, 60), hangs=True)
    result = compose(scene, [(hanging, sticker)], shadow=0.6, bounce=0.5)
    assert not result.shadow.any()
    assert np.array_equal(result.image[result.matte == 0], scene[result.matte == 0])


def test_an_unscaled_sticker_is_blended_by_its_alpha(scene, sticker):
    result = compose(scene, [(Placement("cat", Box(20, 30, 90, 60)), sticker)])
    alpha = sticker[..., 3:] / 255
    expected = scene.astype(float)
    expected[30:90, 20:110] = alpha * sticker[..., :3] + (1 - alpha) * expected[30:90, 20:110]
    assert np.abs(result.image - expected).max() <= 1
    np.testing.assert_allclose(result.matte[30:90, 20:110], alpha[..., 0], atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(-120, 160),
    st.integers(-90, 110),
    st.integers(1, 200),
    st.integers(1, 140),
    st.booleans(),
)
def test_any_box_keeps_the_background_bytes(scene, sticker, x, y, width, height, flip):
    result = compose(scene, [(Placement("cat", Box(x, y, width, height), flip), sticker)])
    clear = result.matte == 0
    np.testing.assert_array_equal(result.image[clear], scene[clear])
    assert result.image.shape == scene.shape
    assert result.matte.min() >= 0 and result.matte.max() <= 1
    for layer in result.layers:
        assert layer.pixels.shape[:2] == (layer.box.height, layer.box.width)


@settings(max_examples=40, deadline=None)
@given(st.integers(-120, 160), st.integers(-90, 110), st.integers(1, 200), st.integers(1, 140))
def test_a_shadow_darkens_the_scene_and_nothing_else(scene, sticker, x, y, width, height):
    layers = [(Placement("cat", Box(x, y, width, height)), sticker)]
    plain, standing = compose(scene, layers), compose(scene, layers, shadow=1.0)
    np.testing.assert_array_equal(standing.matte, plain.matte)
    clear = (standing.matte == 0) & (standing.shadow * 255 < 0.5)
    np.testing.assert_array_equal(standing.image[clear], scene[clear])
    assert (standing.image <= plain.image).all()
    assert standing.shadow.min() >= 0 and standing.shadow.max() <= 1


def test_a_sticker_that_the_bottom_edge_cuts_casts_no_shadow(scene, sticker):
    standing = compose(scene, [(Placement("cat", Box(20, 38, 90, 60)), sticker)], shadow=0.6)
    cut = compose(scene, [(Placement("cat", Box(20, 43, 90, 60)), sticker)], shadow=0.6)
    assert standing.shadow.any() and not cut.shadow.any()


def test_a_clipped_sticker_looks_like_the_same_part_of_the_whole_one(scene, sticker):
    """Enlarged past the left edge, the visible part lies where it would on a wider scene."""
    wide = cv2.copyMakeBorder(scene, 0, 0, 60, 0, cv2.BORDER_REPLICATE)
    on_wide = compose(wide, [(Placement("cat", Box(20, 10, 117, 78)), sticker)])
    clipped = compose(scene, [(Placement("cat", Box(-40, 10, 117, 78)), sticker)])
    np.testing.assert_allclose(clipped.matte, on_wide.matte[:, 60:], atol=1e-2)


def test_colors_of_transparent_pixels_do_not_bleed_in(scene):
    """Black under alpha 0 must not darken the edge when the sticker is scaled down."""
    sticker = np.zeros((80, 80, 4), np.uint8)
    sticker[20:60, 20:60] = 255
    result = compose(np.full_like(scene, 255), [(Placement("white", Box(10, 10, 33, 33)), sticker)])
    assert result.image.min() == 255


@pytest.mark.parametrize("side", [13, 33, 80, 97, 200])
@pytest.mark.parametrize("below", [0, 255])
def test_a_resized_sticker_has_no_dark_or_white_fringe(scene, side, below):
    """Whatever color hides under alpha 0, at any size, all that is visible keeps its color."""
    sticker = np.full((80, 80, 4), (200, 20, 20, 0), np.uint8)
    cv2.circle(sticker, (40, 40), 30, (200, 20, 20, 255), -1)
    sticker[sticker[..., 3] == 0, :3] = below
    result = compose(scene, [(Placement("disc", Box(10, 5, side, side)), sticker)])
    pixels = result.layers[0].pixels.astype(int)
    assert np.abs(pixels[pixels[..., 3] > 0][:, :3] - (200, 20, 20)).max() <= 1


def test_a_half_transparent_pixel_is_half_its_color_and_half_the_scene():
    night = np.full((20, 30, 3), (6, 12, 12), np.uint8)
    glass = np.full((8, 8, 4), (200, 20, 20, 128), np.uint8)
    result = compose(night, [(Placement("glass", Box(10, 5, 8, 8)), glass)])
    assert result.image[9, 14].tolist() == [103, 16, 16]


def test_a_flipped_placement_mirrors_the_sticker(scene, sticker):
    plain = compose(scene, [(Placement("cat", Box(30, 20, 90, 60)), sticker)])
    mirrored = compose(scene, [(Placement("cat", Box(30, 20, 90, 60), flip=True), sticker)])
    np.testing.assert_array_equal(mirrored.layers[0].pixels, plain.layers[0].pixels[:, ::-1])


def test_a_placement_outside_leaves_the_scene_as_it_is(scene, sticker):
    result = compose(scene, [(Placement("cat", Box(500, 500, 90, 60)), sticker)])
    assert result.layers == () and not result.matte.any()
    np.testing.assert_array_equal(result.image, scene)


def test_visible_mattes_of_layers_add_up_to_the_joint_matte(scene, sticker):
    result = compose(
        scene,
        [
            (Placement("under", Box(10, 20, 90, 60)), sticker),
            (Placement("over", Box(40, 30, 90, 60)), sticker),
        ],
    )
    under, over = layer_mattes(result)
    np.testing.assert_allclose(under + over, result.matte, atol=1e-5)
    assert under[60, 85] == 0 and over[60, 85] == 1


def test_recompose_blends_by_the_matte_and_keeps_the_rest(scene):
    matte = np.zeros(scene.shape[:2], np.float32)
    matte[20:40, 20:40], matte[30, 30] = 1, 0.5
    red = np.full_like(scene, (255, 0, 0))
    result = recompose(scene, matte, red)
    np.testing.assert_array_equal(result[matte == 0], scene[matte == 0])
    assert (result[matte == 1] == (255, 0, 0)).all()
    np.testing.assert_allclose(
        result[30, 30], (scene[30, 30] / 2 + np.array([127.5, 0, 0])), atol=1
    )


SUNLIT = Sunlit(Sun(0.0, shade=(0.7, 0.65, 0.55)), horizon=0.2, ground=np.ones((4, 6), np.float32))


@settings(max_examples=30, deadline=None)
@given(
    st.integers(-120, 160),
    st.integers(-90, 110),
    st.integers(1, 200),
    st.integers(1, 140),
    st.floats(0, 360),
)
def test_a_cast_shadow_changes_only_what_the_shadow_covers(
    scene, sticker, x, y, width, height, direction
):
    sun = Sun(direction, length=1.3, softness=0.1)
    sunlit = Sunlit(sun, SUNLIT.horizon, SUNLIT.ground)
    layers = [(Placement("cat", Box(x, y, width, height)), sticker)]
    result = compose(scene, layers, shadow=0.7, sunlit=sunlit, bounce=0.2)
    clear = (to_uint8(result.matte) == 0) & (to_uint8(result.shadow) == 0)
    np.testing.assert_array_equal(result.image[clear], scene[clear])
    assert result.shadow.min() >= 0 and result.shadow.max() <= 1
    ground = to_uint8(result.matte) == 0
    assert (result.image[ground] <= scene[ground]).all()


def test_a_cast_shadow_is_bluer_than_the_ground(scene, sticker):
    gray = np.full_like(scene, 180)
    layers = [(Placement("cat", Box(20, 30, 45, 50)), sticker)]
    result = compose(gray, layers, shadow=0.6, sunlit=SUNLIT)
    red, _, blue = result.image[78, 85].astype(int)
    assert blue > red + 5 and blue < 180


def test_no_shadow_is_cast_where_the_contact_shadow_is_off(scene, sticker):
    layers = [(Placement("cat", Box(20, 30, 45, 50)), sticker)]
    assert not compose(scene, layers, shadow=0.0, sunlit=SUNLIT).shadow.any()


def test_no_shadow_is_cast_on_another_sticker(scene, sticker):
    """The second stands left of the first, with light from the left."""
    behind = Placement("cat", Box(70, 25, 60, 55)), sticker
    before = Placement("cat", Box(10, 30, 45, 50)), sticker
    alone, both = (
        compose(scene, layers, shadow=0.01, sunlit=SUNLIT)
        for layers in ([behind], [behind, before])
    )
    cat = alone.matte > 0.99
    assert both.shadow[78, 62] > 0.2
    assert np.abs(both.image[cat].astype(int) - alone.image[cat]).max() <= 1


def test_what_is_no_ground_receives_less_of_a_shadow(scene, sticker):
    wall = Sunlit(SUNLIT.sun, SUNLIT.horizon, np.zeros((4, 6), np.float32))
    layers = [(Placement("cat", Box(20, 30, 45, 50)), sticker)]
    on_wall, on_ground = (compose(scene, layers, shadow=0.6, sunlit=s) for s in (wall, SUNLIT))
    assert on_wall.shadow[78, 85] < 0.5 * on_ground.shadow[78, 85]
