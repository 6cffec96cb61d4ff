import numpy as np
import pytest

from nst_pipeline.style.optimize.curvature import measure_preconditioner
from nst_pipeline.style.optimize.search import SearchSpace

SHAPE = (32, 24, 3)
SPACE = SearchSpace(np.full(SHAPE, 128, np.float32), np.ones((32, 24, 1), np.float32))


def smoothing(flat: float, rough: float, pull: np.ndarray):
    """A quadratic loss of curvature `flat` + `rough` times the Laplacian's eigenvalue."""
    from scipy.ndimage import laplace

    def evaluate(picture: np.ndarray) -> tuple[float, np.ndarray]:
        away = picture - 128
        edges = np.stack([laplace(away[..., c], mode="reflect") for c in range(3)], axis=-1)
        gradient = flat * away - rough * edges - pull
        return float(np.sum(away * (gradient - pull)) / 2), gradient.astype(np.float32)

    return evaluate


@pytest.mark.parametrize(("flat", "rough"), [(1.0, 0.0), (1.0, 5.0), (0.5, 0.1)])
def test_the_first_step_is_a_newton_step(flat, rough):
    pull = np.random.default_rng(0).normal(0, 1, SHAPE).astype(np.float32)
    evaluate = smoothing(flat, rough, pull)
    gradient = evaluate(SPACE.start)[1]

    preconditioner = measure_preconditioner(evaluate, SPACE, gradient)

    units = preconditioner.gradient(gradient)
    step = preconditioner.change(-units / np.linalg.norm(units))
    left = evaluate(SPACE.start + step)[1]
    assert np.linalg.norm(left) < 0.25 * np.linalg.norm(gradient)


def test_the_first_step_is_bounded():
    pull = np.full(SHAPE, 1e6, np.float32)
    evaluate = smoothing(1.0, 1.0, pull)
    gradient = evaluate(SPACE.start)[1]

    preconditioner = measure_preconditioner(evaluate, SPACE, gradient)

    units = preconditioner.gradient(gradient)
    step = preconditioner.change(units / np.linalg.norm(units))
    assert np.sqrt(np.mean(step**2)) == pytest.approx(8, rel=1e-3)


def test_the_gradient_conversion_is_the_transpose_of_the_change_conversion():
    random = np.random.default_rng(1)
    evaluate = smoothing(1.0, 3.0, random.normal(0, 1, SHAPE).astype(np.float32))
    preconditioner = measure_preconditioner(evaluate, SPACE, evaluate(SPACE.start)[1])
    units, slope = random.normal(size=np.prod(SHAPE)), random.normal(size=SHAPE)

    assert np.sum(preconditioner.change(units) * slope) == pytest.approx(
        units @ preconditioner.gradient(slope.astype(np.float32)), rel=1e-3
    )


def test_fine_detail_has_smaller_units_where_its_curvature_is_larger():
    evaluate = smoothing(1.0, 10.0, np.ones(SHAPE, np.float32))

    preconditioner = measure_preconditioner(evaluate, SPACE, evaluate(SPACE.start)[1])

    finest, broadest = preconditioner.scale[-1, -1, 0], preconditioner.scale[0, 0, 0]
    assert 0.5 < broadest / finest / np.sqrt(1 + 10 * 8) < 1.5
