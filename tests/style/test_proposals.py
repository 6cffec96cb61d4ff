import cv2
import numpy as np
import pytest

from nst_pipeline.settings import Settings, Vgg19Settings
from nst_pipeline.style.proposals import inpaint_object, proposals_for
from nst_pipeline.vision.harmonize.harmonize import NETWORK_SIDE


@pytest.fixture(scope="module")
def pasted() -> tuple[np.ndarray, np.ndarray]:
    """A red disc on a gradient from dark to light: composite and matte."""
    scene = np.tile(np.linspace(60, 200, 160), (120, 1))[..., None].repeat(3, -1).astype(np.uint8)
    matte = np.zeros((120, 160), np.float32)
    cv2.circle(matte, (80, 60), 25, 1.0, -1)
    return np.where(matte[..., None] > 0, np.uint8([200, 0, 0]), scene).astype(np.uint8), matte


def test_an_inpainted_object_takes_the_colors_around_it(pasted):
    composite, matte = pasted

    filled = inpaint_object(composite, matte)

    np.testing.assert_array_equal(filled[matte == 0], composite[matte == 0])
    inside = filled[matte > 0].astype(int)
    assert np.abs(inside[:, 0] - inside[:, 2]).max() < 20  # gray again
    assert np.abs(inside.mean() - 130) < 15


def test_each_method_gets_the_proposals_that_it_needs(pasted, models_folder, vgg19_file):
    composite, matte = pasted
    settings = Settings(vgg19=Vgg19Settings(weights=str(vgg19_file), side=64, steps=2))

    ring = proposals_for(composite, matte, settings, "ring")
    assert ring.magenta is None
    assert ring.vgg19 is None

    vgg19 = proposals_for(composite, matte, settings, "vgg19")
    assert vgg19.vgg19 is not None and vgg19.magenta is None
    np.testing.assert_array_equal(vgg19.vgg19[matte == 0], composite[matte == 0])
    assert np.abs(vgg19.vgg19[matte == 1].astype(int) - composite[matte == 1]).mean() > 1

    magenta = proposals_for(composite, matte, settings, "magenta")
    assert magenta.vgg19 is None and magenta.magenta is not None
    for picture in magenta.magenta:
        assert max(picture.shape[:2]) == min(NETWORK_SIDE, 160)
    assert not np.array_equal(*magenta.magenta)


def test_the_painting_changes_the_object_alone(pasted, models_folder):
    composite, matte = pasted

    painted = proposals_for(composite, matte, Settings(), "painted").painted()

    np.testing.assert_array_equal(painted[matte == 0], composite[matte == 0])
    assert not np.array_equal(painted, composite)
