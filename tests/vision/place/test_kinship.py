"""How alike photos are: rooms, lawns and streets, in daylight and dim light."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nst_pipeline.style.kinship import kinship_with
from nst_pipeline.style.light_reader import read_light
from nst_pipeline.style.scene_layout import load_layout_network
from nst_pipeline.vision.harmonize.light.reading import light_distance
from nst_pipeline.vision.place.choose import LibrarySticker
from nst_pipeline.vision.place.habitats import HABITATS
from nst_pipeline.vision.place.kinship import Place, is_plain, kind_of, kinship, shares_of_surfaces
from nst_pipeline.vision.place.layout import SURFACES
from nst_pipeline.vision.place.things import thing_named
from tests.vision.place.layouts import lawn, made_up

SHARES = arrays(float, len(SURFACES), elements=st.floats(0, 1)).map(
    lambda numbers: tuple(numbers / max(numbers.sum(), 1e-9))
)


@given(SHARES, SHARES, st.none() | st.floats(0, 200))
def test_kinship_is_a_share_the_same_both_ways(one, other, distance):
    one, other = Place(one), Place(other)
    found = kinship(one, other, distance)
    assert 0 <= found <= 1
    assert found == kinship(other, one, distance)
    assert found <= kinship(one, other, None)


def test_a_photo_is_its_own_kin():
    place = Place(shares_of_surfaces(lawn()))
    assert kinship(place, place, 0.0) == pytest.approx(1, abs=0.01)


def test_animals_are_where_animals_are():
    def meadow(rows, columns):
        return np.where((rows > 0.6) & (columns > 0.8), "animal", "grass")

    herd = Place(shares_of_surfaces(made_up(meadow)))
    alone = Place(shares_of_surfaces(made_up(lambda rows, columns: np.full(rows.shape, "grass"))))
    assert kinship(herd, herd, 0.0, "animal") == kinship(herd, herd, 0.0)
    assert kinship(herd, alone, 0.0, "animal") < 0.75 * kinship(herd, alone, 0.0)
    matte = np.zeros((100, 100), np.float32)
    matte[65:, 85:] = 1
    assert kind_of(made_up(meadow), matte) == "animal"
    assert kind_of(made_up(meadow), 1 - matte) == ""


def habitats(**sure):
    return tuple(sure.get(name, 0.1) for name in HABITATS)


def test_a_thing_belongs_where_it_is_at_home():
    lawn_ = shares_of_surfaces(lawn())
    pasture, street = Place(lawn_, habitats(farm=0.9)), Place(lawn_, habitats(street=0.9))
    cow = {"light_distance": 0.0, "habitats": thing_named("cow").habitats}
    assert kinship(pasture, pasture, **cow) > 0.75 > 0.4 > kinship(pasture, street, **cow)
    assert kinship(Place(), pasture, **cow) > 0.7, "its own photo need not tell anything"
    assert kinship(Place(), street, **cow) < 0.4


def test_who_skis_needs_snow():
    slope, street = habitats(snow=0.9, people=0.9), habitats(street=0.9, people=0.9)
    person = {"light_distance": 0.0, "kind": "person", "habitats": thing_named("person").habitats}
    crowd = tuple(0.1 for _ in SURFACES)
    assert kinship(Place(crowd, slope), Place(crowd, street), **person) < 0.2
    assert kinship(Place(crowd, street), Place(crowd, street), **person) > 0.7


def test_an_object_of_an_unknown_photo_is_neither_kin_nor_stranger():
    assert kinship(Place(), Place(shares_of_surfaces(lawn())), None) == 0.5


def test_the_object_itself_is_not_its_surroundings():
    def room(rows, columns):
        return np.where(columns < 0.5, "person", np.where(rows > 0.5, "floor", "wall"))

    matte = np.zeros((40, 60), np.float32)
    matte[:, :30] = 1
    shares = dict(zip(SURFACES, shares_of_surfaces(made_up(room), matte), strict=True))
    assert shares["person"] < 0.01
    assert shares["floor"] == pytest.approx(0.5, abs=0.01) == shares["wall"]


def test_an_object_before_a_plain_background_belongs_anywhere():
    from skimage import data

    cup, matte = data.coffee(), np.zeros(data.coffee().shape[:2], np.float32)
    matte[12:388, 78:482] = 1
    assert not is_plain(cup, matte)
    studio = np.where(matte[..., None] > 0, cup, np.uint8(240))
    assert is_plain(studio, matte)
    assert not is_plain(studio, np.ones_like(matte))


def test_the_distance_of_lights_grows_with_the_change():
    plain = (0.0,) * 9
    dim, dark, warm = (-0.4, *plain[1:]), (-1.2, *plain[1:]), (0.0, 0.4, 0.0, -0.4, *plain[4:])
    assert light_distance(plain, plain) == pytest.approx(0, abs=0.3)
    assert 3 < light_distance(plain, dim) < light_distance(plain, dark)
    assert light_distance(plain, warm) > 3


def test_a_palace_in_daylight_is_more_kin_to_itself_than_to_a_flower_or_dusk():
    from sklearn.datasets import load_sample_image

    palace, flower = load_sample_image("china.jpg"), load_sample_image("flower.jpg")
    dusk = (palace * [0.35, 0.3, 0.45]).astype(np.uint8)
    read = load_layout_network()
    rate = kinship_with(palace, read(palace))

    def cut_from(photo):
        return LibrarySticker(
            "it.0",
            "it",
            90,
            80,
            0.9,
            surfaces=shares_of_surfaces(read(photo)),
            light=read_light(photo),
        )

    assert rate(cut_from(palace)) > 0.95
    assert rate(cut_from(dusk)) < 0.8 * rate(cut_from(palace))
    assert rate(cut_from(flower)) < 0.5
