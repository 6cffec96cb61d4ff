"""What the gallery says about a scene."""

import pytest

from nst_pipeline.pipeline.steps.gallery import why_chosen
from nst_pipeline.storage.records import HarmonizedRecord


@pytest.mark.parametrize(
    ("method", "confidence", "why"),
    [
        ("ring", 0.9, "The setting harmonize.method is ring."),
        (
            *("auto", 0.15),
            "Confidence that a change helps: 0.15. This is not above 0.2, so the colors stay.",
        ),
        (
            *("auto", 0.5),
            "ring (part of the way to the colors around the object) has the best color fit of "
            "2 candidates. Confidence that a change helps: 0.50, "
            "so 75% of its change is applied.",
        ),
        (
            *("auto", 0.7),
            "ring (part of the way to the colors around the object) has the best color fit of "
            "2 candidates. Confidence that a change helps: 0.70, "
            "so all of its change is applied.",
        ),
    ],
)
def test_a_scene_says_why_a_candidate_was_chosen(method: str, confidence: float, why: str):
    fits = {"untouched": 0.4, "ring": 0.6}
    record = HarmonizedRecord(
        chosen="ring", color_fit=fits, confidence=confidence, naturalness=0.5, factors={}
    )
    assert why_chosen(method, record) == why


def test_a_toned_scene_is_named_beside_what_was_chosen():
    record = HarmonizedRecord(
        chosen="untouched",
        color_fit={"untouched": 1.0},
        confidence=0.99,
        naturalness=0.5,
        factors={},
        tone="monochrome",
    )
    assert why_chosen("auto", record) == (
        "untouched (colors as they are) has the best lightness. The scene is monochrome, and "
        "so is the object. Confidence that a change helps: 0.99."
    )
    assert why_chosen("ring", record) == (
        "The setting harmonize.method is ring. The scene is monochrome, and so is the object."
    )
