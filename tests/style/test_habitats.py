"""Which habitats photos show."""

import numpy as np
import pytest
from skimage import data
from sklearn.datasets import load_sample_image

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style import habitats
from nst_pipeline.style.finding.labels import word_of_class
from nst_pipeline.style.habitats import habitat_features, read_habitats
from nst_pipeline.vision.place.habitats import HABITATS


def shown(photo, matte=None):
    return dict(zip(HABITATS, read_habitats(photo, matte), strict=True))


def test_a_coffee_is_on_a_table_and_a_flower_in_a_garden():
    coffee, flower = shown(data.coffee()), shown(load_sample_image("flower.jpg"))
    assert coffee["table"] > flower["table"] + 0.2
    assert flower["garden"] > coffee["garden"] + 0.2
    assert max(coffee["street"], coffee["wild"], flower["street"], flower["bath"]) < 0.5


def test_the_object_itself_does_not_count():
    cup = data.coffee()
    matte = np.zeros(cup.shape[:2], np.float32)
    matte[12:388, 78:482] = 1
    other = np.where(matte[..., None] > 0, np.uint8(0), cup)
    np.testing.assert_allclose(
        habitat_features(cup, matte), habitat_features(other, matte), atol=0.05
    )


def test_without_the_classifier_nothing_is_known(monkeypatch, caplog):
    def missing(pictures):
        raise ModelUnavailableError("the classifier is not installed")

    monkeypatch.setattr(habitats, "word_probabilities", missing)
    assert read_habitats(data.coffee()) is None
    assert "at home" in caplog.text


@pytest.mark.parametrize(("number", "word"), [(0, "fish"), (920, "traffic light"), (340, "zebra")])
def test_classes_have_plain_words(number, word):
    assert word_of_class(number) == word
