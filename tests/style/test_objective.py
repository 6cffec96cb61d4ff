import cv2
import numpy as np
import pytest
from nst_pipeline.style.objective import Task, TaskLoss, look_of, objective_of, task_loss

from nst_pipeline.settings import Vgg19Settings

ARTISTIC = Vgg19Settings(mode="artistic")
PHOTOGRAPHIC = Vgg19Settings(mode="photographic")
RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def task(photos) -> Task:
    content, style = (
        cv2.resize(photos[name], (64, 48), interpolation=cv2.INTER_AREA).astype(np.float32)
        for name in ("astronaut", "flower")
    )
    mask = np.zeros((48, 64), np.float32)
    cv2.circle(mask, (32, 24), 18, 1.0, -1)
    return Task(content, cv2.GaussianBlur(mask, (5, 5), 0), style, np.ones_like(mask))


def measured(vgg, task: Task, settings: Vgg19Settings, precision="float32") -> TaskLoss:
    exact = objective_of(vgg, settings, "float32")
    objective = objective_of(vgg, settings, precision)
    return task_loss(objective, task, look_of(exact, task), settings)


@pytest.mark.parametrize("settings", [ARTISTIC, PHOTOGRAPHIC])
def test_the_gradient_is_the_slope_of_the_loss(vgg, task, settings):
    loss = measured(vgg, task, settings)
    picture = task.content + RANDOM.normal(0, 10, task.content.shape).astype(np.float32)
    value, gradient = loss.evaluate(picture)
    assert value == pytest.approx(loss.loss(picture), rel=1e-6)
    # The loss is float32: along its own slope and along random changes that follow it in part.
    for _ in range(3):
        direction = gradient / np.linalg.norm(gradient)
        direction += RANDOM.normal(0, 1 / np.sqrt(gradient.size), gradient.shape)
        ahead, behind = (loss.loss((picture + e * direction).astype(np.float32)) for e in (4, -4))
        assert (ahead - behind) / 8 == pytest.approx(np.sum(gradient * direction), rel=0.02)


def test_bfloat16_has_the_same_loss_and_slope(vgg, task):
    picture = task.content + RANDOM.normal(0, 10, task.content.shape).astype(np.float32)

    (exact, slope), (near, near_slope) = (
        measured(vgg, task, ARTISTIC, precision).evaluate(picture)
        for precision in ("float32", "bfloat16")
    )

    assert near == pytest.approx(exact, rel=0.01)
    assert np.corrcoef(slope.ravel(), near_slope.ravel())[0, 1] > 0.999


def test_what_a_region_cannot_see_does_not_change_its_loss(vgg, photos):
    """Neither the picture's pixels nor the style's, where the layers reach no further."""
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
        task = Task(content, mask, np.where(inside, style, beside), mask)
        return measured(vgg, task, settings).loss(np.where(inside, content, beside))

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
        return measured(vgg, Task(tiled, mask, style, everywhere), settings).loss(tiled)

    assert loss(quarter) == pytest.approx(loss(everywhere), rel=0.15)


def test_a_photograph_left_as_it_is_has_style_to_gain_only(vgg, task):
    no_style = PHOTOGRAPHIC.model_copy(update={"style_weight": 0.0, "moments_weight": 0.0})

    assert measured(vgg, task, no_style).loss(task.content) == pytest.approx(0, abs=1e-6)
    brighter = task.content + 5
    rougher = task.content + RANDOM.normal(0, 5, task.content.shape).astype(np.float32)
    loss = measured(vgg, task, no_style).loss
    assert loss(brighter) < loss(rougher) / 2


def test_a_coarse_picture_stands_for_the_fine_one(vgg, photos):
    """Its loss is of the same size, so that one goal and one set of weights serve both."""
    content, style = (
        cv2.resize(photos[name], (256, 256)).astype(np.float32) for name in ("astronaut", "flower")
    )
    everywhere = np.ones((256, 256), np.float32)
    fine = Task(content, everywhere, style, everywhere)
    coarse = fine.sized((128, 128), (128, 128))
    exact = objective_of(vgg, ARTISTIC, "float32")

    losses = [
        task_loss(exact, each, look_of(exact, each), ARTISTIC, reduction=reduction).loss(
            np.clip(each.content * 0.7, 0, 255)
        )
        for each, reduction in ((fine, 1), (coarse, 2))
    ]

    assert 0.3 < losses[1] / losses[0] < 3
