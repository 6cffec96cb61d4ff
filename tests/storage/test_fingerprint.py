"""Fingerprints: equal for equal causes, different for any other."""

import pytest

from nst_pipeline.storage.catalog import Input
from nst_pipeline.storage.fingerprint import fingerprinter

A, B = Input("scene_photos", "k", "1"), Input("placements", "k", "2")
CAUSES = {
    "asset": "composites",
    "code_version": "1",
    "inputs": (A, B),
    "settings": "{}",
    "models": {"magenta": "m"},
}


def fingerprint(inputs, **causes) -> str:
    return fingerprinter(**causes)(inputs)


def test_the_order_of_inputs_does_not_matter():
    assert fingerprint(**CAUSES) == fingerprint(**CAUSES | {"inputs": (B, A)})


@pytest.mark.parametrize(
    "change",
    [
        {"asset": "harmonized"},
        {"code_version": "2"},
        {"inputs": (A,)},
        {"inputs": (A, Input("placements", "k", "3"))},
        {"settings": '{"a": 1}'},
        {"models": {"magenta": "n"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_cause_changes_the_fingerprint(change):
    assert fingerprint(**CAUSES) != fingerprint(**CAUSES | change)
