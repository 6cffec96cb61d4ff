"""Lineage trees, up to the photos and down to the results."""

from datetime import timedelta

import pandas as pd
import pytest
from upath import UPath

from nst_pipeline.errors import NstError
from nst_pipeline.storage.catalog import Catalog, Input, Row
from nst_pipeline.storage.lineage import Lineage


def _row(asset: str, key: str, *inputs: tuple[str, str], **more) -> Row:
    made_from = tuple(Input(*each, "d") for each in inputs)
    return Row(asset, key, "ok", "f", digest="d", inputs=made_from, **more)


@pytest.fixture
def catalog(tmp_path) -> Catalog:
    """A street scene with a cat's sticker, from the photos to the result."""
    catalog = Catalog(UPath(tmp_path))
    catalog.append(
        [
            _row("object_photos", "cat-1", ("objects", "cat.jpg")),
            _row("stickers", "cat-1", ("object_photos", "cat-1")),
            _row("scene_photos", "street-2", ("scenes", "town/street.jpg")),
            _row("composites", "street-2", ("scene_photos", "street-2"), ("stickers", "cat-1")),
            _row("harmonized", "street-2", ("composites", "street-2")),
        ]
    )
    return catalog


@pytest.fixture
def family(catalog) -> Lineage:
    return Lineage(catalog)


def test_ancestors_reach_the_photos(family):
    harmonized = family.ancestors("harmonized", "street-2")
    (composite,) = harmonized.relatives
    scene, sticker = composite.relatives
    assert scene.relatives[0].key == "town/street.jpg"
    assert sticker.relatives[0].relatives[0].key == "cat.jpg"


def test_descendants_are_all_artifacts_made_from_a_photo(family):
    assert family.descendants([("objects", "cat.jpg")]) == [
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


def test_an_unknown_name_suggests_similar_keys(family):
    with pytest.raises(NstError, match=r"'street'.*did you mean street-2"):
        family.find("street")


def test_an_old_row_gives_no_descendant(catalog):
    """The scene was composed again, with another sticker."""
    catalog.append([_row("composites", "street-2", ("stickers", "dog-1"))])
    now = Lineage(catalog)
    assert now.descendants([("stickers", "cat-1")]) == []
    assert now.descendants([("stickers", "dog-1")])[0] == ("composites", "street-2")


def test_artifacts_are_found_by_the_name_and_the_digest_of_a_network(catalog):
    weights = {"magenta": "abcdef0123456789"}
    rows = [_row("stylized_magenta", f"s{n}", models=weights) for n in range(3)]
    catalog.append([*rows, _row("harmonized", "s1", ("stylized_magenta", "s1"))])
    catalog.append([_row("stylized_magenta", "s0", models={"magenta": "other"})])
    now = Lineage(catalog)
    for name in ("magenta", "abcdef01"):
        assert now.find(name) == ("models", name)
    made = now.descendants([("models", "abcdef01")])
    assert made == [("stylized_magenta", "s1"), ("stylized_magenta", "s2"), ("harmonized", "s1")]


@pytest.mark.slow
def test_maintenance_changes_no_search_result(catalog):
    for number in range(70):
        catalog.append([_row("composites", f"more-{number:02d}", ("stickers", "cat-1"))])
    before, rows = Lineage(catalog).descendants([("stickers", "cat-1")]), catalog.frame()
    assert catalog.maintain(timedelta(days=7))["files after"] == 5
    assert Lineage(catalog).descendants([("stickers", "cat-1")]) == before
    assert len(before) == 72
    pd.testing.assert_frame_equal(catalog.frame(), rows)


@pytest.mark.slow
def test_compacting_many_small_files_changes_no_row(catalog):
    for number in range(66):
        catalog.append([_row("stickers", f"more-{number}")])
    before = catalog.latest("stickers")
    catalog.compact("stickers")
    assert catalog.latest("stickers") == before
    assert len(catalog.name_columns()) == 5
