import csv
from pathlib import Path
from typing import get_args

import pytest

import nst_pipeline.style.finding.labels as labels
from nst_pipeline.vision.detect.coco import COCO_CLASSES
from nst_pipeline.vision.place.layout import SURFACES
from nst_pipeline.vision.place.support import SURFACES_OF
from nst_pipeline.vision.place.things import Support, thing_named

SUPPORTS = get_args(Support)
FILE = Path(labels.__file__).parents[2] / "vision" / "place" / "things.csv"
WORDS = Path(labels.__file__).with_name("imagenet_words.csv")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_thing_that_can_be_named_has_a_height():
    named = {row["word"] for row in rows(WORDS) if row["kind"] == "thing"} | set(COCO_CLASSES)
    assert not [word for word in named if thing_named(word) is None]


def test_the_table_is_in_order_and_its_values_are_possible():
    table = rows(FILE)
    words = [row["word"] for row in table]
    assert words == sorted(set(words))
    for row in table:
        thing = thing_named(row["word"])
        assert 0.003 <= thing.height_m <= 60
        assert 1.05 <= thing.spread <= 3
        assert set(thing.stands_on) <= set(SUPPORTS)


def test_what_is_in_a_hand_or_on_rails_stands_nowhere():
    held = {row["word"] for row in rows(FILE) if not row["stands_on"]}
    assert held == {"baseball bat", "tennis racket", "tie", "train", "umbrella"}


def test_things_that_are_known_by_everybody():
    assert thing_named("Giraffe").height_m > 3 * thing_named("sheep").height_m
    assert thing_named(" cup ").stands_on == ("table",)
    assert thing_named("car").stands_on[0] == "road"
    assert thing_named("boat").stands_on == ("water",)


def test_supports_consist_of_surfaces():
    assert set(SURFACES_OF) == set(SUPPORTS)
    assert {name for fits in SURFACES_OF.values() for name in fits} <= set(SURFACES)


@pytest.mark.parametrize("label", ["", "object", "gizmo"])
def test_unknown_words_have_no_height(label):
    assert thing_named(label) is None
