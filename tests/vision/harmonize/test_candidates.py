from functools import partial
from typing import get_args

import numpy as np
import pytest

from nst_pipeline.settings import HarmonizeMethod, HarmonizeSettings, Settings
from nst_pipeline.style.proposals import proposals_for
from nst_pipeline.vision.harmonize.candidates import CANDIDATES, UNTOUCHED, Candidate, Request
from nst_pipeline.vision.harmonize.harmonize import harmonize
from nst_pipeline.vision.harmonize.model.harmonizer import builtin
from nst_pipeline.vision.harmonize.network_change import Proposal
from nst_pipeline.vision.harmonize.object_view import object_view

BY_NAME = {each.name: each for each in CANDIDATES}


def request_of(composite: np.ndarray, matte: np.ndarray, method: str, share: float) -> Request:
    """A request whose networks propose the negative of the object."""
    negative = np.where(matte[..., None] > 0, 255 - composite, composite)
    view = object_view(composite, matte)
    proposals = {name: lambda: Proposal(negative) for name in BY_NAME}
    settings = HarmonizeSettings(method=method)
    advise = partial(builtin().advise, view)
    return Request(composite, matte, settings, proposals, view, advise, True, share)


def test_the_settings_offer_auto_and_every_candidate():
    assert set(get_args(HarmonizeMethod)) == {"auto", *BY_NAME}
    assert len(BY_NAME) == len(CANDIDATES)


def test_the_untouched_composite_wins_among_equal_scores():
    assert CANDIDATES[0] is UNTOUCHED


@pytest.mark.parametrize("candidate", CANDIDATES, ids=BY_NAME)
def test_a_preview_looks_like_the_rendered_picture(cup, candidate):
    composite, matte = cup
    preview = candidate.preview(request_of(composite, matte, candidate.name, 1.0))
    rendered = preview.render()
    shown, inside = object_view(rendered, matte), preview.view.inside
    difference = np.abs(preview.view.lab[inside].mean(0) - shown.lab[inside].mean(0))
    assert difference.max() < 1
    np.testing.assert_array_equal(rendered[matte == 0], composite[matte == 0])


def test_an_object_that_looks_natural_is_neither_painted_nor_recolored(cup):
    request = request_of(*cup, "auto", 0.0)
    assert not BY_NAME["painted"].applies(request)
    for name in ("ring", "model"):
        np.testing.assert_array_equal(BY_NAME[name].preview(request).view.lab, request.view.lab)


def test_a_candidate_without_its_proposal_is_not_available():
    needy = [each.name for each in CANDIDATES if each.needs_proposal]
    assert needy == [each.name for each in CANDIDATES if not each.is_available({})]
    proposal = Proposal(np.zeros((4, 4, 3), np.uint8))
    assert all(BY_NAME[name].is_available({name: lambda: proposal}) for name in needy)


@pytest.mark.parametrize(
    ("method", "offered"),
    [("auto", set()), ("vgg19", {"vgg19"}), ("magenta", {"magenta"}), ("painted", {"painted"})],
)
def test_slow_networks_run_only_if_their_method_is_requested(cup, method, offered):
    settings = Settings(harmonize=HarmonizeSettings(method=method))
    assert set(proposals_for(*cup, settings)) == offered


def test_a_method_has_a_score_even_without_an_object(cup):
    photo, matte = cup
    settings = HarmonizeSettings(method="painted")
    result = harmonize(photo, np.zeros_like(matte), settings, harmonizer=builtin())
    assert result.chosen in result.color_fit
    np.testing.assert_array_equal(result.image, photo)


def test_every_candidate_has_a_summary():
    assert all(isinstance(each, Candidate) and each.summary for each in CANDIDATES)
