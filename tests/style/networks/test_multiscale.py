import cv2
import numpy as np
import pytest

from nst_pipeline.settings import Vgg19Settings
from nst_pipeline.style.optimize.problem import TransferParameters, TransferProblem
from nst_pipeline.style.optimize.pyramid import Level

SETTINGS = Vgg19Settings(steps=2, precision="float32")
COARSE = Level(96, 96, 2)


@pytest.fixture(scope="module")
def transfer(vgg, photos):
    """Imported late: TensorFlow takes seconds, which collecting the tests should not."""
    from nst_pipeline.style.networks.multiscale import MultiscaleTransfer

    content, style = (
        cv2.resize(photos[name], (192, 192), interpolation=cv2.INTER_AREA).astype(np.float32)
        for name in ("astronaut", "flower")
    )
    mask = np.zeros((192, 192), np.float32)
    mask[40:150, 40:150] = 1
    problem = TransferProblem(content, mask, style, np.ones_like(mask))
    return MultiscaleTransfer(problem, vgg, SETTINGS, TransferParameters())


def test_every_level_is_searched_from_coarse_to_fine(transfer):
    sizes = []

    change, results = transfer.solve(-np.inf, lambda step: sizes.append(step.picture.shape[0]))

    assert sizes == [96, 96, 192, 192]
    assert change.shape == (192, 192, 3)
    for result in results:
        assert len(result.losses) == 3
        assert result.losses[-1] < result.losses[0]


def test_a_change_outside_the_mask_is_ignored(transfer):
    change = np.full((96, 96, 3), 9, np.float32)

    space = transfer.space(COARSE, change)

    moved = space.start - transfer.at(COARSE).content
    np.testing.assert_allclose(moved, 9 * space.mask * np.ones(3, np.float32), atol=1e-4)


def test_style_statistics_are_measured_once_for_each_level(transfer):
    assert transfer.style(COARSE) is transfer.style(COARSE)
    assert transfer.style(COARSE) is not transfer.style(transfer.finest)


def test_coarse_levels_stop_when_their_loss_is_flatter_than_the_parameter(vgg, transfer):
    eager = type(transfer)(
        transfer.problem,
        vgg,
        SETTINGS.model_copy(update={"steps": 12}),
        TransferParameters(coarse_flat_gain=0.9),
    )

    coarse, _ = eager.solve(-np.inf, None)[1]

    assert coarse.stop_reason == "flat"
    assert len(coarse.losses) == 6
