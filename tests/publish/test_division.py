"""How an export divides composites by their photos."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_pipeline.errors import NstError
from nst_pipeline.publish.export.division import Photos, divide, parse_shares

USUAL = {"train": 0.8, "val": 0.1, "test": 0.1}


def made_of(*pairs: tuple[str, str]) -> dict[str, Photos]:
    """Composites of a scene photo and the object photos that a text lists."""
    return {
        f"{scene}~{number}": Photos(scene, frozenset(objects.split()))
        for number, (scene, objects) in enumerate(pairs)
    }


def parts_of_photos(photos: dict[str, Photos], parts: dict[str, str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for key, own in photos.items():
        for each in own.all:
            found.setdefault(each, set()).add(parts[key])
    return found


def test_no_photo_is_in_two_parts_if_groups_allow_it():
    photos = made_of(*((f"scene {n}", f"object-{n % 20}") for n in range(100)))
    division = divide(photos, USUAL)
    assert Counter(division.parts.values()) == {"train": 80, "val": 10, "test": 10}
    assert {len(each) for each in parts_of_photos(photos, division.parts).values()} == {1}
    assert division.shared_photos == 0


def test_a_photo_that_is_object_here_and_scene_there_joins_both():
    photos = made_of(("cup", "flower"), ("garage", "cup"), ("yard", "cat"))
    division = divide(photos, {"train": 0.7, "val": 0.3})
    assert division.parts == {"cup~0": "train", "garage~1": "train", "yard~2": "val"}


def test_the_variants_of_a_scene_stay_together():
    photos = made_of(*((f"scene {n % 5}", f"object-{n % 3}") for n in range(60)))
    division = divide(photos, USUAL)
    assert set(division.parts.values()) == {"train", "val", "test"}
    scenes = {own.scene: set() for own in photos.values()}
    for key, own in photos.items():
        scenes[own.scene].add(division.parts[key])
    assert {len(each) for each in scenes.values()} == {1}
    assert division.shared_photos == 3  # Every object is on every scene.


def test_five_pictures_have_a_validation_and_a_test_set():
    photos = made_of(*((f"scene {n}", f"object-{n}") for n in range(5)))
    assert Counter(divide(photos, USUAL).parts.values()) == {"train": 3, "val": 1, "test": 1}


def test_too_few_scenes_are_refused():
    with pytest.raises(NstError, match="2 scene photos cannot be divided into train, val, test"):
        divide(made_of(("one", "cup"), ("two", "cup")), USUAL)


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 10)), min_size=30, max_size=80),
    st.sampled_from(["80/10/10", "70/30", "1/1/1"]),
)
def test_every_part_has_pictures_and_no_scene_is_in_two(numbers, text):
    photos = made_of(*((f"s{scene}", f"o{sticker}") for scene, sticker in numbers))
    if len({own.scene for own in photos.values()}) < 3:
        return
    shares = parse_shares(text)
    division = divide(photos, shares)
    assert set(division.parts) == set(photos) and set(division.parts.values()) == set(shares)
    found = parts_of_photos(photos, division.parts)
    assert all(len(found[own.scene]) == 1 for own in photos.values())
    shared = [each for each, parts in found.items() if len(parts) > 1]
    assert division.shared_photos == len(shared)
    again = divide(dict(reversed(photos.items())), shares)
    assert again.parts == division.parts


@pytest.mark.parametrize("text", ["80", "80/0", "a/b", "1/2/3/4", "80/-1", "inf/1"])
def test_other_shares_are_refused(text):
    with pytest.raises(NstError, match="give the shares of train, val and test"):
        parse_shares(text)
