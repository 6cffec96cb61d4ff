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
def test_placements_survive_a_round_trip_through_json(placements):
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
    ("text", "message"),
    [
        ("oops", "not valid JSON"),
        ("{}", "valid list"),
        ('[{"sticker": "a", "x": 1, "width": 3, "height": 4}]', "entry 1, y"),
        ('[{"sticker": "a", "x": 1, "y": 1, "width": 0, "height": 4}]', "entry 1, width"),
        ('[{"sticker": "a", "x": 1, "y": 1, "width": 2.5, "height": 4}]', "entry 1, width"),
        ('[{"sticker": "", "x": 1, "y": 1, "width": 2, "height": 4}]', "entry 1, sticker"),
        ('[{"sticker": "a", "x": 1, "y": 1, "width": 2, "height": 4, "up": 1}]', "entry 1, up"),
    ],
)
def test_a_mistake_is_reported_with_file_and_entry(text, message):
    with pytest.raises(SidecarError, match=message) as error:
        parse_placements(text, source="beach.placements.json")
    assert "beach.placements.json" in str(error.value)
    assert "\n" not in str(error.value)
