"""What holds for every sidecar, whatever its numbers are."""

import csv
import io
import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_pipeline.errors import SidecarError
from nst_pipeline.storage.labels import PlainRunLengths, RunLengths
from nst_pipeline.storage.sidecars.annotations import read_sidecar
from nst_pipeline.storage.sidecars.coco import split_coco
from nst_pipeline.storage.sidecars.frames import fit_frame
from nst_pipeline.vision.shapes import Box

SIDES = st.integers(8, 40)
ORIENTATIONS = st.integers(1, 8)


@st.composite
def frames(draw):
    """A photo's size and orientation, a frame that fits it, and a box in that frame."""
    width, height, orientation = draw(SIDES), draw(SIDES), draw(ORIENTATIONS)
    factor, stored = draw(st.integers(1, 3)), draw(st.booleans())
    frame = (width * factor, height * factor)
    if stored and orientation >= 5 and width != height:
        frame = frame[::-1]
    left, top = draw(st.integers(0, frame[0] - 2)), draw(st.integers(0, frame[1] - 2))
    right, bottom = (
        draw(st.integers(left + 2, max(left + 2, frame[0]))),
        draw(st.integers(top + 2, max(top + 2, frame[1]))),
    )
    return (width, height), orientation, frame, (left, top, right, bottom)


def _coco(frame, edges, **annotation):
    left, top, right, bottom = edges
    return json.dumps(
        {
            "images": [{"id": 1, "file_name": "a.jpg", "width": frame[0], "height": frame[1]}],
            "annotations": [
                {"image_id": 1, "bbox": [left, top, right - left, bottom - top], **annotation}
            ],
        }
    )


@given(frames())
def test_box_polygon_and_mask_land_on_the_same_place(case):
    (width, height), orientation, frame, edges = case
    left, top, right, bottom = edges
    inside = np.zeros(frame[::-1], bool)
    inside[top:bottom, left:right] = True
    masks = {
        "rle": PlainRunLengths.of(inside).model_dump(mode="json"),
        "packed": RunLengths.of(inside).model_dump(mode="json"),
        "polygon": [[left, top, right, top, right, bottom, left, bottom]],
    }
    for mask in masks.values():
        text = _coco(frame, edges, segmentation=mask)
        [found] = read_sidecar("a.jpg", width, height, orientation=orientation, coco=text)
        if found.mask is None:
            continue  # scaled to less than a pixel
        rows, columns = np.nonzero(found.mask)
        box = found.box.expanded(1)
        assert box.x <= columns.min() and columns.max() < box.right
        assert box.y <= rows.min() and rows.max() < box.bottom


@given(frames())
def test_a_frame_covers_the_photo(case):
    photo, orientation, frame, _ = case
    fit = fit_frame(tuple(map(float, frame)), tuple(map(float, photo)), orientation)
    corners = fit.points(np.array([[0, 0], frame], float))
    assert np.allclose(np.sort(corners, axis=0), [[0, 0], photo])
    assert fit.mask(np.ones(frame[::-1], bool)).shape == photo[::-1]


@given(SIDES, SIDES, st.randoms(use_true_random=False))
def test_run_lengths_round_trip(width, height, random):
    mask = np.array([[random.random() < 0.5 for _ in range(width)] for _ in range(height)])
    mask[0, 0] = True
    for kind in (PlainRunLengths, RunLengths):
        text = _coco(
            (width, height), (0, 0, 2, 2), segmentation=kind.of(mask).model_dump(mode="json")
        )
        [found] = read_sidecar("a.jpg", width, height, coco=text)
        assert np.array_equal(found.mask, mask)


numbers = st.one_of(st.integers(-99, 99), st.floats(), st.text(max_size=5), st.none())


@settings(max_examples=200)
@given(st.lists(st.lists(numbers, min_size=4, max_size=4), max_size=4), st.text(max_size=9))
def test_a_row_of_boxes_gives_a_box_in_the_photo_or_an_error_that_names_it(rows, label):
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["image", "x", "y", "width", "height", "label"])
    for row in rows:
        writer.writerow(["a.jpg", *row, label])
    notes = []
    try:
        found = read_sidecar(
            "a.jpg", 50, 40, boxes_csv=text.getvalue(), source="b.csv", note=notes.append
        )
    except SidecarError as error:
        assert "b.csv" in str(error)
        return
    left_out = sum("left out" in note for note in notes)
    assert len(found) + left_out == len(rows)
    for each in found:
        assert each.box == each.box.clipped(50, 40) and each.box.width and each.box.height


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=200)
@given(
    st.dictionaries(
        st.sampled_from(
            ["bbox", "segmentation", "category_id", "iscrowd", "attributes", "image_id"]
        ),
        json_values,
    )
)
def test_any_annotation_is_read_or_refused(annotation):
    text = _coco((50, 40), (1, 2, 30, 30), **annotation)
    try:
        found = read_sidecar("a.jpg", 50, 40, coco=text)
    except SidecarError:
        return
    assert all(isinstance(each.box, Box) and each.box.width > 0 for each in found)
    sections, unknown = split_coco(text)
    assert set(sections) <= {"a.jpg"} and unknown in (0, 1)
