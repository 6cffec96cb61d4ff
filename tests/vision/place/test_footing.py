import numpy as np
import pytest

from nst_pipeline.style.scene_layout import layout_once, read_footing
from nst_pipeline.vision.place.footing import footing
from nst_pipeline.vision.place.layout import SURFACES, Layout
from nst_pipeline.vision.place.things import thing_named


def layout_of(upper: str, lower: str) -> Layout:
    """A photo whose upper and lower halves show one surface each."""
    surfaces = np.zeros((len(SURFACES), 64, 64), np.float32)
    surfaces[SURFACES.index(upper), :32] = 1
    surfaces[SURFACES.index(lower), 32:] = 1
    flat = np.zeros((64, 64), np.float32)
    return Layout(surfaces, flat, flat)


def standing_at(foot: int) -> np.ndarray:
    """The matte of an upright object, in a photo of 200 x 300 pixels."""
    matte = np.zeros((200, 300), np.float32)
    matte[foot - 80 : foot, 140:165] = 1
    return matte


@pytest.mark.parametrize(
    ("label", "lower", "expected"),
    [("person", "grass", 1), ("person", "animal", 0), ("person", "water", 0), ("cup", "table", 1)],
)
def test_what_is_under_the_feet_decides(label, lower, expected):
    found = footing(layout_of("wall", lower), thing_named(label), standing_at(140))
    assert found == pytest.approx(expected, abs=0.05)


def test_what_leans_does_not_stand():
    """A person that leans on a post: the feet are beside the weight."""
    leaning = standing_at(140)
    leaning[130:140, 130:160] = 0
    leaning[130:140, 162:165] = 1
    upright = standing_at(140)
    lawn, person = layout_of("wall", "grass"), thing_named("person")
    assert footing(lawn, person, leaning) == 0
    assert footing(lawn, person, upright) > 0.9


def test_a_jumper_has_the_wall_behind_under_its_feet():
    assert footing(layout_of("wall", "grass"), thing_named("person"), standing_at(85)) < 0.1


def test_an_airplane_has_a_footing_on_the_runway_only():
    plane = thing_named("airplane")
    assert footing(layout_of("sky", "road"), plane, standing_at(140)) == pytest.approx(1, abs=0.05)
    assert footing(layout_of("sky", "road"), plane, standing_at(85)) < 0.1
    assert footing(layout_of("sky", "road"), thing_named("kite"), standing_at(85)) is None


def test_nothing_is_said_where_nothing_is_seen(cup):
    photo, matte = cup
    layout, person = layout_of("wall", "grass"), thing_named("person")
    assert footing(layout, person, standing_at(200)) is None
    assert footing(layout, person, np.zeros((200, 300), np.float32)) is None
    assert read_footing(layout_once(photo), "nobody knows this", matte) is None
