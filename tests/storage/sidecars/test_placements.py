import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_pipeline.errors import SidecarError
from nst_pipeline.storage.sidecars.placements import parse_placements
from nst_pipeline.vision.shapes import Box, Placement

SIDES = st.integers(1, 5000)
PLACES = st.integers(-5000, 5000)


@given(
    st.lists(
        st.builds(
            Placement,
            st.text(min_size=1),
            st.builds(Box, PLACES, PLACES, SIDES, SIDES),
            st.booleans(),
        )
    )
)
def test_round_trip(placements):
    text = json.dumps(
        [
            {
                "sticker": each.sticker,
                "x": each.box.x,
                "y": each.box.y,
                "width": each.box.width,
                "height": each.box.height,
                "flip": each.flip,
            }
            for each in placements
        ]
    )
    assert parse_placements(text) == placements


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("oops", "no valid JSON"),
        ("{}", "valid list"),
        ('[{"sticker": "a", "x": 1, "width": 3, "height": 4}]', "entry 1, y"),
        ('[{"sticker": "a", "x": 1, "y": 1, "width": 0, "height": 4}]', "entry 1, width"),
        ('[{"sticker": "a", "x": 1, "y": 1, "width": 2.5, "height": 4}]', "entry 1, width"),
        ('[{"sticker": "", "x": 1, "y": 1, "width": 2, "height": 4}]', "entry 1, sticker"),
        ('[{"sticker": "a", "x": 1, "y": 1, "width": 2, "height": 4, "up": 1}]', "entry 1, up"),
    ],
)
def test_mistakes_are_named_with_the_file(text, says):
    with pytest.raises(SidecarError, match=says) as error:
        parse_placements(text, source="beach.placements.json")
    assert "beach.placements.json" in str(error.value)
    assert "\n" not in str(error.value)
