import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_pipeline.settings import PlacementSettings
from nst_pipeline.vision.place.choose import LibrarySticker
from nst_pipeline.vision.place.ground import estimate_ground
from nst_pipeline.vision.place.plan import PlanParameters, plan
from nst_pipeline.vision.shapes import Box, Detection


def sticker(name: str, **changes) -> LibrarySticker:
    usual = {"object_key": name, "width": 300, "height": 400, "quality": 0.8}
    return LibrarySticker(name, **(usual | changes))


def thing(box: Box, label: str = "thing") -> Detection:
    return Detection(box, label, 0.9, "sidecar")


def library(count: int) -> list[LibrarySticker]:
    return [sticker(f"sticker {n}") for n in range(count)]


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
    obstacles = [thing(Box(x, y, 120, 90)) for x, y in corners]
    rules = PlacementSettings(stickers_per_scene=wanted, seed=seed)
    placed = plan(scene, library(12), obstacles, rules, scene_key="a")
    height, width = scene.shape[:2]
    assert len(placed) <= wanted
    boxes = [each.box for each in placed]
    for index, box in enumerate(boxes):
        assert box == box.clipped(width, height)
        assert estimate_ground(scene).horizon * height < box.bottom
        assert 0.18 * height - 1 <= box.height <= 0.5 * height + 1
        assert abs(box.width / box.height - 300 / 400) < 0.03
        for other in [*(each.box for each in obstacles), *boxes[:index]]:
            apart = other.right <= box.x or box.right <= other.x
            assert apart or other.bottom <= box.y or box.bottom <= other.y


def test_nearer_objects_are_larger(scene):
    boxes = []
    for seed in range(20):
        rules = PlacementSettings(seed=seed)
        boxes += [each.box for each in plan(scene, library(1), [], rules, scene_key="a")]
    feet, heights = [b.bottom for b in boxes], [b.height for b in boxes]
    assert np.corrcoef(feet, heights)[0, 1] > 0.99


def test_the_same_inputs_give_the_same_placements(scene):
    rules = PlacementSettings(stickers_per_scene=3)
    first, second = (plan(scene, library(9), [], rules, scene_key="a") for _ in range(2))
    assert first == second
    assert plan(scene, library(9), [], rules, scene_key="b") != first


def test_cut_off_objects_stand_at_the_bottom_edge(scene):
    (placed,) = plan(
        scene, [sticker("bust", touches_bottom=True)], [], PlacementSettings(), scene_key="a"
    )
    assert placed.box.bottom > scene.shape[0]


@pytest.mark.parametrize("seed", range(4))
def test_an_edge_that_cuts_an_object_cuts_it_in_the_scene(scene, seed):
    """A car that its photo cuts on one side enters the scene from that side."""
    rules = PlacementSettings(seed=seed, flip=True)
    for cut in ("left", "right"):
        car = sticker("half a car", **{f"touches_{cut}": True})
        (placed,) = plan(scene, [car], [], rules, scene_key="a")
        at_left = (cut == "left") != placed.flip
        assert (placed.box.x < 0) == at_left
        assert (placed.box.right > scene.shape[1]) != at_left


def test_small_stickers_are_not_enlarged_much(scene):
    (placed,) = plan(
        scene, [sticker("small", width=60, height=80)], [], PlacementSettings(), scene_key="a"
    )
    assert placed.box.height <= 80 * PlanParameters().max_enlargement
    too_small = [sticker("tiny", width=12, height=16)]
    assert plan(scene, too_small, [], PlacementSettings(), scene_key="a") == []


def test_without_room_there_is_no_placement(scene):
    everything = [thing(Box(0, 0, scene.shape[1], scene.shape[0]))]
    assert plan(scene, library(5), everything, PlacementSettings(), scene_key="a") == []


def test_a_sticker_that_does_not_fit_is_skipped(scene):
    stickers = [sticker("tiny", width=5, height=5), sticker("fits")]
    (placed,) = plan(scene, stickers, [], PlacementSettings(), scene_key="a")
    assert placed.sticker == "fits"


def test_stickers_are_mirrored_only_if_allowed(scene):
    def flips(allowed: bool) -> set[bool]:
        return {
            plan(scene, library(1), [], PlacementSettings(seed=seed, flip=allowed), scene_key="a")[
                0
            ].flip
            for seed in range(12)
        }

    assert flips(False) == {False}
    assert flips(True) == {False, True}


def test_a_person_is_as_tall_as_another_at_the_same_distance():
    """A lawn on which a person was found."""
    lawn = np.full((400, 600, 3), (90, 140, 70), np.uint8)
    lawn[:200] = (150, 190, 240)
    found = [thing(Box(40, 180, 40, 100), "person")]
    person = sticker("person", width=400, height=1000, label="person")
    for seed in range(6):
        rules = PlacementSettings(seed=seed, min_height_fraction=0.1)
        (placed,) = plan(lawn, [person], found, rules, scene_key="a")
        horizon = estimate_ground(lawn).horizon * 400
        expected = 100 * (placed.box.bottom - horizon) / (280 - horizon)
        assert abs(placed.box.height - expected) < 3


def road_by_the_sea(edge: int) -> np.ndarray:
    """Sky, and below it a road at the left and the sea at the right."""
    scene = np.full((300, 600, 3), (150, 190, 240), np.uint8)
    scene[150:, :edge], scene[150:, edge:] = (110, 105, 100), (40, 70, 150)
    return scene


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("edge", [260, 400])
def test_the_whole_foot_stands_on_ground(seed, edge):
    rules = PlacementSettings(seed=seed)
    (placed,) = plan(road_by_the_sea(edge), library(1), [], rules, scene_key="a")
    assert placed.box.right <= edge + 4


def test_colors_decide_among_equally_good_places():
    """A dark object is placed in the shade, a light one in the sun."""
    scene = np.full((300, 600, 3), (150, 190, 240), np.uint8)
    scene[150:] = np.interp(np.arange(600), (200, 400), (60, 190))[None, :, None]
    dark, light = (
        plan(scene, [sticker("it", lab=(lightness, 0, 0))], [], PlacementSettings(), scene_key="a")
        for lightness in (20.0, 80.0)
    )
    assert dark[0].box.x < 200 < 300 < light[0].box.x
