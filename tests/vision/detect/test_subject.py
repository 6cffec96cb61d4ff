"""The main subject, found by its difference from the background."""

import numpy as np
import pytest

from nst_pipeline.vision.detect.boxes import intersection_over_union
from nst_pipeline.vision.detect.subject import SubjectParameters, find_subject
from nst_pipeline.vision.shapes import Box


@pytest.fixture
def red_square() -> np.ndarray:
    photo = np.full((120, 160, 3), 230, np.uint8)
    photo[30:90, 50:110] = (200, 40, 40)
    return photo


@pytest.mark.parametrize(
    ("name", "where"), [("coffee", Box(75, 15, 415, 365)), ("flower", Box(170, 80, 280, 285))]
)
def test_the_main_subject_is_what_differs_from_its_surroundings(photos, name, where):
    [subject] = find_subject(photos[name])
    assert (subject.label, subject.source) == ("subject", "subject")
    assert intersection_over_union(subject.box, where) > 0.75


def test_the_mask_has_the_photos_size_and_lies_in_the_box(photos):
    [subject] = find_subject(photos["flower"])
    assert subject.mask.shape == photos["flower"].shape[:2]
    assert subject.mask[subject.box.slices].sum() == subject.mask.sum()
    assert subject.mask[subject.box.slices].mean() > 0.5


def test_the_outline_follows_the_photos_edges(red_square):
    [subject] = find_subject(red_square)
    assert subject.box == Box(50, 30, 60, 60)
    assert subject.mask[30:90, 50:110].all()


def test_the_score_grows_with_the_contrast(red_square):
    pale = (230 - (230 - red_square.astype(int)) // 4).astype(np.uint8)
    [strong], [weak] = find_subject(red_square), find_subject(pale)
    assert weak.score < strong.score


def test_below_the_least_contrast_there_is_no_subject(red_square):
    parameters = SubjectParameters(min_contrast=500, full_contrast=600)
    assert find_subject(red_square, parameters=parameters) == []


def test_a_region_that_covers_too_little_of_the_photo_is_not_a_subject(red_square):
    assert find_subject(red_square, parameters=SubjectParameters(min_fraction=0.3)) == []


@pytest.mark.parametrize("shape", [(80, 120), (1, 90), (1, 1), (2, 3)])
def test_a_flat_or_tiny_picture_has_no_subject(shape):
    assert find_subject(np.full((*shape, 3), 127, np.uint8)) == []
