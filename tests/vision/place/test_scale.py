import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_pipeline.vision.place.scale import foot_at, height_at_bottom_edge, nearness
from nst_pipeline.vision.shapes import Box, Detection


def found(label: str, foot: int, height: int) -> Detection:
    return Detection(Box(100, foot - height, 50, height), label, 0.9, "people")


def test_a_person_reaches_a_little_above_the_horizon():
    height = height_at_bottom_edge("person", 0.5, [], 1000)
    assert 0.5 < height < 0.6


def test_an_unknown_label_has_no_height():
    assert height_at_bottom_edge("object", 0.5, [found("person", 800, 400)], 1000) is None


@given(st.floats(0.3, 0.6), st.integers(700, 990), st.integers(40, 400))
def test_an_object_with_the_same_label_is_the_reference(horizon, foot, height):
    """Another object at the same foot position is as tall as the one found."""
    in_front = height_at_bottom_edge("vase", horizon, [found("vase", foot, height)], 1000)
    assert in_front * nearness(foot / 1000, horizon) == pytest.approx(height / 1000)


@given(st.floats(0.1, 0.9), st.floats(0, 1))
def test_foot_at_is_the_inverse_of_nearness(horizon, near):
    assert nearness(foot_at(near, horizon), horizon) == pytest.approx(near)


def test_other_labels_are_references_by_their_usual_heights():
    person = height_at_bottom_edge("person", 0.4, [found("car", 800, 150)], 1000)
    car = height_at_bottom_edge("car", 0.4, [found("car", 800, 150)], 1000)
    assert person / car == pytest.approx(1.7 / 1.5)


def test_cut_off_and_far_objects_are_no_references():
    cut, far = found("person", 1000, 700), found("person", 530, 9)
    assert height_at_bottom_edge("person", 0.5, [cut, far], 1000) == height_at_bottom_edge(
        "person", 0.5, [], 1000
    )
