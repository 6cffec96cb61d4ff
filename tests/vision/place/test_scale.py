import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_pipeline.vision.place.scale import foot_at, height_in_front, nearness
from nst_pipeline.vision.shapes import Box, Detection


def found(label: str, foot: int, height: int) -> Detection:
    return Detection(Box(100, foot - height, 50, height), label, 0.9, "hog")


def test_a_person_reaches_a_little_above_the_horizon():
    height = height_in_front("person", 0.5, [], 1000)
    assert 0.5 < height < 0.6


def test_what_is_not_known_has_no_size():
    assert height_in_front("subject", 0.5, [found("person", 800, 400)], 1000) is None


@given(st.floats(0.3, 0.6), st.integers(700, 990), st.integers(40, 400))
def test_its_like_is_the_yardstick(horizon, foot, height):
    """Moved to the foot of the one that was found, it is as tall."""
    in_front = height_in_front("subject", horizon, [found("subject", foot, height)], 1000)
    assert in_front * nearness(foot / 1000, horizon) == pytest.approx(height / 1000)


@given(st.floats(0.1, 0.9), st.floats(0, 1))
def test_nearness_and_foot_are_each_others_reverse(horizon, near):
    assert nearness(foot_at(near, horizon), horizon) == pytest.approx(near)


def test_other_things_tell_by_their_usual_heights():
    person = height_in_front("person", 0.4, [found("car", 800, 150)], 1000)
    car = height_in_front("car", 0.4, [found("car", 800, 150)], 1000)
    assert person / car == pytest.approx(1.7 / 1.5)


def test_what_the_frame_cuts_or_stands_far_away_tells_nothing():
    cut, far = found("person", 1000, 700), found("person", 530, 9)
    assert height_in_front("person", 0.5, [cut, far], 1000) == height_in_front(
        "person", 0.5, [], 1000
    )
