import cv2
import numpy as np
import pytest

from nst_pipeline.errors import SettingError
from nst_pipeline.settings import HarmonizeSettings
from nst_pipeline.vision.harmonize.candidates import CANDIDATES
from nst_pipeline.vision.harmonize.color_change import ColorChange, recolor
from nst_pipeline.vision.harmonize.harmonize import harmonize
from nst_pipeline.vision.harmonize.model.calibrate import calibrate
from nst_pipeline.vision.harmonize.model.harmonizer import Harmonizer, builtin
from nst_pipeline.vision.harmonize.model.seam import step_ratio
from nst_pipeline.vision.harmonize.network_change import Proposal
from nst_pipeline.vision.harmonize.object_view import object_colors, object_view
from nst_pipeline.vision.images.color import to_lab


@pytest.fixture(scope="module")
def calibrated(collection) -> Harmonizer:
    return calibrate(collection)


@pytest.fixture(scope="module")
def green_cup(cup) -> np.ndarray:
    """The cup's photo with the cup made green."""
    view = object_view(*cup)
    change = ColorChange(object_colors(view).own.mean, np.ones(3), np.array([10, -45.0, 5.0]))
    return recolor(*cup, change)


def distance(one: np.ndarray, other: np.ndarray, matte: np.ndarray) -> float:
    return float(((one.astype(float) - other) ** 2)[matte > 0.5].mean())


def test_auto_corrects_a_wrong_color(green_cup, cup, calibrated):
    photo, matte = cup
    result = harmonize(green_cup, matte, HarmonizeSettings(), harmonizer=calibrated)
    assert result.chosen != "untouched"
    assert distance(result.image, photo, matte) < 0.7 * distance(green_cup, photo, matte)
    assert max(result.color_fit, key=result.color_fit.get) == result.chosen
    assert result.confidence > 0.5


def test_auto_changes_no_byte_of_a_natural_photo(cup, calibrated):
    photo, matte = cup
    result = harmonize(photo, matte, HarmonizeSettings(), harmonizer=calibrated)
    assert result.chosen == "untouched" and result.confidence < 0.2
    np.testing.assert_array_equal(result.image, photo)


METHODS = [*(each.name for each in CANDIDATES), "auto"]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_keeps_the_background_bytes(green_cup, cup, calibrated, method):
    _, matte = cup
    stylized = cv2.resize(255 - green_cup, (128, 84), interpolation=cv2.INTER_AREA)
    plain = cv2.resize(green_cup, (128, 84), interpolation=cv2.INTER_AREA)
    painted = np.where(matte[..., None] > 0, 255 - green_cup, green_cup)
    proposals = {
        "magenta": lambda: Proposal(stylized, plain),
        "vgg19": lambda: Proposal(stylized),
        "painted": lambda: Proposal(painted),
        "network": lambda: Proposal(painted),
    }
    settings = HarmonizeSettings(method=method)
    result = harmonize(green_cup, matte, settings, harmonizer=calibrated, proposals=proposals)
    np.testing.assert_array_equal(result.image[matte == 0], green_cup[matte == 0])
    assert {"untouched", "ring", "model", "magenta", "vgg19"} <= set(result.color_fit)
    changed = (result.image != green_cup).any()
    assert changed != (result.chosen == "untouched")


def test_strength_applies_a_share_of_the_change(green_cup, cup):
    _, matte = cup

    def at(share: float) -> np.ndarray:
        settings = HarmonizeSettings(method="ring", strength=share)
        return harmonize(green_cup, matte, settings, harmonizer=builtin()).image.astype(int)

    full, half, none = at(1), at(0.5), at(0)
    np.testing.assert_array_equal(none, green_cup)
    assert np.abs((full + none) / 2 - half).max() <= 0.5


def test_a_method_without_its_proposal_is_named_in_the_error(cup):
    with pytest.raises(SettingError, match="vgg19"):
        harmonize(*cup, HarmonizeSettings(method="vgg19"), harmonizer=builtin())


def test_the_model_candidate_applies_the_whole_advised_change(green_cup, cup):
    settings = HarmonizeSettings(method="model", color_only=True)
    result = harmonize(green_cup, cup[1], settings, harmonizer=builtin())
    np.testing.assert_array_equal(result.image, builtin().apply(green_cup, cup[1]))


def test_the_ring_candidate_goes_part_of_the_way_to_the_rings_statistics(green_cup, cup):
    settings = HarmonizeSettings(method="ring", color_only=True)
    result = harmonize(green_cup, cup[1], settings, harmonizer=builtin()).image
    before, after = (object_colors(object_view(image, cup[1])) for image in (green_cup, result))
    gap = np.linalg.norm(before.ring[1:] - before.own.mean[1:])
    left = np.linalg.norm(before.ring[1:] - after.own.mean[1:])
    assert 0.5 * gap < left < 0.75 * gap


def test_keep_colors_changes_only_lightness(green_cup, cup, calibrated):
    _, matte = cup
    settings = HarmonizeSettings(method="model", keep_colors=True, color_only=True)
    result = harmonize(green_cup, matte, settings, harmonizer=calibrated).image
    moved = np.abs(to_lab(result) - to_lab(green_cup))[matte == 1].mean(0)
    assert moved[0] > 2 and moved[1] < 1 and moved[2] < 1


def test_color_only_leaves_the_outline_hard(cup, calibrated):
    photo, matte = cup
    hard = np.rint(matte)
    pasted = recolor(photo, hard, ColorChange(np.zeros(3), np.ones(3), np.array([25, 0, 0.0])))

    def step(**settings: bool) -> float:
        ring = HarmonizeSettings(method="ring", **settings)
        result = harmonize(pasted, hard, ring, harmonizer=builtin()).image
        return step_ratio(to_lab(result), hard > 0.5)

    assert step(color_only=True) > step() + 0.2


@pytest.fixture(scope="module")
def canvas(green_cup, cup) -> np.ndarray:
    """The green cup on a scene with the relief of a canvas, large enough to be judged."""
    large = cv2.resize(green_cup, (480, 320), interpolation=cv2.INTER_CUBIC).astype(float)
    relief = np.random.default_rng(0).normal(0, 9, (320, 480, 1))
    return np.clip(large + relief, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("proposed", "color_only", "painted"),
    [(True, False, True), (False, False, False), (True, True, False)],
)
def test_an_object_is_painted_where_that_is_proposed(
    canvas, cup, calibrated, proposed, color_only, painted
):
    matte = cv2.resize(cup[1], (480, 320))
    brown = np.where(matte[..., None] > 0, np.array([120, 80, 40], np.uint8), canvas)
    settings = HarmonizeSettings(color_only=color_only)
    proposals = {"painted": lambda: Proposal(brown)} if proposed else {}
    result = harmonize(canvas, matte, settings, harmonizer=calibrated, proposals=proposals)
    assert (result.chosen == "painted") == painted
    assert ("painted" in result.color_fit) == painted


MATTES = {
    "empty": np.zeros((48, 64), np.float32),
    "full": np.ones((48, 64), np.float32),
    "one pixel": np.pad(np.ones((1, 1), np.float32), ((20, 27), (30, 33))),
    "faint": np.full((48, 64), 0.2, np.float32),
}


@pytest.mark.parametrize("matte", MATTES.values(), ids=MATTES.keys())
def test_without_an_object_or_surroundings_nothing_changes_and_the_reason_is_given(
    matte, calibrated
):
    photo = np.random.default_rng(0).integers(0, 256, (48, 64, 3)).astype(np.uint8)
    for harmonizer in (builtin(), calibrated):
        result = harmonize(photo, matte, HarmonizeSettings(), harmonizer=harmonizer)
        assert result.chosen == "untouched" and result.left_alone
        np.testing.assert_array_equal(result.image, photo)


@pytest.mark.parametrize("scene", [0, 255])
@pytest.mark.parametrize("item", [0, 255])
def test_clipped_objects_and_scenes_stay_pictures(scene, item):
    composite, matte = np.full((60, 60, 3), scene, np.uint8), np.zeros((60, 60), np.float32)
    composite[20:40, 20:40], matte[20:40, 20:40] = item, 1
    result = harmonize(composite, matte, HarmonizeSettings(), harmonizer=builtin())
    assert not result.left_alone
    assert np.abs(np.diff(result.image[matte == 1].astype(int), axis=-1)).max() < 30
    np.testing.assert_array_equal(result.image[matte == 0], composite[matte == 0])


def test_a_gray_picture_stays_as_it_is():
    gray, matte = np.full((60, 60, 3), 128, np.uint8), np.zeros((60, 60), np.float32)
    matte[20:40, 20:40] = 1
    result = harmonize(gray, matte, HarmonizeSettings(method="ring"), harmonizer=builtin())
    np.testing.assert_array_equal(result.image, gray)


def test_a_large_picture_keeps_its_size_and_its_background(green_cup, cup, calibrated):
    _, matte = cup
    large = cv2.resize(green_cup, (4000, 3000), interpolation=cv2.INTER_LINEAR)
    soft = cv2.resize(matte, (4000, 3000), interpolation=cv2.INTER_LINEAR)
    result = harmonize(large, soft, HarmonizeSettings(), harmonizer=calibrated)
    assert result.image.shape == large.shape
    np.testing.assert_array_equal(result.image[soft == 0], large[soft == 0])
