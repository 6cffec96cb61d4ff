import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_pipeline.settings import PlacementSettings
from nst_pipeline.vision.place import (
    CUT_PX,
    MAX_ENLARGEMENT,
    LibrarySticker,
    candidates_for,
    choose,
    plan,
)
from nst_pipeline.vision.shapes import Box
from nst_pipeline.vision.support import support_line


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


@pytest.fixture(scope="module", params=["china.jpg", "flower.jpg"])
def scene(request) -> np.ndarray:
    from sklearn.datasets import load_sample_image

    return load_sample_image(request.param)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 4),
    st.integers(0, 1000),
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 300)), max_size=2),
)
def test_placements_are_plausible_whatever_the_seed(scene, wanted, seed, corners):
    obstacles = [Box(x, y, 120, 90) for x, y in corners]
    rules = PlacementSettings(stickers_per_scene=wanted, seed=seed)
    placed = plan(scene, library(12), obstacles, rules, scene_key="a")
    height, width = scene.shape[:2]
    assert len(placed) <= wanted
    boxes = [each.box for each in placed]
    for index, box in enumerate(boxes):
        assert box == box.clipped(width, height)
        assert support_line(scene) * height < box.bottom
        assert 0.18 * height - 1 <= box.height <= 0.5 * height + 1
        assert abs(box.width / box.height - 300 / 400) < 0.03
        for other in [*obstacles, *boxes[:index]]:
            apart = other.right <= box.x or box.right <= other.x
            assert apart or other.bottom <= box.y or box.bottom <= other.y


def test_the_nearer_the_larger(scene):
    boxes = []
    for seed in range(20):
        rules = PlacementSettings(seed=seed)
        boxes += [each.box for each in plan(scene, library(1), [], rules, scene_key="a")]
    feet, heights = [b.bottom for b in boxes], [b.height for b in boxes]
    assert np.corrcoef(feet, heights)[0, 1] > 0.99


def test_same_inputs_same_placements(scene):
    rules = PlacementSettings(stickers_per_scene=3)
    first, second = (plan(scene, library(9), [], rules, scene_key="a") for _ in range(2))
    assert first == second
    assert plan(scene, library(9), [], rules, scene_key="b") != first


def test_cut_off_objects_stand_at_the_bottom_edge(scene):
    (placed,) = plan(
        scene, [sticker("bust", touches_bottom=True)], [], PlacementSettings(), scene_key="a"
    )
    assert placed.box.bottom == scene.shape[0] + CUT_PX


def test_small_stickers_are_not_blown_up(scene):
    (placed,) = plan(
        scene, [sticker("small", width=60, height=80)], [], PlacementSettings(), scene_key="a"
    )
    assert placed.box.height <= 80 * MAX_ENLARGEMENT
    too_small = [sticker("tiny", width=12, height=16)]
    assert plan(scene, too_small, [], PlacementSettings(), scene_key="a") == []


def test_no_room_is_no_placement(scene):
    everything = [Box(0, 0, scene.shape[1], scene.shape[0])]
    assert plan(scene, library(5), everything, PlacementSettings(), scene_key="a") == []


def test_what_does_not_fit_gives_way_to_the_next(scene):
    stickers = [sticker("tiny", width=5, height=5), sticker("fits")]
    (placed,) = plan(scene, stickers, [], PlacementSettings(), scene_key="a")
    assert placed.sticker == "fits"


def test_mirrored_only_when_allowed(scene):
    def flips(allowed: bool) -> set[bool]:
        return {
            plan(scene, library(1), [], PlacementSettings(seed=seed, flip=allowed), scene_key="a")[
                0
            ].flip
            for seed in range(12)
        }

    assert flips(False) == {False}
    assert flips(True) == {False, True}
