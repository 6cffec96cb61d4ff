import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_pipeline.settings import PlacementSettings
from nst_pipeline.vision.choose import LibrarySticker, candidates_for, choose


def sticker(name: str, **changes) -> LibrarySticker:
    usual = {"object_key": name, "width": 300, "height": 400, "quality": 0.8}
    return LibrarySticker(name, **(usual | changes))


def library(count: int) -> list[LibrarySticker]:
    return [sticker(f"sticker {n}") for n in range(count)]


SCENES = [f"scene {n}" for n in range(1500)]


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 30), st.integers(0, 2**31), st.text(max_size=8))
def test_a_new_sticker_moves_few_choices_and_only_to_itself(count, seed, name):
    before, new = library(count), sticker(f"new {name}")
    moved = 0
    for scene in SCENES:
        (old,) = choose(scene, before, count=1, seed=seed)
        (now,) = choose(scene, [*before, new], count=1, seed=seed)
        assert now in (old, new)
        moved += now != old
    share = 1 / (count + 1)
    assert abs(moved / len(SCENES) - share) < 5 * (share * (1 - share) / len(SCENES)) ** 0.5


def test_choice_does_not_depend_on_the_order_of_the_library():
    stickers = library(20)
    assert choose("a", stickers, count=5, seed=1) == choose("a", stickers[::-1], count=5, seed=1)


def test_choices_are_spread_over_the_library():
    first = [choose(scene, library(10), count=1, seed=0)[0].sticker for scene in SCENES]
    _, counts = np.unique(first, return_counts=True)
    assert len(counts) == 10 and counts.min() > 100


def test_choice_is_the_same_in_every_process():
    """Python's own hash would change with each start."""
    chosen = choose("scene", library(50), count=2, seed=7)
    assert [each.sticker for each in chosen] == ["sticker 25", "sticker 29"]


def test_poor_cutouts_are_not_used():
    stickers = [sticker("good"), sticker("poor", quality=0.1)]
    found = candidates_for("a", stickers, PlacementSettings(min_quality=0.2))
    assert [s.sticker for s in found] == ["good"]


def test_nothing_to_choose_from():
    assert choose("a", [], count=3, seed=0) == []
    assert candidates_for("a", library(3), PlacementSettings(stickers_per_scene=0)) == []


@pytest.mark.parametrize(
    "cuts", [{"touches_top": True}, {"touches_left": True, "touches_right": True}]
)
def test_what_no_scene_can_hide_is_not_offered(cuts):
    """A face that fills its photo, a wall from side to side."""
    stickers = [sticker("whole"), sticker("close-up", **cuts)]
    found = candidates_for("a", stickers, PlacementSettings())
    assert [s.sticker for s in found] == ["whole"]
