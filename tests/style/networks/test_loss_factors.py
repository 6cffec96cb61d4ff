"""What each distance counts, against plain numbers."""

import numpy as np
import pytest

from nst_pipeline.settings import Vgg19Settings

SETTINGS = Vgg19Settings()


@pytest.fixture(scope="module")
def module():
    """Imported late: TensorFlow takes seconds, which collecting the tests should not."""
    from nst_pipeline.style.networks import loss_factors

    return loss_factors


@pytest.fixture
def energies(module):
    return module.Energies(
        grams=[4e6, 9.0], moments=[2e5, 3.0], content=700.0, laplacian=50.0, values=300
    )


def test_classic_style_counts_as_in_the_keras_example(module):
    """There, the sums over all positions are divided by constants of its picture."""
    factors = module.classic_factors(SETTINGS, [400 * 400, 200 * 200])

    for factor, positions in zip(factors.styles, (400 * 400, 200 * 200), strict=True):
        expected = 1e-6 / 2 * positions**2 / (4 * 3**2 * (400 * 400) ** 2)
        assert float(factor) == pytest.approx(expected, rel=1e-6)
    assert float(factors.content) == pytest.approx(2.5e-8)
    assert float(factors.variation) == pytest.approx(1e-6)


def test_balanced_distances_are_relative_to_what_they_are_compared_with(module, energies):
    factors = module.balanced_factors(SETTINGS, energies)

    # A picture without the style differs by the style's whole energy, in every layer.
    assert sum(map(float, np.multiply(factors.styles, energies.grams))) == pytest.approx(1)
    ratio = 2.5e-8 / 1e-6  # of the design note
    assert float(factors.content) * energies.content == pytest.approx(ratio)
    assert float(factors.laplacian) * energies.laplacian == pytest.approx(10)
    assert sum(map(float, np.multiply(factors.moments, energies.moments))) == pytest.approx(10)


def test_a_networks_scale_does_not_matter(module, energies):
    def style_share(scale: float) -> float:
        """A distance of a tenth of the energy, in features that are `scale` times as large."""
        larger = energies._replace(grams=[scale**4 * each for each in energies.grams])
        factors = module.balanced_factors(SETTINGS, larger).styles
        return sum(map(float, np.multiply(factors, larger.grams))) / 10

    assert style_share(1e-3) == pytest.approx(style_share(1), rel=1e-5)
    assert style_share(1e3) == pytest.approx(0.1, rel=1e-5)


@pytest.mark.parametrize(("mode", "levels"), [("artistic", 40), ("photographic", 4)])
def test_total_variation_counts_fully_where_neighbors_differ_by_some_levels(
    module, energies, mode, levels
):
    """By few for the change of a photo: it should be smooth."""
    settings = Vgg19Settings(mode=mode)

    def loss(difference: float, reduction: int) -> float:
        factor = module.balanced_factors(settings, energies, reduction=reduction).variation
        return float(factor) * energies.values * (difference**2) ** 1.25

    assert loss(levels, 1) == pytest.approx(1)
    # At half the size, neighbors are twice as far apart, so they differ twice as much.
    assert loss(2 * levels, 2) == pytest.approx(1)


def test_what_has_no_energy_does_not_count(module, energies):
    """The Laplacian of a flat picture is 0, and no scale for another one."""
    flat = energies._replace(laplacian=0.0)

    assert float(module.balanced_factors(SETTINGS, flat).laplacian) == 0
