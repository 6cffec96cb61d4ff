import numpy as np

from nst_pipeline.vision.harmonize.model.features import (
    BLOCKS,
    block_sizes,
    describe,
    feature_relevance,
    seam_features,
)
from nst_pipeline.vision.harmonize.model.seam import SEAM_FEATURES
from nst_pipeline.vision.harmonize.object_view import object_colors, object_view


def test_the_first_features_are_the_objects_mean_color(flower):
    view = object_view(*flower)
    np.testing.assert_allclose(describe(view)[:3], object_colors(view).own.mean, atol=0.5)


def test_every_feature_has_a_relevance(flower):
    assert describe(object_view(*flower)).shape == feature_relevance().shape


def test_sizes_and_relevances_are_those_of_the_stored_models():
    assert block_sizes() == (50, 50, 50, 6, 9, 7, SEAM_FEATURES)
    assert [block.relevance for block in BLOCKS] == [1.0, 0.7, 0.4, 1.0, 3.0, 3.0, 3.0]


def test_the_features_of_the_seam_come_last():
    assert np.flatnonzero(seam_features()).tolist() == list(range(172, 188))


def test_a_gray_picture_has_finite_features():
    matte = np.zeros((60, 60), np.float32)
    matte[20:40, 20:40] = 1
    assert np.isfinite(describe(object_view(np.full((60, 60, 3), 128, np.uint8), matte))).all()
