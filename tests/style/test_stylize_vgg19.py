import cv2
import numpy as np
import pytest

from nst_pipeline.errors import SettingError
from nst_pipeline.settings import Vgg19Settings
from nst_pipeline.style.stylize_vgg19 import stylize_vgg19, vgg19_loss

pytestmark = pytest.mark.slow

SMALL = Vgg19Settings(side=64, steps=3, mode="artistic", precision="float32")
CLASSIC = SMALL.model_copy(update={"losses": "classic"})
PHOTO = SMALL.model_copy(update={"mode": "photographic"})


def sized(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)


@pytest.fixture(scope="module")
def start(photos) -> np.ndarray:
    return sized(photos["astronaut"], 64, 48)


@pytest.fixture(scope="module")
def style(photos) -> np.ndarray:
    return sized(photos["flower"], 60, 60)


@pytest.fixture(scope="module")
def disc() -> np.ndarray:
    mask = np.zeros((48, 64), np.float32)
    cv2.circle(mask, (32, 24), 14, 1.0, -1)
    return cv2.GaussianBlur(mask, (5, 5), 0)


def test_the_loss_falls_at_every_step(vgg, start, style):
    steps = []

    result = stylize_vgg19(start, style, vgg, SMALL, on_progress=steps.append)

    assert result.image.shape == start.shape
    assert result.image.dtype == np.uint8
    assert len(result.losses) == 4
    assert all(np.diff(result.losses) < 0)
    assert result.losses[-1] < result.losses[0] / 2
    assert result.loss == pytest.approx(result.losses[-1], rel=1e-5)
    assert [step.loss for step in steps] == result.losses[1:]
    assert [step.fraction_done for step in steps] == pytest.approx([1 / 3, 2 / 3, 1])
    np.testing.assert_allclose(steps[-1].picture, result.image, atol=0.51)


def test_the_same_input_gives_the_same_bytes(vgg, start, style, disc):
    first, second = (
        stylize_vgg19(start, style, vgg, SMALL, start_mask=disc).image for _ in range(2)
    )

    np.testing.assert_array_equal(first, second)


def test_only_the_region_changes(vgg, start, style, disc):
    result = stylize_vgg19(start, style, vgg, SMALL, start_mask=disc)

    np.testing.assert_array_equal(result.image[disc == 0], start[disc == 0])
    assert np.abs(result.image[disc == 1].astype(int) - start[disc == 1]).mean() > 2


def test_luminance_only_keeps_the_colors(vgg, start, style):
    gray = SMALL.model_copy(update={"luminance_only": True})

    image = stylize_vgg19(start, style, vgg, gray).image

    change = image.astype(int) - start
    inner = ((image > 0) & (image < 255)).all(-1)  # where no color is cut off
    assert np.abs(change[inner]).mean() > 2
    assert np.abs(np.diff(change[inner], axis=-1)).max() <= 1


def test_photographic_mode_keeps_edges(vgg, start, style):
    def edges_lost(settings: Vgg19Settings) -> float:
        image = stylize_vgg19(start, style, vgg, settings).image
        before, after = (cv2.Laplacian(x.astype(np.float32), cv2.CV_32F) for x in (start, image))
        return float(np.mean((before - after) ** 2))

    steps = {"steps": 20}
    assert edges_lost(PHOTO.model_copy(update=steps)) < edges_lost(SMALL.model_copy(update=steps))


def test_only_the_region_of_the_style_picture_counts(vgg, start, style):
    style = sized(style, 64, 64)
    black, noise = np.zeros_like(style), np.random.default_rng(0).integers(0, 256, style.shape)
    mask = np.zeros((64, 128), np.float32)
    mask[:, :64] = 1
    settings = SMALL.model_copy(
        update={
            "side": 128,
            "style_layers": ["block1_conv1", "block3_conv1"],
            "total_variation_weight": 0.0,
        }
    )
    beside_black, beside_noise = (
        np.concatenate([style, other], axis=1, dtype=np.uint8, casting="unsafe")
        for other in (black, noise)
    )
    result, other = (
        stylize_vgg19(start, picture, vgg, settings, style_mask=mask)
        for picture in (beside_black, beside_noise)
    )
    unmasked = stylize_vgg19(start, beside_noise, vgg, settings)

    assert result.losses == pytest.approx(other.losses, rel=1e-3)
    assert unmasked.losses[0] != pytest.approx(result.losses[0], rel=0.2)


def test_a_larger_picture_gets_the_enlarged_change(vgg, photos, style):
    large = photos["astronaut"]

    result = stylize_vgg19(large, style, vgg, SMALL)

    small = stylize_vgg19(sized(large, 64, 64), style, vgg, SMALL)
    assert result.image.shape == large.shape
    assert np.abs(sized(result.image, 64, 64).astype(int) - small.image).mean() < 4
    assert np.abs(result.image.astype(int) - large).mean() > 4


def test_a_picture_in_its_own_style_is_unchanged(vgg, start, disc):
    for masks in {}, {"start_mask": disc, "style_mask": disc}:
        result = stylize_vgg19(start, start, vgg, SMALL, **masks)

        np.testing.assert_array_equal(result.image, start)
        assert (result.stop_reason, result.losses) == ("nothing", [])


def test_an_empty_region_is_unchanged(vgg, start, style):
    result = stylize_vgg19(start, style, vgg, SMALL, start_mask=np.zeros((48, 64), np.float32))

    np.testing.assert_array_equal(result.image, start)


def test_an_empty_style_region_counts_as_the_whole_style(vgg, start, style):
    empty = np.zeros(style.shape[:2], np.float32)

    with_empty = stylize_vgg19(start, style, vgg, SMALL, style_mask=empty)

    np.testing.assert_array_equal(with_empty.image, stylize_vgg19(start, style, vgg, SMALL).image)


@pytest.mark.parametrize("size", [(1, 1), (200, 3)])
def test_tiny_and_thin_pictures_work(vgg, photos, style, size):
    picture = sized(photos["astronaut"], *size)

    result = stylize_vgg19(picture, style, vgg, SMALL.model_copy(update={"steps": 1}))

    assert result.image.shape == picture.shape


def test_it_stops_early_when_the_loss_is_flat(vgg, start, style):
    eager = SMALL.model_copy(update={"steps": 50, "flat_gain": 0.9})

    result = stylize_vgg19(start, style, vgg, eager)

    assert result.stop_reason == "flat"
    assert len(result.losses) < 20


def test_the_classic_loss_is_that_of_the_keras_example(vgg, start, style):
    """Against numpy on Keras' features, as the Keras example adds them up."""
    import keras

    names = [f"block{block}_conv1" for block in range(1, 6)]
    style = sized(style, 64, 64)
    result = stylize_vgg19(start, style, vgg, CLASSIC.model_copy(update={"steps": 1}))

    def features(picture: np.ndarray) -> list[np.ndarray]:
        pixels = keras.applications.vgg19.preprocess_input(picture[None].astype(np.float32))
        return [x[0].numpy().astype(np.float64) for x in vgg.network(names)(pixels)]

    expected = 0.0
    for ours, other in zip(features(start), features(style), strict=True):
        flat, style_flat = (x.reshape(-1, x.shape[-1]) for x in (ours, other))
        # The style picture is of another size: its sums are scaled to the start's.
        distance = flat.T @ flat - style_flat.T @ style_flat * len(flat) / len(style_flat)
        expected += 1e-6 / 5 * np.sum(distance**2) / (4 * 9 * 400**4)
    pixels = start.astype(np.float64)
    down, across = np.diff(pixels, axis=0)[:, :-1] ** 2, np.diff(pixels, axis=1)[:-1] ** 2
    expected += 1e-6 * np.sum((down + across) ** 1.25)
    assert result.losses[0] == pytest.approx(expected, rel=1e-4)


def test_pictures_of_all_sizes_share_one_trace(vgg, start, style):
    from nst_pipeline.style.networks.objective import objective_for

    stylize_vgg19(start, style, vgg, SMALL)
    evaluate = objective_for(vgg, SMALL, "float32").evaluate
    traces = evaluate.experimental_get_tracing_count()

    stylize_vgg19(start[:40, :50], style[:32], vgg, SMALL)

    assert evaluate.experimental_get_tracing_count() == traces == 1


@pytest.fixture(scope="module")
def levels_of_two(photos) -> tuple[np.ndarray, np.ndarray]:
    """Pictures large enough for a coarse level, 96 x 96."""
    return sized(photos["astronaut"], 192, 192), sized(photos["flower"], 192, 192)


def test_a_coarse_level_saves_steps_at_the_finest(vgg, levels_of_two):
    settings = SMALL.model_copy(update={"side": 192, "steps": 2})

    result = stylize_vgg19(*levels_of_two, vgg, settings)
    assert len(result.losses) == 2 * 3

    one = settings.model_copy(update={"optimizer": "classic"})
    classic = stylize_vgg19(*levels_of_two, vgg, one)
    assert len(classic.losses) == 3
    assert result.loss < classic.loss / 2


def test_bfloat16_reaches_a_goal_that_float32_confirms(vgg, start, style):
    goal = stylize_vgg19(start, style, vgg, SMALL.model_copy(update={"steps": 8})).loss
    rounded = SMALL.model_copy(update={"steps": 12, "precision": "bfloat16"})

    result = stylize_vgg19(start, style, vgg, rounded, goal=goal)

    assert result.stop_reason == "goal"
    assert result.loss == pytest.approx(result.losses[-1], rel=0.01)
    assert result.loss <= goal * 1.01


@pytest.mark.parametrize("settings", [CLASSIC, PHOTO])
def test_the_loss_can_be_computed_for_any_picture(vgg, start, style, settings):
    given = start, style, vgg, settings

    result = stylize_vgg19(*given)

    assert vgg19_loss(start, *given) == pytest.approx(result.losses[0], rel=1e-5)
    assert vgg19_loss(result.image, *given) == pytest.approx(result.loss, rel=0.2)  # 8 bits


@pytest.mark.parametrize("optimizer", ["adam", "classic"])
def test_other_optimizers_lower_the_loss(vgg, start, style, optimizer):
    result = stylize_vgg19(start, style, vgg, SMALL.model_copy(update={"optimizer": optimizer}))

    assert all(np.diff(result.losses) < 0)


def test_an_artistic_search_starts_with_the_colors_of_the_style(trunk, photos):
    content, style = sized(photos["astronaut"], 64, 64), sized(photos["ihc"], 64, 64)

    started, classic = (
        stylize_vgg19(content, style, trunk, settings.model_copy(update={"steps": 1}))
        for settings in (SMALL, CLASSIC)
    )

    assert started.losses[0] < vgg19_loss(content, content, style, trunk, SMALL) / 2
    assert classic.losses[0] == pytest.approx(
        vgg19_loss(content, content, style, trunk, CLASSIC), rel=1e-5
    )


def test_an_unknown_layer_is_named(vgg, start, style):
    settings = SMALL.model_copy(update={"content_layer": "block6_conv1"})

    with pytest.raises(SettingError, match="vgg19 has no convolution block6_conv1"):
        stylize_vgg19(start, style, vgg, settings)


def test_a_layer_that_only_the_other_network_has_is_named(trunk, start, style):
    settings = SMALL.model_copy(update={"style_layers": ["block3_conv4"]})

    with pytest.raises(SettingError, match="vgg16-edges has no convolution block3_conv4; it has"):
        stylize_vgg19(start, style, trunk, settings)


def test_pooling_is_no_layer_of_style_or_content(vgg, start, style):
    settings = SMALL.model_copy(update={"style_layers": ["block1_pool"]})

    with pytest.raises(SettingError, match="no convolution block1_pool"):
        stylize_vgg19(start, style, vgg, settings)


def test_a_trained_network_takes_over_the_palette_of_a_style(trunk, photos):
    """Most of it, at a small size, within few steps."""
    content, style = sized(photos["chelsea"], 96, 96), sized(photos["ihc"], 96, 96)

    result = stylize_vgg19(
        content, style, trunk, SMALL.model_copy(update={"side": 96, "steps": 15})
    )

    def palette(picture: np.ndarray) -> np.ndarray:
        return np.cov(cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).reshape(-1, 3).astype(float).T)

    before, after = (np.abs(palette(x) - palette(style)).sum() for x in (content, result.image))
    assert after < before * 0.6
    # The shapes are still the cat's.
    gray = [
        cv2.GaussianBlur(cv2.cvtColor(x, cv2.COLOR_RGB2GRAY), (0, 0), 2)
        for x in (content, result.image)
    ]
    assert np.corrcoef(gray[0].ravel(), gray[1].ravel())[0, 1] > 0.5
