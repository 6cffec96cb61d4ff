"""Reports partitions that stand for batches of images: one materialization for each batch.

It says how many of the batch's images are good, empty or quarantined, and names them with the
reasons. Its data version is that of all its images together.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import dagster as dg

from nst_pipeline.defs.assets.metadata import table_metadata
from nst_pipeline.defs.assets.versions import batch_version_tags
from nst_pipeline.pipeline.engine.asset import Asset
from nst_pipeline.pipeline.engine.batch import Outcome
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.storage.catalog import ArtifactState, Row

States = Mapping[str, ArtifactState | Row]
_ORDER = ("failed", "empty", "ok")
"""Of the listed images: those that need attention first."""


def states_after(snapshot: Snapshot, asset: Asset, outcome: Outcome) -> States:
    """Return the states of the images of a run after it, by key."""
    return {**snapshot.states(asset), **outcome.made, **outcome.failed}


def changed_batches(outcome: Outcome, batches: Mapping[str, Sequence[str]]) -> set[str]:
    """Return the batches of which the run has made something, or found that it can no longer."""
    with_result = batches_with_result(outcome, batches)
    news = outcome.made.keys() | outcome.failed.keys()
    return {each for each in with_result if not news.isdisjoint(batches[each])}


def batches_with_result(outcome: Outcome, batches: Mapping[str, Sequence[str]]) -> set[str]:
    """Return the batches of which an image, at least, is up to date now."""
    good = outcome.made.keys() | outcome.skipped.keys()
    return {each for each, keys in batches.items() if not good.isdisjoint(keys)}


def _metadata(states: States, keys: Sequence[str], made: Collection[str]) -> dict[str, Any]:
    known = {key: states[key] for key in keys if key in states}
    counts = {name: sum(each.status == name for each in known.values()) for name in _ORDER}
    listed = sorted(known.items(), key=lambda item: (_ORDER.index(item[1].status), item[0]))
    return {
        "images in the batch": len(keys),
        "good": counts["ok"],
        "empty": counts["empty"],
        "quarantined": counts["failed"],
        "made now": sum(key in made for key in keys),
        "images": table_metadata(
            {"key": key, "status": state.status, "reason": state.error} for key, state in listed
        ),
    }


def batch_materializations(
    snapshot: Snapshot,
    asset: Asset,
    outcome: Outcome,
    batches: Mapping[str, Sequence[str]],
    reported: Iterable[str],
    inputs_read_at: int,
) -> list[dg.AssetMaterialization]:
    """Build the materializations of those batches that are to be reported."""
    states = states_after(snapshot, asset, outcome)
    return [
        dg.AssetMaterialization(
            asset.name,
            partition=batch,
            metadata=_metadata(states, batches[batch], outcome.made),
            tags=batch_version_tags(snapshot, asset, states, batches[batch], inputs_read_at),
        )
        for batch in reported
    ]
