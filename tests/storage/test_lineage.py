"""Family trees, up to the photos and down to the results."""

import pytest
from upath import UPath

from nst_pipeline.errors import NstError
from nst_pipeline.storage.catalogue import Catalogue, Input, Row
from nst_pipeline.storage.lineage import Family


def _row(asset: str, key: str, *inputs: tuple[str, str]) -> Row:
    return Row(asset, key, "ok", "f", digest="d", inputs=tuple(Input(*i, "d") for i in inputs))


@pytest.fixture
def family(tmp_path) -> Family:
    catalogue = Catalogue(UPath(tmp_path))
    catalogue.append(
        [
            _row("object_photos", "cat-1", ("objects", "cat.jpg")),
            _row("stickers", "cat-1", ("object_photos", "cat-1")),
            _row("scene_photos", "street-2", ("scenes", "town/street.jpg")),
            _row("composites", "street-2", ("scene_photos", "street-2"), ("stickers", "cat-1")),
            _row("harmonized", "street-2", ("composites", "street-2")),
        ]
    )
    return Family(catalogue.rows())


def test_ancestors_reach_the_photos(family):
    harmonized = family.ancestors("harmonized", "street-2")
    (composite,) = harmonized.relatives
    scene, sticker = composite.relatives
    assert scene.relatives[0].key == "town/street.jpg"
    assert sticker.relatives[0].relatives[0].key == "cat.jpg"


def test_descendants_are_all_that_was_made_from_a_photo(family):
    assert family.descendants("objects", "cat.jpg") == [
        ("object_photos", "cat-1"),
        ("stickers", "cat-1"),
        ("composites", "street-2"),
        ("harmonized", "street-2"),
    ]


@pytest.mark.parametrize(
    "name", ["street-2", "harmonized/street-2", "town/street.jpg", "street.jpg"]
)
def test_an_artifact_is_found_by_key_by_asset_and_by_photo(family, name):
    assert family.find(name) == ("harmonized", "street-2")


def test_an_object_is_found_as_its_stickers(family):
    assert family.find("cat-1") == ("stickers", "cat-1")


def test_an_unknown_name_says_what_was_near(family):
    with pytest.raises(NstError, match=r"'street'.*did you mean street-2"):
        family.find("street")
