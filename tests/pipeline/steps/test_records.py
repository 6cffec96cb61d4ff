"""What is written down comes back the same."""

import io
import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from nst_pipeline.pipeline.steps.records import (
    PROVENANCE,
    detection_record,
    placement_record,
    read_detection,
    read_placement,
    sticker_file,
    sticker_id,
    sticker_png,
)
from nst_pipeline.vision.images.png import decode_png
from nst_pipeline.vision.shapes import Box, Detection, Placement

sides = st.integers(0, 5000)
boxes = st.builds(Box, st.integers(-5000, 5000), st.integers(-5000, 5000), sides, sides)
masks = st.none() | arrays(np.bool_, st.tuples(st.integers(1, 30), st.integers(1, 30)))


def _through_json(value):
    return json.loads(json.dumps(value))


@given(boxes, st.text(), masks)
def test_a_detection_comes_back(box, label, mask):
    found = Detection(box, label, 0.25, "hog", mask)
    again = read_detection(_through_json(detection_record(found)))
    assert (again.box, again.label, again.score, again.source) == (box, label, 0.25, "hog")
    assert (again.mask is None) == (mask is None)
    assert mask is None or np.array_equal(again.mask, mask)


@given(boxes, st.booleans())
def test_a_placement_comes_back(box, flip):
    placed = Placement("cat-1.0", box, flip)
    assert read_placement(_through_json(placement_record(placed))) == placed


@given(st.text(min_size=1), st.integers(0, 99))
def test_a_stickers_name_tells_its_file(object_key, number):
    assert sticker_file(sticker_id(object_key, number)) == (object_key, f".{number}.png")


def test_a_sticker_carries_its_provenance():
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 4), np.uint8)
    file = sticker_png(pixels, {"photo": "사진 1.jpg"})
    assert np.array_equal(decode_png(file), pixels)
    with Image.open(io.BytesIO(file)) as image:
        assert json.loads(image.info[PROVENANCE]) == {"photo": "사진 1.jpg"}
