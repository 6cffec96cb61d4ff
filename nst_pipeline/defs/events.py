"""Reports many materializations at once.

`context.log_event` stores each event by itself, in several transactions with connections of their
own. Dagster's storages also take a list of events. Postgres' writes it as one; SQLite's would take
it apart again, so for that one it is written here.
"""

import logging
import os
import time
from collections.abc import Sequence

import dagster as dg
from dagster._core.events import StepMaterializationData
from dagster._core.storage.event_log import SqlEventLogStorageTable, SqliteEventLogStorage

_TOGETHER = 1000
"""Events in one statement: SQLite takes some 32,000 values, and an event has seven."""
_MATERIALIZED = dg.DagsterEventType.ASSET_MATERIALIZATION


def _entry(
    context: dg.AssetExecutionContext, materialization: dg.AssetMaterialization
) -> dg.EventLogEntry:
    """The event that `context.log_event` would store."""
    step_context = context.get_step_execution_context()
    step = step_context.step
    event = dg.DagsterEvent(
        event_type_value=_MATERIALIZED.value,
        job_name=step_context.job_name,
        step_handle=step.handle,
        node_handle=step.node_handle,
        step_kind_value=step.kind.value,
        logging_tags=step_context.event_tags,
        event_specific_data=StepMaterializationData(materialization),
        message="Materialized.",
        pid=os.getpid(),
    )
    return dg.EventLogEntry(  # type: ignore[no-untyped-call]
        error_info=None,
        level=logging.DEBUG,
        user_message="",
        run_id=context.run_id,
        timestamp=time.time(),
        step_key=event.step_key,
        job_name=event.job_name,
        dagster_event=event,
    )


def _store_in_sqlite(storage: SqliteEventLogStorage, entries: Sequence[dg.EventLogEntry]) -> None:
    """One transaction in the run's file, and one in the index over all runs."""
    insert = storage.prepare_insert_event_batch(entries)
    with storage.run_connection(entries[0].run_id) as connection:
        connection.execute(insert)
    with storage.index_transaction() as connection:
        ids = list(connection.execute(insert.returning(SqlEventLogStorageTable.c.id)).scalars())
        storage._store_asset_event_tags(connection, entries, ids)
        storage._store_asset_event(connection, entries[-1], ids[-1])


def report_materializations(
    context: dg.AssetExecutionContext, materializations: Sequence[dg.AssetMaterialization]
) -> None:
    """Store the materializations of one asset that this step made, in their order."""
    storage = context.instance.event_log_storage
    entries = [_entry(context, each) for each in materializations]
    for first in range(0, len(entries), _TOGETHER):
        together = entries[first : first + _TOGETHER]
        if isinstance(storage, SqliteEventLogStorage):
            _store_in_sqlite(storage, together)
        else:
            storage.store_event_batch(together)


def reported_partitions(context: dg.AssetExecutionContext, keys: Sequence[str]) -> set[str]:
    """Those of `keys` that this asset has a materialization of; no others are looked up."""
    known: set[str] = set()
    for first in range(0, len(keys), _TOGETHER):
        known.update(
            context.instance.event_log_storage.get_latest_storage_id_by_partition(
                context.asset_key, _MATERIALIZED, set(keys[first : first + _TOGETHER])
            )
        )
    return known
