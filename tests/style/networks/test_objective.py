import cv2
import numpy as np
import pytest

from nst_pipeline.settings import Vgg19Settings
from nst_pipeline.style.optimize.problem import TransferProblem

ARTISTIC = Vgg19Settings(mode="artistic")
PHOTOGRAPHIC = Vgg19Settings(mode="photographic")
CLASSIC = ARTISTIC.model_copy(update={"losses": "classic"})
RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def problem(photos) -> TransferProblem:
    content, style = (
        cv2.resize(photos[name], (64, 48), interpolation=cv2.INTER_AREA).astype(np.float32)
        for name in ("astronaut", "flower")
    )
    mask = np.zeros((48, 64), np.float32)
    cv2.circle(mask, (32, 24), 18, 1.0, -1)
    return TransferProblem(content, cv2.GaussianBlur(mask, (5, 5), 0), style, np.ones_like(mask))


def measured(
    vgg, problem: TransferProblem, settings: Vgg19Settings, precision="float32", reduction=1
):
    """Imported late: TensorFlow takes seconds, which collecting the tests should not."""
    from nst_pipeline.style.networks.objective import (
        build_transfer_loss,
        measure_style,
        objective_for,
    )

    exact = objective_for(vgg, settings, "float32")
    objective = objective_for(vgg, settings, precision)
    return build_transfer_loss(
        objective, problem, measure_style(exact, problem), settings, reduction=reduction
    )


@pytest.mark.parametrize("settings", [ARTISTIC, PHOTOGRAPHIC, CLASSIC])
def test_the_gradient_is_the_slope_of_the_loss(vgg, problem, settings):
    loss = measured(vgg, problem, settings)
    picture = problem.content + RANDOM.normal(0, 10, problem.content.shape).astype(np.float32)
    value, gradient = loss.evaluate(picture)
    assert value == pytest.approx(loss.value(picture), rel=1e-6)
    # The loss is float32: along its own slope and along random changes that follow it in part.
    for _ in range(3):
        direction = gradient / np.linalg.norm(gradient)
        direction += RANDOM.normal(0, 1 / np.sqrt(gradient.size), gradient.shape)
        ahead, behind = (loss.value((picture + e * direction).astype(np.float32)) for e in (4, -4))
        assert (ahead - behind) / 8 == pytest.approx(np.sum(gradient * direction), rel=0.02)


@pytest.mark.parametrize(("settings", "alike"), [(ARTISTIC, 0.98), (CLASSIC, 0.999)])
def test_bfloat16_has_the_same_loss_and_slope(vgg, problem, settings, alike):
    picture = problem.content + RANDOM.normal(0, 10, problem.content.shape).astype(np.float32)

    (exact, slope), (near, near_slope) = (
        measured(vgg, problem, settings, precision).evaluate(picture)
        for precision in ("float32", "bfloat16")
    )

    assert near == pytest.approx(exact, rel=0.01)
    assert np.corrcoef(slope.ravel(), near_slope.ravel())[0, 1] > alike


def test_pixels_beyond_a_region_do_not_change_its_loss(vgg, photos):
    """This holds for pixels of the picture and of the style."""
    content, style = (photos[name][:128, :128].astype(np.float32) for name in ("chelsea", "china"))
    mask = np.zeros((128, 128), np.float32)
    mask[20:108, 20:108] = 1
    settings = ARTISTIC.model_copy(
        update={
            "style_layers": ["block1_conv1", "block2_conv1", "block3_conv1"],
            "content_weight": 0.0,
            "total_variation_weight": 0.0,
        }
    )

    def loss(beside: np.ndarray) -> float:
        inside = mask[..., None] > 0
        problem = TransferProblem(content, mask, np.where(inside, style, beside), mask)
        return measured(vgg, problem, settings).value(np.where(inside, content, beside))

    noise = RANDOM.uniform(0, 255, content.shape).astype(np.float32)
    assert loss(noise) == pytest.approx(loss(np.zeros_like(noise)), rel=1e-4)


def test_a_small_region_has_the_loss_of_a_picture_that_it_fills(vgg, photos):
    """Statistics are normalized by the region's area, at every layer."""
    tile = cv2.resize(photos["chelsea"], (64, 64), interpolation=cv2.INTER_AREA)
    tiled = np.tile(tile, (2, 2, 1)).astype(np.float32)
    style = cv2.resize(photos["china"], (128, 128)).astype(np.float32)
    everywhere = np.ones((128, 128), np.float32)
    quarter = everywhere.copy()
    quarter[:, 64:] = 0

    def loss(mask: np.ndarray) -> float:
        settings = ARTISTIC.model_copy(update={"total_variation_weight": 0.0})
        return measured(vgg, TransferProblem(tiled, mask, style, everywhere), settings).value(tiled)

    assert loss(quarter) == pytest.approx(loss(everywhere), rel=0.15)


def test_an_unchanged_photo_has_no_content_loss(vgg, problem):
    no_style = PHOTOGRAPHIC.model_copy(update={"style_weight": 0.0, "moments_weight": 0.0})

    assert measured(vgg, problem, no_style).value(problem.content) == pytest.approx(0, abs=1e-6)
    brighter = problem.content + 5
    rougher = problem.content + RANDOM.normal(0, 5, problem.content.shape).astype(np.float32)
    loss = measured(vgg, problem, no_style).value
    assert loss(brighter) < loss(rougher) / 2


@pytest.mark.parametrize("settings", [ARTISTIC, CLASSIC])
def test_a_reduced_picture_has_about_the_loss_of_the_full_one(vgg, photos, settings):
    """So one goal and one set of weights work at all levels."""
    content, style = (
        cv2.resize(photos[name], (256, 256)).astype(np.float32) for name in ("astronaut", "flower")
    )
    everywhere = np.ones((256, 256), np.float32)
    fine = TransferProblem(content, everywhere, style, everywhere)
    coarse = fine.resized((128, 128), (128, 128))

    losses = [
        measured(vgg, each, settings, reduction=reduction).value(
            np.clip(each.content * 0.7, 0, 255)
        )
        for each, reduction in ((fine, 1), (coarse, 2))
    ]

    assert 0.3 < losses[1] / losses[0] < 3


@pytest.mark.parametrize("settings", [ARTISTIC, PHOTOGRAPHIC])
def test_balanced_losses_are_sums_of_relative_distances(trunk, problem, settings):
    """Against numpy on Keras' features of the trained network, in double precision."""
    from nst_pipeline.style.optimize.layer_masks import layer_masks, region_weights
    from nst_pipeline.style.optimize.layers import BALANCED

    names = [*BALANCED.style, BALANCED.content]
    network = trunk.network(names, pooling="average")
    picture = np.clip(problem.content * 0.8 + 9, 0, 255)
    masks = {
        "style": layer_masks(problem.style_mask, names, block_sizes=trunk.block_sizes),
        "picture": layer_masks(problem.mask, names, block_sizes=trunk.block_sizes),
    }

    def features(pixels: np.ndarray) -> list[np.ndarray]:
        from nst_pipeline.style.networks.vgg import preprocess

        return [x[0].numpy().astype(np.float64) for x in network(preprocess(pixels[None]))]

    def statistics(layer: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        flat, weights = layer.reshape(-1, layer.shape[-1]), region_weights(mask).reshape(-1, 1)
        mean = (weights * flat).mean(0)
        moments = np.stack([mean**2, (weights * (flat - mean) ** 2).mean(0)])
        return flat.T @ (weights * flat) / len(flat), moments

    def distance(one: np.ndarray, other: np.ndarray, weights: np.ndarray | float = 1.0) -> float:
        return float(np.sum(weights * (one - other) ** 2) / np.sum(weights * one**2))

    mine, start, style = (features(x) for x in (picture, problem.content, problem.style))
    expected = 0.0
    for number in range(len(BALANCED.style)):
        gram, moments = statistics(mine[number], masks["picture"][number])
        style_gram, style_moments = statistics(style[number], masks["style"][number])
        expected += distance(style_gram, gram) / len(BALANCED.style)
        if settings is PHOTOGRAPHIC:
            expected += 10 * distance(style_moments, moments) / len(BALANCED.style)
    inner = cv2.resize(problem.mask, mine[-1].shape[1::-1], interpolation=cv2.INTER_AREA)
    expected += 0.025 * distance(start[-1], mine[-1], inner[..., None])
    pixels, weights = picture.astype(np.float64), region_weights(problem.mask)[..., None]
    levels = 4 if settings is PHOTOGRAPHIC else 40
    if settings is PHOTOGRAPHIC:
        edges = [cv2.Laplacian(x, -1)[1:-1, 1:-1] for x in (problem.content.astype(float), pixels)]
        expected += 10 * distance(*edges, weights[1:-1, 1:-1])
        pixels = pixels - problem.content
    down, across = np.diff(pixels, axis=0)[:, :-1] ** 2, np.diff(pixels, axis=1)[:-1] ** 2
    expected += np.sum(((down + across) / levels**2) ** 1.25 * weights[:-1, :-1]) / pixels.size

    assert measured(trunk, problem, settings).value(picture) == pytest.approx(expected, rel=1e-4)
