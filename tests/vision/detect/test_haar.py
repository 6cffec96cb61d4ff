"""People found by their faces."""

import numpy as np
import pytest

from nst_pipeline.vision.detect.boxes import intersection_over_union
from nst_pipeline.vision.detect.haar import FaceParameters, find_faces
from nst_pipeline.vision.shapes import Box


def test_the_box_of_a_face_is_extended_to_head_and_shoulders(photos):
    [person] = find_faces(photos["astronaut"])
    assert (person.label, person.source) == ("person", "haar")
    assert intersection_over_union(person.box, Box(40, 5, 360, 495)) > 0.8
    assert person.score > 0.5


@pytest.mark.parametrize("name", ["coffee", "flower", "china"])
def test_photos_without_people_have_no_faces(photos, name):
    assert [found for found in find_faces(photos[name]) if found.score > 0.3] == []


def test_a_face_needs_both_cascades(photos):
    never = FaceParameters(min_agreement=1.0)
    assert find_faces(photos["astronaut"], parameters=never) == []


def test_the_box_ends_at_the_photos_edge(photos):
    face = np.ascontiguousarray(photos["astronaut"][40:260, 120:330])
    boxes = [found.box for found in find_faces(face)]
    assert boxes and all(box == box.clipped(210, 220) for box in boxes)


def test_the_parameters_extend_the_box(photos):
    narrow = FaceParameters(above=0, below=1, width=1)
    [face], [person] = (
        find_faces(photos["astronaut"], parameters=parameters)
        for parameters in (narrow, FaceParameters())
    )
    assert face.box.width == face.box.height < person.box.width / 2
