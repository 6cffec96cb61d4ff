"""The registry of finders."""

from typing import get_args

from nst_pipeline.settings import DetectionSettings, FinderName
from nst_pipeline.vision.detect import FINDERS


def test_the_setting_offers_exactly_the_registered_finders():
    assert set(get_args(FinderName)) == set(FINDERS)


def test_the_settings_description_says_what_every_finder_finds():
    description = DetectionSettings.model_fields["methods"].description
    missing = [f"`{each.name}`: {each.finds}" for each in FINDERS.values()]
    assert [text for text in missing if text not in description] == []


def test_finders_are_registered_under_their_own_names():
    assert [name for name, finder in FINDERS.items() if name != finder.name] == []
