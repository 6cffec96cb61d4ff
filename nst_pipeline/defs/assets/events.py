"""Reports many materializations at once, and looks up earlier ones.

`context.log_event` stores each event in several transactions, each on a new connection: too slow
for the hundreds of partitions of one run.
"""

from collections.abc import Sequence

import dagster as dg

from nst_pipeline.defs.dagster_internals import (
    latest_materialization_ids,
    materialization_entry,
    store_materializations,
)

_BATCH_SIZE = 1000
"""Events in one statement: SQLite takes some 32,000 values, and an event has seven."""


def report_materializations(
    context: dg.AssetExecutionContext, materializations: Sequence[dg.AssetMaterialization]
) -> None:
    """Store the materializations of one asset that this step made, in their order."""
    entries = [materialization_entry(context, each) for each in materializations]
    for first in range(0, len(entries), _BATCH_SIZE):
        store_materializations(context.instance, entries[first : first + _BATCH_SIZE])


def reported_partitions(context: dg.AssetExecutionContext, keys: Sequence[str]) -> set[str]:
    """Return those of `keys` that have a materialization; only `keys` are looked up."""
    reported: set[str] = set()
    for first in range(0, len(keys), _BATCH_SIZE):
        some = keys[first : first + _BATCH_SIZE]
        reported.update(latest_materialization_ids(context.instance, context.asset_key, some))
    return reported
