"""The registry of finders."""

from typing import get_args

from nst_pipeline.settings import DetectionSettings, FinderName
from nst_pipeline.vision.detect import FINDERS


def test_the_setting_offers_exactly_the_registered_finders():
    assert set(get_args(FinderName)) == set(FINDERS)


def test_the_settings_description_names_every_finder():
    description = DetectionSettings.model_fields["methods"].description
    assert [name for name in FINDERS if f"`{name}`" not in description] == []


def test_every_finder_says_what_it_finds():
    assert all(name == finder.name and finder.finds for name, finder in FINDERS.items())
