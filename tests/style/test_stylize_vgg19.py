import cv2
import numpy as np
import pytest

from nst_pipeline.errors import SettingError
from nst_pipeline.settings import Vgg19Settings
from nst_pipeline.style.stylize_vgg19 import _evaluator, _objective, stylize_vgg19

SMALL = Vgg19Settings(side=64, steps=3)


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
    told = []

    result = stylize_vgg19(start, style, vgg, SMALL, progress=lambda *news: told.append(news))

    assert result.image.shape == start.shape
    assert result.image.dtype == np.uint8
    assert len(result.losses) == 4
    assert all(np.diff(result.losses) < 0)
    assert result.losses[-1] < result.losses[0] / 2
    assert [news[:2] for news in told] == [(step, 3) for step in range(1, 4)]


def test_the_same_input_gives_the_same_bytes(vgg, start, style, disc):
    first, second = (
        stylize_vgg19(start, style, vgg, SMALL, start_mask=disc).image for _ in range(2)
    )

    np.testing.assert_array_equal(first, second)


def test_only_the_region_changes(vgg, start, style, disc):
    result = stylize_vgg19(start, style, vgg, SMALL, start_mask=disc)

    np.testing.assert_array_equal(result.image[disc == 0], start[disc == 0])
    assert np.abs(result.image[disc == 1].astype(int) - start[disc == 1]).mean() > 2


def test_the_style_is_that_of_its_region(vgg, start, style):
    """What lies beside the style's region has no say, but for what a layer sees across its edge."""
    picture = np.concatenate([style, np.zeros_like(style)], axis=1)
    mask = np.zeros(picture.shape[:2], np.float32)
    mask[:, :60] = 1
    settings = Vgg19Settings(
        side=120,
        steps=1,
        style_layers=["block1_conv1"],
        content_layer="block1_conv1",
        total_variation_weight=0,
    )

    region = stylize_vgg19(start, picture, vgg, settings, style_mask=mask)
    alone = stylize_vgg19(start, style, vgg, settings)
    all_of_it = stylize_vgg19(start, picture, vgg, settings)

    assert region.losses[0] == pytest.approx(alone.losses[0], rel=0.05)
    assert all_of_it.losses[0] != pytest.approx(alone.losses[0], rel=0.2)


def test_a_larger_picture_gets_the_change_at_its_own_size(vgg, photos, style):
    large = photos["astronaut"]

    result = stylize_vgg19(large, style, vgg, SMALL)

    small = stylize_vgg19(sized(large, 64, 64), style, vgg, SMALL)
    assert result.image.shape == large.shape
    assert np.abs(sized(result.image, 64, 64).astype(int) - small.image).mean() < 4
    assert np.abs(result.image.astype(int) - large).mean() > 4


def test_a_picture_in_its_own_style_is_left_alone(vgg, start, disc):
    for masks in {}, {"start_mask": disc, "style_mask": disc}:
        result = stylize_vgg19(start, start, vgg, SMALL, **masks)

        np.testing.assert_array_equal(result.image, start)
        assert (result.stopped, result.losses) == ("nothing", [])


def test_an_empty_region_is_left_alone(vgg, start, style):
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

    assert result.stopped == "flat"
    assert len(result.losses) < 20


def test_the_gradient_is_the_slope_of_the_loss(vgg, start, style, disc):
    objective = _objective(vgg, tuple(SMALL.style_layers), SMALL.content_layer)
    everywhere = np.ones(style.shape[:2], np.float32)
    pictures = start.astype(np.float32), disc, style.astype(np.float32), everywhere
    loss_and_gradient = _evaluator(objective, *pictures, SMALL)
    random = np.random.default_rng(0)
    point = start.astype(float).ravel() + random.normal(0, 10, start.size)
    _, gradient = loss_and_gradient(point)
    # The loss is float32: along its own slope and along random changes that follow it in part.
    for _ in range(3):
        direction = gradient / np.linalg.norm(gradient)
        direction += random.normal(0, 1 / np.sqrt(gradient.size), gradient.size)
        ahead, behind = (loss_and_gradient(point + step * direction)[0] for step in (4, -4))
        assert (ahead - behind) / 8 == pytest.approx(gradient @ direction, rel=0.02)


def test_the_loss_is_the_sum_of_its_weighted_parts(vgg, start, style):
    """Against numpy on Keras' features, as the Keras example adds them up."""
    import keras

    names = [*SMALL.style_layers, SMALL.content_layer]
    result = stylize_vgg19(start, style, vgg, SMALL.model_copy(update={"steps": 1}))

    def features(picture: np.ndarray) -> list[np.ndarray]:
        pixels = keras.applications.vgg19.preprocess_input(picture[None].astype(np.float32))
        return [x[0].numpy().astype(np.float64) for x in vgg.network(names)(pixels)]

    expected = 0.0
    for ours, other in zip(features(start)[:-1], features(style)[:-1], strict=True):
        flat, look = (x.reshape(-1, x.shape[-1]) for x in (ours, other))
        # The style picture is of another size: its sums are scaled to the start's.
        distance = flat.T @ flat - look.T @ look * len(flat) / len(look)
        expected += 1e-6 / 5 * np.sum(distance**2) / (4 * 9 * 400**4)
    pixels = start.astype(np.float64)
    down, across = np.diff(pixels, axis=0)[:, :-1] ** 2, np.diff(pixels, axis=1)[:-1] ** 2
    expected += 1e-6 * np.sum((down + across) ** 1.25)
    assert result.losses[0] == pytest.approx(expected, rel=1e-4)


def test_sizes_share_one_trace(vgg, start, style):
    stylize_vgg19(start, style, vgg, SMALL)
    evaluate = _objective(vgg, tuple(SMALL.style_layers), SMALL.content_layer).evaluate
    traces = evaluate.experimental_get_tracing_count()

    stylize_vgg19(start[:40, :50], style[:32], vgg, SMALL)

    assert evaluate.experimental_get_tracing_count() == traces


def test_an_unknown_layer_is_named(vgg, start, style):
    settings = SMALL.model_copy(update={"content_layer": "block6_conv1"})

    with pytest.raises(SettingError, match="no layer block6_conv1"):
        stylize_vgg19(start, style, vgg, settings)
