"""All uses of Dagster's private API in this package.

Public is what `dagster` exports or marks `@public`. Each entry below says what it relies on, and
why the public API cannot do the same. `tests/defs/test_dagster_internals.py` pins this behavior, so
that an upgrade that changes it fails there. Checked against Dagster 1.13.
"""

import logging
import os
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Final

import dagster as dg
from dagster._core.definitions import data_version as _versions
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.definitions.repository_definition import SINGLETON_REPOSITORY_NAME
from dagster._core.definitions.source_asset import SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION
from dagster._core.events import RunFailureReason, StepMaterializationData
from dagster._core.execution.api import execute_run
from dagster._core.launcher import LaunchRunContext as LaunchRunContext
from dagster._core.remote_origin import (
    ManagedGrpcPythonEnvCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.storage import tags as _tags
from dagster._core.storage.event_log import SqlEventLogStorageTable, SqliteEventLogStorage
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._grpc.impl import core_execute_run
from dagster._utils.hosted_user_process import recon_job_from_origin
from dagster._utils.interrupts import capture_interrupts

from nst_pipeline.errors import NstError

BACKFILL_TAG: Final = _tags.BACKFILL_ID_TAG
"""Run tag with the id of the backfill that a run belongs to. `DagsterRun` has no public property
for it."""
PRIORITY_TAG: Final = _tags.PRIORITY_TAG
"""Tag by which the run queue sorts runs, and an executor the steps that are ready, highest first.
Documented, but exported under no name."""
MAX_RETRIES_TAG: Final = _tags.MAX_RETRIES_TAG
"""Run tag with the number of times that the daemon may retry the run, where `dagster.yaml` lets it
retry runs. Documented, but exported under no name."""
RANGE_START_TAG: Final = _tags.ASSET_PARTITION_RANGE_START_TAG
"""Run tag with the first partition key of the run's range. `RunRequest` and
`JobDefinition.execute_in_process` take a single `partition_key`, so a range goes in as tags."""
RANGE_END_TAG: Final = _tags.ASSET_PARTITION_RANGE_END_TAG
"""Run tag with the last partition key of the run's range, which includes it."""

LAUNCHED_TAG: Final = _tags.GRPC_INFO_TAG
"""Run tag of `DefaultRunLauncher`: where it launched the run, and so will interrupt it."""

NO_MATERIALIZATION_KEY: Final = SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION
"""Metadata key of an `Output` that keeps Dagster from reporting the step's partitions itself.

Dagster reports a materialization of every partition of a run's range, even of those that failed.
Its issue 17836, which is still open, asks for a public way to leave some out. A step without an
output (`output_required=False`) would make Dagster skip the downstream steps.
"""

_PLANNED_AS_RANGE = "DAGSTER_EMIT_PARTITION_SUBSET_IN_PLANNED_EVENTS"


def plan_runs_as_ranges() -> None:
    """Make Dagster log one planned event for each asset of a run, instead of one per partition.

    Dagster reads this undocumented environment variable in the process that creates a run. For
    `nst run` and the nightly job that is this process; `.env` sets it for the UI and the daemon.
    An existing value is kept.
    """
    os.environ.setdefault(_PLANNED_AS_RANGE, "1")


def partition_range_tags(first: str, last: str) -> dict[str, str]:
    """Return the tags that make a run cover the partitions from `first` to `last`, inclusive."""
    return {RANGE_START_TAG: first, RANGE_END_TAG: last}


def partition_range(run: dg.DagsterRun) -> tuple[str, str] | None:
    """Return the first and last partition key of a run, or None if it does not cover a range."""
    first, last = run.tags.get(RANGE_START_TAG), run.tags.get(RANGE_END_TAG)
    return None if first is None or last is None else (first, last)


def version_event_tags(
    data_version: str,
    code_version: str,
    inputs: Mapping[str, str],
    *,
    inputs_read_at: int,
) -> dict[str, str]:
    """Return the tags of a materialization by which the UI decides if an asset is out of date.

    Dagster adds these tags to its own materializations, with versions that it computes. For a
    materialization that user code reports, the public API can set only the data version.

    Parameters
    ----------
    data_version : str
        Version of the result. Equal versions are equal results.
    code_version : str
        Version of the code that made it.
    inputs : Mapping of str to str
        Data version of what was read, by asset name.
    inputs_read_at : int
        `latest_event_id` before the inputs were read: for a partitioned input, Dagster compares the
        versions before and after this event.

    Returns
    -------
    dict of str to str
    """
    tags = {_versions.DATA_VERSION_TAG: data_version, _versions.CODE_VERSION_TAG: code_version}
    for name, version in inputs.items():
        key = dg.AssetKey(name)
        tags[_versions.get_input_data_version_tag(key)] = version
        tags[_versions.get_input_event_pointer_tag(key)] = str(inputs_read_at)
    return tags


def planned_step_tags(context: dg.AssetExecutionContext) -> Mapping[str, str]:
    """Return the tags that a step had where its run was planned; none if no plan was stored.

    Those of the context's own definitions are from where the run is executed. The public API has
    no stored plans.
    """
    if context.run.execution_plan_snapshot_id is None:
        return {}
    plan = context.instance.get_execution_plan_snapshot(context.run.execution_plan_snapshot_id)
    name = context.get_step_execution_context().step.key
    return next((step.tags or {} for step in plan.steps if step.key == name), {})


def latest_event_id(instance: dg.DagsterInstance) -> int:
    """Return the id of the newest event of the instance; 0 if there is none.

    This takes one query of 1 to 5 ms. The public `DagsterInstance.fetch_materializations` takes one
    query for each input, of 4 to 15 ms each, because it reads whole events.
    """
    return instance.event_log_storage.get_maximum_record_id() or 0


def latest_materialization_ids(
    instance: dg.DagsterInstance, asset_key: dg.AssetKey, partitions: Collection[str]
) -> Mapping[str, int]:
    """Return the id of the newest materialization of each of `partitions` that has one.

    The public `fetch_materializations` reads all events of these partitions in full (200 ms instead
    of 15 for 500 partitions), and the public `get_status_by_partition` reports partitions of the
    current run as in progress, whether they were materialized before or not.
    """
    return instance.event_log_storage.get_latest_storage_id_by_partition(
        asset_key, dg.DagsterEventType.ASSET_MATERIALIZATION, set(partitions)
    )


def materialization_entry(
    context: dg.AssetExecutionContext, materialization: dg.AssetMaterialization
) -> dg.EventLogEntry:
    """Build the event that `context.log_event` would store for a materialization.

    `context.log_event` builds and stores each event in one step, in separate transactions.
    """
    step_context = context.get_step_execution_context()
    step = step_context.step
    event = dg.DagsterEvent(
        event_type_value=dg.DagsterEventType.ASSET_MATERIALIZATION.value,
        job_name=step_context.job_name,
        step_handle=step.handle,
        node_handle=step.node_handle,
        step_kind_value=step.kind.value,
        logging_tags=step_context.event_tags,
        event_specific_data=StepMaterializationData(materialization),
        message="Materialized.",
        pid=os.getpid(),
    )
    return dg.EventLogEntry(  # type: ignore[no-untyped-call]  # its __new__ has no annotations
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
    """Store entries in one transaction in the run's database, and one in the index of all runs."""
    insert = storage.prepare_insert_event_batch(entries)
    with storage.run_connection(entries[0].run_id) as connection:
        connection.execute(insert)
    with storage.index_transaction() as connection:
        ids = list(connection.execute(insert.returning(SqlEventLogStorageTable.c.id)).scalars())
        storage._store_asset_event_tags(connection, entries, ids)
        storage._store_asset_event(connection, entries[-1], ids[-1])


def store_materializations(
    instance: dg.DagsterInstance, entries: Sequence[dg.EventLogEntry]
) -> None:
    """Store materializations of one asset in one batch.

    Dagster batches only the events of a step's own output (its issue 19829). Postgres' storage
    writes a batch with one statement; SQLite's stores it event by event, so for SQLite the
    statements are issued here.
    """
    storage = instance.event_log_storage
    if isinstance(storage, SqliteEventLogStorage):
        _store_in_sqlite(storage, entries)
    else:
        storage.store_event_batch(entries)


def execute_here(
    instance: dg.DagsterInstance,
    job: dg.JobDefinition,
    *,
    code_location: str,
    module: str,
    asset_keys: Collection[dg.AssetKey],
    tags: Mapping[str, str],
    run_config: Mapping[str, object],
) -> dg.JobExecutionResult:
    """Execute a run in this process, as a run of the code location that the UI shows.

    A run of the public `JobDefinition.execute_in_process` has no origin. The UI then lists it under
    *Runs* only, neither on *Overview* nor with its job, and no sensor of the code location sees it.

    Parameters
    ----------
    instance : DagsterInstance
        Instance that stores the run.
    job : JobDefinition
        The job to execute; its executor must be `in_process_executor`.
    code_location, module : str
        Name and Python module of the code location, as in `workspace.yaml`.
    asset_keys : collection of AssetKey
        The assets of the job that the run makes; all if empty.
    tags, run_config
        Of the run.

    Returns
    -------
    JobExecutionResult
        Failures do not raise; the result's events have them.
    """
    location = ManagedGrpcPythonEnvCodeLocationOrigin(
        LoadableTargetOrigin(module_name=module), code_location
    )
    repository = RemoteRepositoryOrigin(location, SINGLETON_REPOSITORY_NAME)
    run = instance.create_run_for_job(
        job,
        run_config=run_config,
        tags=tags,
        asset_selection=frozenset(asset_keys) or None,
        remote_job_origin=RemoteJobOrigin(repository, job.name),
    )
    return execute_run(InMemoryJob(job), run, instance)


def execute_launched(instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    """Execute a run that was launched, as the process that Dagster starts for it does.

    The public API executes only runs that it creates itself. Whatever goes wrong is an event of the
    run.
    """
    origin = run.job_code_origin
    if origin is None:
        raise NstError(f"run {run.run_id} does not say which job it is of: launch it again")
    job = recon_job_from_origin(origin)
    with capture_interrupts():
        for _ in core_execute_run(job, run, instance, inject_env_vars=True):
            pass


def launched_from(run: dg.DagsterRun) -> tuple[str, str] | None:
    """Return the Python executable and the module of a run's code location; None if it has none.

    The public API does not say where a run comes from.
    """
    origin = run.job_code_origin
    if origin is None:
        return None
    pointer = origin.repository_origin.code_pointer
    return origin.repository_origin.executable_path, getattr(pointer, "module", "")


def latest_check_metadata(
    instance: dg.DagsterInstance, check: dg.AssetCheckKey
) -> Mapping[str, dg.MetadataValue]:
    """Return the metadata of a check's latest result; nothing if it has none.

    The public API cannot read results of checks.
    """
    record = instance.get_latest_asset_check_evaluation_record(check)
    event = record.event.dagster_event if record is not None and record.event else None
    is_result = event and event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION
    return event.asset_check_evaluation_data.metadata if event and is_result else {}


def report_run_success(instance: dg.DagsterInstance, run: dg.DagsterRun, message: str) -> None:
    """End a queued run as a success, so that the run queue does not start it.

    The public API can end a run only by executing it.
    """
    event = dg.DagsterEvent(
        event_type_value=dg.DagsterEventType.RUN_SUCCESS.value,
        job_name=run.job_name,
        message=message,
    )
    instance.report_dagster_event(event, run.run_id)


def report_run_failure(instance: dg.DagsterInstance, run: dg.DagsterRun, message: str) -> None:
    """End a run as a failure, because its process no longer can.

    The public API can only delete such a run with its events (`delete_run`).
    """
    instance.report_run_failed(run, message)


def report_run_canceling(instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    """Note that a run was asked to end; the public API has no such event."""
    instance.report_run_canceling(run)


def tag_run(instance: dg.DagsterInstance, run_id: str, tags: Mapping[str, str]) -> None:
    """Add tags to an existing run.

    The public API can set tags only before a run is created.
    """
    instance.add_run_tags(run_id, tags)


def is_stop(event: dg.DagsterEvent) -> bool:
    """Whether an event says that a run was stopped: by a signal, or by *Terminate* in the UI.

    The public `ExecuteInProcessResult.success` is False for failures, too; only the event's data
    gives the reason.
    """
    if event.event_type == dg.DagsterEventType.RUN_FAILURE:
        reason = event.job_failure_data.failure_reason
        return reason == RunFailureReason.UNEXPECTED_TERMINATION
    return event.event_type == dg.DagsterEventType.RUN_CANCELED


def step_failure_message(event: dg.DagsterEvent) -> str:
    """Return the message of the exception that failed a step, without Dagster's wrapping.

    The public `DagsterEvent.message` says only which step failed.
    """
    failure = event.step_failure_data
    if failure.user_failure_data and failure.user_failure_data.description:
        return failure.user_failure_data.description
    if failure.error is None:
        return "no reason was given"
    error = failure.error.cause or failure.error
    return error.message.strip().removeprefix(f"{NstError.__module__}.{error.cls_name}: ")
