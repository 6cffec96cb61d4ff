"""What an empty result says."""

import numpy as np
from skimage import data

from nst_pipeline.pipeline.steps.detections import _why_empty


def test_a_photo_without_an_object_says_what_it_shows():
    assert _why_empty(data.chelsea()).startswith(
        "no object was found; the photo looks like: cat 0.9"
    )


def test_a_photo_that_shows_nothing_known_says_only_that_no_object_was_found():
    assert _why_empty(np.full((90, 90, 3), 127, np.uint8)) == "no object was found"
