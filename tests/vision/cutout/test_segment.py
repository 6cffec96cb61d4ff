import numpy as np
import pytest

from nst_pipeline.vision.cutout.features import compute_features
from nst_pipeline.vision.cutout.neighborhood import extract_neighborhood
from nst_pipeline.vision.cutout.segment import (
    SegmentationParameters,
    find_best_threshold,
    mask_from_probability,
    segment,
)


def test_the_best_threshold_separates_clear_probabilities():
    clear = np.array([[0.99, 0.98], [0.02, 0.01]], np.float32)

    threshold, expected_iou = find_best_threshold(clear)

    assert (clear >= threshold).tolist() == [[True, True], [False, False]]
    assert expected_iou > 0.95


def test_the_best_threshold_hedges_if_nothing_is_known():
    threshold, expected_iou = find_best_threshold(np.full((5, 5), 0.4, np.float32))

    assert threshold == pytest.approx(0.4)
    assert expected_iou == pytest.approx(0.4)


@pytest.mark.slow
def test_an_object_is_segmented_with_its_figures(disc):
    mask, figures = segment(disc.photo, disc.box)

    truth = disc.alpha > 0.5
    assert (mask & truth).sum() / (mask | truth).sum() > 0.95
    assert set(figures) == {"expected_iou", "agreement", "filled"}
    assert all(0 <= value <= 1 for value in figures.values())


def test_holes_below_the_given_probability_stay_open(disc):
    neighborhood = extract_neighborhood(disc.photo, disc.box)
    height, width = neighborhood.box.height, neighborhood.box.width
    probability = np.ones((height, width), np.float32)
    probability[80:110, 80:110] = 0.2

    for max_hole_probability, is_filled in ((0.3, False), (0.1, True)):
        parameters = SegmentationParameters(max_hole_probability=max_hole_probability)
        mask, _ = mask_from_probability(
            probability, neighborhood, disc.photo.shape, parameters=parameters
        )
        assert mask.all(0).any() == mask.all(1).any()
        assert bool(mask[80, 80]) == is_filled


@pytest.mark.slow
def test_features_are_maps_of_the_box(disc):
    neighborhood = extract_neighborhood(disc.photo, disc.box)

    features = compute_features(neighborhood)

    shapes = {each.shape for each in features.values()}
    assert shapes == {(neighborhood.box.height, neighborhood.box.width)}
    assert all(each.dtype == np.float32 for each in features.values())
    assert all(np.isfinite(each).all() for each in features.values())
