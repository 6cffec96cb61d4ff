import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_pipeline.settings import PlacementSettings
from nst_pipeline.vision.place.choose import LibrarySticker
from nst_pipeline.vision.place.layout import Layout
from nst_pipeline.vision.place.plan import Plan, PlanParameters, plan
from nst_pipeline.vision.shapes import Box, Detection, Placement
from tests.vision.place.layouts import lawn, made_up

WIDTH, HEIGHT = 600, 400


@pytest.fixture(scope="module")
def scene() -> np.ndarray:
    from sklearn.datasets import load_sample_image

    return load_sample_image("china.jpg")[:HEIGHT, :WIDTH]


def sticker(name: str = "it", **changes) -> LibrarySticker:
    usual = {"object_key": name, "width": 300, "height": 400, "quality": 0.8, "label": "dog"}
    return LibrarySticker(name, **(usual | {"height_m": 1.4} | changes))


def placed(scene, layout: Layout, stickers, found=(), seed=0, **rules) -> list[Placement]:
    return [
        each.placement for each in planned(scene, layout, stickers, found, seed, **rules).planned
    ]


def planned(scene, layout: Layout, stickers, found=(), seed=0, **rules) -> Plan:
    wanted = PlacementSettings(seed=seed, **({"min_height_fraction": 0.1} | rules))
    return plan(scene, layout, stickers, found, wanted, scene_key="a")


def obstacle(box: Box, label: str = "gizmo") -> Detection:
    return Detection(box, label, 0.9, "sidecar")


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 4),
    st.integers(0, 1000),
    st.floats(0.25, 0.55),
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 300)), max_size=2),
)
def test_placements_are_plausible_whatever_the_seed(scene, wanted, seed, horizon, corners):
    obstacles = [obstacle(Box(x, y, 120, 90)) for x, y in corners]
    library = [sticker(f"sticker {n}") for n in range(12)]
    rules = {"stickers_per_scene": wanted, "min_plausibility": 0.0}
    found = placed(scene, lawn(horizon), library, obstacles, seed, **rules)
    assert len(found) <= wanted
    boxes = [each.box for each in found]
    for index, box in enumerate(boxes):
        assert box == box.clipped(WIDTH, HEIGHT)
        assert 0.1 * HEIGHT - 1 <= box.height <= 0.5 * HEIGHT + 1
        assert abs(box.width / box.height - 300 / 400) < 0.03
        # 1.4 m below eye level of 1.6 m: its top is below the horizon.
        expected = (box.bottom / HEIGHT - horizon) / 1.6 * 1.4 * HEIGHT
        assert abs(np.log(box.height / expected)) < 0.15
        for other in [*(each.box for each in obstacles), *boxes[:index]]:
            apart = other.right <= box.x or box.right <= other.x
            assert apart or other.bottom <= box.y or box.bottom <= other.y


def test_what_did_not_stand_in_its_own_photo_stands_nowhere(scene):
    rider, firm = sticker("rider", footing=0.05), sticker("firm", footing=0.5)
    found = planned(scene, lawn(), [rider, firm])
    assert [each.placement.sticker for each in found.planned] == ["firm"]
    assert found.refused == {"rider": "it does not stand in its own photo on what could carry it"}


def test_an_airplane_that_stands_in_its_own_photo_does_not_fly(scene):
    sky = made_up(lambda rows, columns: np.where(rows > 0.9, "water", "sky"))
    parked, flying = (
        sticker(name, label="airplane", height_m=None, width=400, height=150, footing=footing)
        for name, footing in (("parked", 0.3), ("flying", 0.0))
    )
    found = planned(scene, sky, [parked, flying])
    assert [each.placement.sticker for each in found.planned] == ["flying"]
    assert all(each.placement.hangs for each in found.planned)


def test_what_comes_from_a_like_photo_is_tried_first(scene):
    """One try: kin stickers keep their order, so that none takes all scenes."""
    library = [sticker(name) for name in ("stranger", "cousin", "sister")]
    kin = {"stranger": 0.1, "cousin": 0.7, "sister": 0.9}
    wanted = PlacementSettings(min_height_fraction=0.1, tries=1)
    found = plan(
        scene, lawn(), library, [], wanted, scene_key="a", kinship=lambda each: kin[each.sticker]
    )
    assert [(each.placement.sticker, each.kinship) for each in found.planned] == [("cousin", 0.7)]
    assert "at home there (0.70)" in found.planned[0].why


def test_a_clock_hangs_where_the_wall_is_bare(scene):
    """The left half of the wall is striped like a curtain."""
    striped = np.full_like(scene, 200)
    striped[:, : WIDTH // 2 : 12] = 90
    wall = made_up(lambda rows, columns: np.where(rows > 0.9, "floor", "wall"), horizon=-1)
    clock = sticker(label="clock", height_m=0.3, width=200, height=200)
    for seed in range(5):
        (found,) = placed(striped, wall, [clock], seed=seed)
        assert found.hangs and found.box.x >= WIDTH // 2 - 10


def test_a_hydrant_stands_where_the_road_ends(scene):
    """The left half is a road, the right half a lawn."""

    def street(rows, columns):
        return np.where(rows < 0.4, "sky", np.where(columns < 0.5, "road", "grass"))

    hydrant = sticker(label="fire hydrant", height_m=0.75, width=150, height=200)
    for seed in range(4):
        (found,) = placed(scene, made_up(street), [hydrant], seed=seed)
        reach = found.box.height + found.box.width
        assert found.box.x - reach < WIDTH / 2 < found.box.right + reach
    road = made_up(lambda rows, columns: np.where(rows < 0.4, "sky", "road"))
    assert not placed(scene, road, [hydrant])


def test_a_bear_stays_off_the_street(scene):
    street = made_up(lambda rows, columns: np.where(rows > 0.4, "road", "sky"))
    car, bear = (sticker(label, label=label, height_m=None) for label in ("car", "bear"))
    found = planned(scene, street, [bear, car])
    assert [each.placement.sticker for each in found.planned] == ["car"]
    assert found.refused["bear"].startswith("plausibility")


def test_the_same_inputs_give_the_same_placements(scene):
    library = [sticker(f"sticker {n}") for n in range(9)]
    first, second = (placed(scene, lawn(), library, stickers_per_scene=3) for _ in range(2))
    assert first == second
    assert placed(scene, lawn(), library, seed=1, stickers_per_scene=3) != first


def test_a_cup_stands_on_the_table_and_a_dog_on_the_floor(scene):
    """A room: a table in front at the left, seen from near, and the floor at the right."""

    def room(rows, columns):
        below = np.where((columns < 0.5) & (rows > 0.55), "table", "floor")
        return np.where(rows > 0.4, below, "wall")

    layout = made_up(room)
    # The table is nearer than the floor: a meter is larger there.
    near = layout.surfaces[6] > 0
    layout.log_meter[near] += np.log(4)
    cup = sticker("cup", label="cup", height_m=None, width=400, height=400)
    dog = sticker("dog", label="dog", height_m=None)
    (on_table,) = placed(scene, layout, [cup], min_height_fraction=0.05)
    (on_floor,) = placed(scene, layout, [dog])
    assert on_table.box.right < WIDTH / 2 + 10 < on_floor.box.right
    assert on_table.box.height < on_floor.box.height


def test_nothing_stands_on_water_or_in_the_air(scene):
    sea = made_up(lambda rows, _: np.where(rows > 0.4, "water", "sky"))
    found = planned(scene, sea, [sticker("cow", label="cow", height_m=None)])
    assert not found.planned
    assert "carries" in found.refused["cow"]
    (boat,) = placed(scene, sea, [sticker("boat", label="boat", height_m=2.0)])
    assert boat.box.bottom > 0.4 * HEIGHT


def test_the_whole_foot_stands_on_ground(scene):
    """A road at the left, the sea at the right."""

    def shore(rows, columns):
        return np.where(rows > 0.4, np.where(columns < 0.55, "road", "water"), "sky")

    for seed in range(4):
        (found,) = placed(scene, made_up(shore), [sticker()], seed=seed)
        assert found.box.right <= 0.55 * WIDTH + 12


def test_things_in_the_scene_are_not_run_into(scene):
    def street(rows, columns):
        parked = (np.abs(rows - 0.55) < 0.12) & (columns < 0.6)
        return np.where(parked, "vehicle", np.where(rows > 0.4, "road", "wall"))

    for seed in range(4):
        (found,) = placed(scene, made_up(street), [sticker()], seed=seed)
        assert found.box.x > 0.55 * WIDTH or found.box.y > 0.6 * HEIGHT


def test_a_person_found_in_the_scene_tells_its_scale(scene):
    """The camera hangs at twice the height that the layout takes for granted."""
    person = sticker("person", width=400, height=1000, label="person", height_m=None)
    high = made_up(lambda rows, _: np.where(rows > 0.4, "road", "sky"), spread=0.5)
    told = [obstacle(Box(40 + 90 * n, 195, 30, 85), "person") for n in range(3)]
    for seed in range(4):
        (alone,) = placed(scene, high, [person], seed=seed, min_height_fraction=0.05)
        (beside,) = placed(scene, high, [person], told, seed=seed, min_height_fraction=0.05)
        ratios = [each.box.height / (each.box.bottom - 0.4 * HEIGHT) for each in (alone, beside)]
        assert ratios[0] == pytest.approx(1.7 / 1.6, rel=0.1)
        assert ratios[1] == pytest.approx(85 / (280 - 160), rel=0.15)


def test_the_users_height_comes_first(scene):
    def height_over_nearness(**changes):
        (found,) = placed(scene, lawn(), [sticker(**changes)], min_height_fraction=0.02)
        return found.box.height / (found.box.bottom - 0.4 * HEIGHT)

    assert height_over_nearness(height_m=0.4) == pytest.approx(0.4 / 1.6, rel=0.08)
    assert height_over_nearness(label="dog", height_m=0.9) == pytest.approx(0.9 / 1.6, rel=0.08)


def test_a_height_for_a_label_is_a_setting(scene):
    gizmo = sticker(label="gizmo", height_m=None)
    rules = {"heights_m": {"gizmo": 0.8}, "min_height_fraction": 0.02}
    found = planned(scene, lawn(), [gizmo], **rules).planned[0]
    box = found.placement.box
    assert box.height / (box.bottom - 0.4 * HEIGHT) == pytest.approx(0.8 / 1.6, rel=0.08)
    assert "0.8 m" in found.why


def test_an_unknown_size_is_said_and_less_plausible(scene):
    unknown = planned(scene, lawn(), [sticker(label="gizmo", height_m=None)]).planned[0]
    known = planned(scene, lawn(), [sticker(label="gizmo")]).planned[0]
    assert "unknown size" in unknown.why
    assert unknown.plausibility < 0.6 * known.plausibility


def test_what_is_too_small_for_a_scene_is_refused(scene):
    """A gnome on a lawn would be smaller than `min_height_fraction`."""
    found = planned(scene, lawn(), [sticker("gnome", label="gnome", height_m=0.03)])
    assert not found.planned
    assert "too small" in found.refused["gnome"]


def test_below_the_least_plausibility_the_scene_stays_empty(scene):
    found = planned(scene, lawn(), [sticker(label="gizmo", height_m=None)], min_plausibility=0.95)
    assert not found.planned
    assert "placement.min_plausibility" in found.refused["it"]


def test_the_most_plausible_sticker_comes_first(scene):
    library = [sticker("gizmo", label="gizmo", height_m=None), sticker("deer")]
    assert [each.sticker for each in placed(scene, lawn(), library)] == ["deer"]


def test_cut_off_objects_stand_at_the_bottom_edge(scene):
    (found,) = placed(scene, lawn(), [sticker("bust", touches_bottom=True)])
    assert found.box.bottom > HEIGHT


@pytest.mark.parametrize("seed", range(4))
def test_an_edge_that_cuts_an_object_cuts_it_in_the_scene(scene, seed):
    """A car that its photo cuts on one side enters the scene from that side."""
    for cut in ("left", "right"):
        car = sticker("half a car", **{f"touches_{cut}": True})
        (found,) = placed(scene, lawn(), [car], seed=seed, flip=True)
        at_left = (cut == "left") != found.flip
        assert (found.box.x < 0) == at_left
        assert (found.box.right > WIDTH) != at_left


def test_nobody_stands_in_water_below_the_scene(scene):
    """At the left a beach, at the right the sea, both down to the bottom edge."""

    def beach(rows, columns):
        return np.where(rows > 0.55, np.where(columns < 0.5, "earth", "water"), "sky")

    bust = sticker("bust", label="person", height_m=None, touches_bottom=True)
    for seed in range(4):
        (found,) = placed(scene, made_up(beach, horizon=0.55), [bust], seed=seed)
        assert found.box.x + found.box.width / 2 < 0.5 * WIDTH
        assert found.box.y / HEIGHT == pytest.approx(0.55, abs=0.07)


def test_what_flies_is_in_the_sky_and_small(scene):
    kite = sticker("kite", label="kite", height_m=None)
    (found,) = placed(scene, lawn(0.7), [kite])
    assert found.box.bottom < 0.72 * HEIGHT
    assert found.box.height <= 0.23 * HEIGHT


def test_small_stickers_are_not_enlarged_much(scene):
    (found,) = placed(scene, lawn(), [sticker("small", width=60, height=80)])
    assert found.box.height <= 80 * PlanParameters().max_enlargement
    assert not placed(scene, lawn(), [sticker("tiny", width=12, height=16)])


def test_without_room_there_is_no_placement(scene):
    assert not placed(scene, lawn(), [sticker()], [obstacle(Box(0, 0, WIDTH, HEIGHT))])


def test_stickers_are_mirrored_only_if_allowed(scene):
    def flips(allowed: bool) -> set[bool]:
        return {
            placed(scene, lawn(), [sticker()], seed=seed, flip=allowed)[0].flip
            for seed in range(12)
        }

    assert flips(False) == {False}
    assert flips(True) == {False, True}


def test_colors_decide_among_equally_good_places():
    """A dark object is placed in the shade, a light one in the sun."""
    scene = np.full((HEIGHT, WIDTH, 3), (150, 190, 240), np.uint8)
    scene[160:] = np.interp(np.arange(WIDTH), (200, 400), (60, 190))[None, :, None]
    dark, light = (
        placed(scene, lawn(), [sticker(lab=(lightness, 0, 0))])[0] for lightness in (20.0, 80.0)
    )
    assert dark.box.x < 200 < 300 < light.box.x
