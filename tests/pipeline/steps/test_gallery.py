"""What the gallery says about a scene."""

import pytest

from nst_pipeline.pipeline.steps.gallery import why_chosen
from nst_pipeline.storage.records import HarmonizedRecord


@pytest.mark.parametrize(
    ("method", "confidence", "why"),
    [
        ("ring", 0.9, "The setting harmonize.method asks for ring."),
        (
            *("auto", 0.15),
            "Confidence that a change helps: 0.15. That is not above 0.2: "
            "the composite is left as it is.",
        ),
        (
            *("auto", 0.5),
            "ring (part of the way to the colors around the object) has the best score of "
            "2 candidates. Confidence that a change helps: 0.50, "
            "so 75% of the advised change is made.",
        ),
        (
            *("auto", 0.7),
            "ring (part of the way to the colors around the object) has the best score of "
            "2 candidates. Confidence that a change helps: 0.70, "
            "so all of the advised change is made.",
        ),
    ],
)
def test_a_scene_says_why_a_candidate_was_chosen(method: str, confidence: float, why: str):
    scores = {"untouched": 0.4, "ring": 0.6}
    record = HarmonizedRecord(chosen="ring", scores=scores, confidence=confidence)
    assert why_chosen(method, record) == why
