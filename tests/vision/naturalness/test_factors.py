from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nst_pipeline.vision.naturalness.factors import FACTORS, SEEN, naturalness

LOGITS = st.fixed_dictionaries({name: st.floats(-9, 9) for name in SEEN})


@given(LOGITS)
def test_every_factor_is_a_probability_and_the_worst_is_named(seen):
    found = naturalness(seen, 0.3)
    assert tuple(found.factors) == FACTORS
    assert all(0 < each < 1 for each in found.factors.values())
    assert 0 < found.probability < 1
    assert found.factors[found.worst] == min(found.factors.values())


@given(LOGITS, st.sampled_from(SEEN), st.floats(0.1, 3))
def test_nothing_gets_more_natural_by_a_worse_factor(seen, name, loss):
    worse = seen | {name: seen[name] - loss}
    assert naturalness(worse, 0.3).probability <= naturalness(seen, 0.3).probability


@given(LOGITS, st.floats(0, 1), st.floats(0, 1))
def test_what_is_known_of_sticker_and_place_only_lowers_it(seen, quality, plausibility):
    seen_only = naturalness(seen, 0.3)
    known = naturalness(seen, 0.3, quality=quality, plausibility=plausibility)
    assert known.probability <= seen_only.probability
    assert known.factors["cutout"] <= max(quality, 0.001) + 1e-4
    assert known.factors["place"] <= max(plausibility, 0.001) + 1e-4
    assert known.factors["light"] == seen_only.factors["light"]


def test_it_does_not_saturate():
    """Even of what the network is sure about, better and worse can be told apart."""
    rising = [
        naturalness(dict.fromkeys(SEEN, each), 0.3).probability for each in np.arange(-2.5, 3)
    ]
    assert all(low < high for low, high in pairwise(rising))
