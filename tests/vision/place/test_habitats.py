"""Where things are at home."""

from hypothesis import given
from hypothesis import strategies as st

from nst_pipeline.vision.place.habitats import HABITATS, at_home, can_go_on, likeness
from nst_pipeline.vision.place.things import _things

SHARES = st.tuples(*(st.floats(0, 1) for _ in HABITATS))


def test_the_habitats_of_all_things_are_known():
    for word, thing in _things().items():
        assert set(thing.habitats) <= set(HABITATS), word
        assert len(set(thing.habitats)) == len(thing.habitats), word


def test_the_best_two_habitats_of_a_thing_count():
    place = tuple({"living": 0.9, "office": 0.7}.get(name, 0.0) for name in HABITATS)
    assert at_home(["office"], place) == 0.7
    assert at_home(["office", "living", "stage"], place) == 0.8
    assert at_home([], place) is None


@given(SHARES, SHARES)
def test_likeness_is_a_share_the_same_both_ways(one, other):
    assert 0 <= likeness(one, other) == likeness(other, one) <= 1
    assert likeness(one, one) == 1 or max(one) < 1e-6


@given(SHARES, SHARES)
def test_a_place_like_ones_own_allows_everything(one, other):
    assert can_go_on(one, one) == 1
    assert 0 < can_go_on(one, other) <= 1
