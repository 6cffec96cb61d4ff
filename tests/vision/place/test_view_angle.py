import numpy as np
import pytest

from nst_pipeline.settings import PlacementSettings
from nst_pipeline.vision.place.choose import LibrarySticker
from nst_pipeline.vision.place.perspective import Perspective
from nst_pipeline.vision.place.plan import plan
from nst_pipeline.vision.place.things import thing_named
from nst_pipeline.vision.place.view_angle import view_angle
from tests.vision.place.layouts import lawn

PERSON = thing_named("person")


def standing_at(foot: float) -> np.ndarray:
    matte = np.zeros((200, 300), np.float32)
    matte[round(foot * 200) - 60 : round(foot * 200), 140:165] = 1
    return matte


def test_what_stands_nearer_is_seen_from_further_above():
    far, near = (view_angle(lawn(0.4), PERSON, standing_at(foot)) for foot in (0.5, 0.9))
    # The tangent is the distance below the horizon over the focal length of 1.2 heights.
    assert far == pytest.approx(np.degrees(np.arctan(0.1 / 1.2)), abs=4)
    assert near == pytest.approx(np.degrees(np.arctan(0.5 / 1.2)), abs=4)


def test_a_table_seen_from_straight_above_has_no_horizon():
    assert Perspective(at_bottom=3.0, slope=0.0, spread=0.2).angle(0.5) == pytest.approx(90)


def test_a_photo_that_does_not_tell_gives_no_angle():
    assert view_angle(lawn(0.4), PERSON, np.zeros((200, 300), np.float32)) is None
    assert view_angle(lawn(0.4), PERSON, standing_at(1.0)) is None
    assert view_angle(lawn(0.4), thing_named("kite"), standing_at(0.9)) is None


@pytest.mark.parametrize(("view", "lowest", "highest"), [(5.0, 0.0, 0.72), (24.0, 0.72, 1.0)])
def test_an_object_goes_where_it_is_seen_as_in_its_own_photo(view, lowest, highest):
    scene = np.full((400, 600, 3), 128, np.uint8)
    child = LibrarySticker(
        "it", "it", 200, 400, quality=0.8, label="person", height_m=0.9, view=view
    )
    wanted = PlacementSettings(min_height_fraction=0.03)
    for key in "abcd":
        (found,) = plan(scene, lawn(0.45), [child], [], wanted, scene_key=key).planned
        assert lowest <= found.placement.box.bottom / 400 <= highest
