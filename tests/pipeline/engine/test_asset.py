"""Defining an asset: one function, and everything that concerns it."""

import pytest

from nst_pipeline.pipeline.engine.asset import PHASES, define_asset
from nst_pipeline.pipeline.engine.item import Made
from nst_pipeline.pipeline.steps import ASSETS, BY_NAME
from nst_pipeline.settings import Settings


@pytest.mark.parametrize("asset", ASSETS, ids=lambda asset: asset.name)
def test_each_asset_is_listed_after_its_upstream_assets(asset):
    before = ASSETS[: ASSETS.index(asset)]
    assert set(asset.upstream) <= set(before)
    assert set(asset.optional) <= set(asset.upstream)
    phases = [PHASES.index(each.phase) for each in asset.upstream]
    assert max(phases, default=0) <= PHASES.index(asset.phase)


@pytest.mark.parametrize("asset", ASSETS, ids=lambda asset: asset.name)
def test_every_asset_names_existing_settings_sections(asset):
    assert set(asset.settings) <= set(Settings.model_fields)
    assert asset.description.startswith(asset.description[0].upper())


def test_a_function_of_one_item_is_called_for_each():
    @define_asset(phase="scenes", inbox="scenes", group="scenes")
    def twice(item):
        """Doubles."""
        return Made(figures={"number": 2 * item})

    assert [made.figures["number"] for made in twice.make([1, 2])] == [2, 4]
    assert (twice.name, twice.description, twice.batch_size(Settings())) == ("twice", "Doubles.", 1)


def test_a_function_with_a_batch_size_takes_several_items():
    @define_asset(phase="scenes", inbox="scenes", group="scenes", batch_size=lambda _: 8)
    def counted(items):
        """Counts."""
        return [Made(figures={"of": len(items)}) for _ in items]

    assert [made.figures["of"] for made in counted.make([1, 2, 3])] == [3, 3, 3]
    assert counted.batch_size(Settings()) == 8


def test_only_the_gallery_ends_a_batch():
    assert [asset.name for asset in ASSETS if asset.ends_batch] == ["gallery"]


def test_tables_describe_their_columns():
    for name in ("sticker_library", "dataset"):
        assert all(column.meaning for column in BY_NAME[name].presentation.columns)
