import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_pipeline.settings import PlacementSettings
from nst_pipeline.vision.place.choose import (
    Chooser,
    LibrarySticker,
    StickerCandidates,
    why_unusable,
)


def sticker(name: str, **changes) -> LibrarySticker:
    usual = {"object_key": name, "width": 300, "height": 400, "quality": 0.8}
    return LibrarySticker(name, **(usual | changes))


def library(count: int) -> list[LibrarySticker]:
    return [sticker(f"sticker {n}") for n in range(count)]


SCENES = [f"scene {n}" for n in range(1500)]


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 30), st.integers(0, 2**31), st.text(max_size=8))
def test_a_new_sticker_changes_few_choices_and_only_to_itself(count, seed, name):
    before, new = library(count), sticker(f"new {name}")
    chooser, larger = Chooser(before, seed=seed), Chooser([*before, new], seed=seed)
    moved = 0
    for scene in SCENES:
        (old,), (now,) = chooser.choose(scene, 1), larger.choose(scene, 1)
        assert now in (old, new)
        moved += now != old
    share = 1 / (count + 1)
    std = (share * (1 - share) / len(SCENES)) ** 0.5
    assert abs(moved / len(SCENES) - share) < 5 * std + share / 2  # stretches differ in length


def test_choice_does_not_depend_on_the_order_of_the_library():
    stickers = library(20)
    turned = Chooser(stickers[::-1], seed=1)
    assert Chooser(stickers, seed=1).choose("a", 5) == turned.choose("a", 5)


@given(st.integers(1, 400), st.integers(1, 40), st.text(max_size=8))
def test_a_larger_choice_begins_with_the_smaller_one(size, count, scene):
    chooser = Chooser(library(size), seed=3)
    every = chooser.choose(scene, size)
    assert chooser.choose(scene, count) == every[:count]
    assert len({each.sticker for each in every}) == size


def test_choices_are_spread_over_the_library():
    chooser = Chooser(library(10), seed=0)
    first = [chooser.choose(scene, 1)[0].sticker for scene in SCENES]
    _, counts = np.unique(first, return_counts=True)
    assert len(counts) == 10 and counts.min() > 100


def test_choice_is_the_same_in_every_process():
    """Python's own hash would change with each start."""
    chosen = Chooser(library(50), seed=7).choose("scene", 2)
    assert [each.sticker for each in chosen] == ["sticker 31", "sticker 44"]


def test_cutouts_of_low_quality_are_not_used():
    stickers = [sticker("good"), sticker("poor", quality=0.1)]
    found = StickerCandidates(stickers, PlacementSettings(min_quality=0.2))("a", 1, ()).stickers
    assert [s.sticker for s in found] == ["good"]


def test_an_empty_library_or_no_sticker_wanted_gives_no_choice():
    assert Chooser([], seed=0).choose("a", 3) == []
    assert (
        StickerCandidates(library(3), PlacementSettings(stickers_per_scene=0))("a", 1, ()).stickers
        == []
    )


@pytest.mark.parametrize(
    "cuts", [{"touches_top": True}, {"touches_left": True, "touches_right": True}]
)
def test_objects_with_cuts_that_no_scene_can_hide_are_not_offered(cuts):
    """A face that fills its photo, a wall from side to side."""
    stickers = [sticker("whole"), sticker("close-up", **cuts)]
    found = StickerCandidates(stickers, PlacementSettings())("a", 1, ()).stickers
    assert [s.sticker for s in found] == ["whole"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"quality": 0.1}, "quality below 0.2 (placement.min_quality)"),
        ({"touches_top": True}, "cut off by the top"),
        ({"touches_left": True, "touches_right": True}, "both sides"),
        ({"touches_left": True, "touches_bottom": True}, "placement.cut_objects"),
        ({"footing": 0.05}, "does not stand"),
        ({"footing": 0.05, "label": "eagle"}, ""),
        ({"footing": 0.2}, ""),
        ({"lab": (3.0, 0.0, 0.0)}, "silhouette"),
        ({"label": "umbrella"}, "somebody's hand"),
        ({"label": "Person"}, "upright"),
        ({"label": "person", "height_m": 1.2}, ""),
        ({"label": "person", "height": 650}, ""),
        ({"label": "dog"}, ""),
        ({"width": 80, "height": 90}, "placement.min_sticker_px"),
    ],
)
def test_a_sticker_that_no_scene_gets_has_a_reason(changes, why):
    sticker = LibrarySticker("a.0", "a", **{"width": 300, "height": 200, "quality": 0.5} | changes)
    reason = why_unusable(sticker, PlacementSettings(min_quality=0.2))
    assert why in reason and bool(reason) == bool(why)


@given(st.integers(0, 30), st.integers(0, 3), st.lists(st.text(max_size=4)), st.integers(1, 5))
def test_many_scenes_at_once_get_what_each_gets(count, wanted, scenes, variant):
    candidates = StickerCandidates(library(count), PlacementSettings(stickers_per_scene=wanted))
    at_once = candidates.of_all(scenes, variant)
    for scene, chosen in zip(scenes, at_once, strict=True):
        expected = candidates(scene, variant, ()).stickers
        assert [candidates.usable[each] for each in chosen] == expected


def test_cut_objects_are_candidates_on_request():
    sticker = LibrarySticker("a.0", "a", 300, 200, 0.5, touches_bottom=True, footing=0.0)
    assert not why_unusable(sticker, PlacementSettings(cut_objects=True))


@given(st.integers(1, 30), st.integers(1, 3), st.text(max_size=4))
def test_no_two_variants_get_the_same_sticker_in_the_same_round(count, wanted, scene):
    candidates = StickerCandidates(library(count), PlacementSettings(stickers_per_scene=wanted))
    offered = [candidates(scene, variant, ()) for variant in range(1, 9)]
    pairs = [(each.sticker, one.round) for one in offered for each in one.stickers]
    assert len(pairs) == len(set(pairs))
    assert all(one.stickers for one in offered)
