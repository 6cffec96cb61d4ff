"""Several composites of each scene photo (`scenes.variants`)."""

import pandas as pd
import pytest

from nst_pipeline.errors import NstError
from nst_pipeline.storage.keys import photo_key, variant_keys
from tests.defs.conftest import PLAUSIBLE, SETTINGS


def set_variants(collection, number: int) -> None:
    text = SETTINGS.replace(PLAUSIBLE, "min_plausibility = 0.0\nmin_height_fraction = 0.01")
    (collection.root / "nst.toml").write_text(f"{text}\n[scenes]\nvariants = {number}\n")
    collection.update()


@pytest.fixture
def varied(collection):
    set_variants(collection, 2)
    return collection


def test_each_variant_is_a_partition_with_its_own_composite(varied):
    rows = varied.rows("harmonized")
    photos = {photo_key(key) for key in rows}
    assert set(rows) == {each for key in photos for each in variant_keys(key, 2)}
    with varied.instance() as instance:
        assert set(instance.get_dynamic_partitions("scenes")) == set(rows)
    made = [row for row in rows.values() if row.status == "ok"]
    assert len(made) > len(photos)
    assert len({row.digest for row in made}) == len(made)


def test_more_variants_leave_those_that_are_there_as_they_are(collection):
    set_variants(collection, 1)
    before = {key: row.made_at for key, row in collection.rows("harmonized").items()}
    set_variants(collection, 2)
    after = collection.rows("harmonized")
    assert {key: after[key].made_at for key in before} == before
    assert len(after) == 2 * len(before)


def test_variants_are_on_the_same_side_of_the_dataset(varied):
    rows = pd.read_parquet(varied.root / "artifacts/dataset/annotations.parquet")
    sides = rows.assign(photo=rows.scene.map(photo_key)).groupby("photo").scene_split.nunique()
    assert (sides == 1).all()
    assert rows.scene.nunique() > rows.scene_photo.nunique()


def test_fewer_variants_leave_the_partitions_and_the_gallery(varied):
    set_variants(varied, 1)
    with varied.instance() as instance:
        keys = set(instance.get_dynamic_partitions("scenes"))
    assert keys == {photo_key(key) for key in keys}
    pages = {path.stem for path in (varied.root / "artifacts/gallery/scenes").glob("*.html")}
    assert pages == keys


def test_an_unknown_variant_is_refused(varied):
    with pytest.raises(NstError, match="no photo with key"):
        varied.open().photo_file("scenes", "a-b-4a516362~3")
