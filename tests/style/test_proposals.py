import cv2
import numpy as np
import pytest

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.settings import HarmonizeSettings, Settings, Vgg19Settings
from nst_pipeline.style.proposals import proposals_for


@pytest.fixture(scope="module")
def pasted() -> tuple[np.ndarray, np.ndarray]:
    """A red disc on a gradient from dark to light: composite and matte."""
    scene = np.tile(np.linspace(60, 200, 160), (120, 1))[..., None].repeat(3, -1).astype(np.uint8)
    matte = np.zeros((120, 160), np.float32)
    cv2.circle(matte, (80, 60), 25, 1.0, -1)
    return np.where(matte[..., None] > 0, np.uint8([200, 0, 0]), scene).astype(np.uint8), matte


def by(method: str, look: str = "auto", **others: Vgg19Settings) -> Settings:
    """Settings that harmonize by a method."""
    return Settings(harmonize=HarmonizeSettings(method=method, look=look), **others)


def test_only_the_proposals_that_a_method_needs_are_offered(pasted):
    assert not proposals_for(*pasted, by("auto"))
    assert not proposals_for(*pasted, by("ring"))
    assert set(proposals_for(*pasted, by("vgg19"))) == {"vgg19"}
    assert set(proposals_for(*pasted, by("magenta"))) == {"magenta"}
    assert set(proposals_for(*pasted, by("auto", look="painting"))) == {"painted"}


def test_vgg19_changes_only_the_object(pasted, vgg19_file):
    composite, matte = pasted
    vgg19 = Vgg19Settings(weights=str(vgg19_file), side=64, steps=2)

    proposal = proposals_for(composite, matte, by("vgg19", vgg19=vgg19))["vgg19"]()

    assert proposal.before is None
    np.testing.assert_array_equal(proposal.after[matte == 0], composite[matte == 0])
    assert np.abs(proposal.after[matte == 1].astype(int) - composite[matte == 1]).mean() > 1


@pytest.mark.slow
def test_magenta_stylizes_by_the_surroundings_and_by_the_composite_itself(pasted, models_folder):
    proposal = proposals_for(*pasted, by("magenta"))["magenta"]()

    assert proposal.before is not None
    assert proposal.after.shape == proposal.before.shape == (120, 160, 3)
    assert not np.array_equal(proposal.after, proposal.before)


@pytest.mark.slow
def test_painting_changes_only_the_object(pasted, models_folder):
    composite, matte = pasted

    proposal = proposals_for(composite, matte, by("painted"))["painted"]()

    np.testing.assert_array_equal(proposal.after[matte == 0], composite[matte == 0])
    assert not np.array_equal(proposal.after, composite)


def test_a_network_is_not_loaded_before_its_proposal_is_called_for(pasted):
    missing = Vgg19Settings(weights="/no/such.h5")

    make = proposals_for(*pasted, by("vgg19", vgg19=missing))["vgg19"]

    with pytest.raises(ModelUnavailableError, match=r"vgg19\.weights"):
        make()
