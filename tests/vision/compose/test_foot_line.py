import numpy as np
import pytest

from nst_pipeline.vision.compose.foot_line import foot_line


def test_a_chair_stands_on_its_legs():
    chair = np.zeros((60, 40), np.bool_)
    chair[:30] = chair[:, :5] = chair[:, -5:] = True
    line = foot_line(chair)
    assert line.slope == pytest.approx(0, abs=1e-6) and line.row(20.0) == pytest.approx(59)


def test_a_car_at_a_slant_stands_on_a_slanting_line():
    """The near wheel is at the left and lower in the picture."""
    car = np.zeros((60, 100), np.bool_)
    car[:44] = True
    car[:58, 10:25] = car[:52, 75:90] = True
    line = foot_line(car)
    assert -0.2 < line.slope < -0.03


def test_what_stands_on_one_point_has_a_level_line():
    tree = np.zeros((80, 60), np.bool_)
    tree[:50] = True
    tree[:, 28:32] = True
    assert abs(foot_line(tree).slope) < 0.02
