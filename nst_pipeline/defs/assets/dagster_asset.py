"""Turns an asset of the pipeline into a Dagster asset.

A step handles all partitions of its run. Fingerprints skip what is up to date, bad images are
quarantined, and each partition with a result gets a materialization. Dagster itself would report
every partition of the range, including failed and unchanged ones, so its own materializations are
switched off for the step's output (`NO_MATERIALIZATION_KEY`).
"""

import warnings
from collections.abc import Iterator
from typing import Any

import dagster as dg

from nst_pipeline.defs.assets.backfills import finish_step, is_backfill, take_over_siblings
from nst_pipeline.defs.assets.checks import check_results, check_specs
from nst_pipeline.defs.assets.config import example, form, with_form
from nst_pipeline.defs.assets.events import report_materializations, reported_partitions
from nst_pipeline.defs.assets.freshness import freshness
from nst_pipeline.defs.assets.metadata import (
    columns_metadata,
    present_states,
    quarantine_metadata,
    reasons,
    reasons_metadata,
    row_metadata,
)
from nst_pipeline.defs.assets.versions import version_of, version_tags
from nst_pipeline.defs.dagster_internals import (
    MAX_RETRIES_TAG,
    NO_MATERIALIZATION_KEY,
    PRIORITY_TAG,
    latest_event_id,
    tag_run,
)
from nst_pipeline.defs.partitions import PARTITIONS
from nst_pipeline.defs.resources import CollectionResource
from nst_pipeline.defs.runs.inbox_files import inbox_files_result, inbox_files_spec
from nst_pipeline.defs.runs.orphans import record_process
from nst_pipeline.defs.same_build import BUILD_TAG, check_worker, this_build
from nst_pipeline.defs.tags import ASSET_TAG, PHASE_TAG
from nst_pipeline.errors import NstError
from nst_pipeline.pipeline.engine.asset import Asset
from nst_pipeline.pipeline.engine.batch import Outcome, run_batch
from nst_pipeline.pipeline.engine.plan import settings_json
from nst_pipeline.pipeline.engine.progress import report_progress
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.engine.stopping import Stopped, stop_on_signals
from nst_pipeline.pipeline.engine.workers import workers_for
from nst_pipeline.pipeline.engine.workspace import Workspace
from nst_pipeline.pipeline.upkeep.reporting import report_batch
from nst_pipeline.settings import Settings
from nst_pipeline.storage.catalog import Row
from nst_pipeline.storage.keys import ALL

# Hides nine lines at every start. The lock file pins Dagster's version, and tests show that the
# policy works.
warnings.filterwarnings("ignore", "Parameter `backfill_policy`", dg.BetaWarning)

_RICH_REPORTS = 10
"""Materializations contain pictures and tables if a run reports at most this many."""
QUARANTINE = "quarantine"
_QUARANTINE_DESCRIPTION = (
    "Warns as long as there are images for which this asset could not be made, and lists them with "
    "the reasons. They do not hold up the others. The nightly job tries them again."
)
NOT_EMPTY = "not_empty"
_NOT_EMPTY_DESCRIPTION = (
    "Warns as long as there are images for which this asset is empty, such as a photo without an "
    "object or a scene without a place for one, and lists them with the reasons. Their partitions "
    "are green, because nothing is left to do."
)


def _to_report(
    context: dg.AssetExecutionContext, snapshot: Snapshot, asset: Asset, outcome: Outcome
) -> dict[str, Row]:
    """Return the rows to report: made artifacts, and skipped ones that Dagster does not know yet.

    A backfill waits for a materialization of each partition, even of those that were up to date.
    """
    unknown = set(outcome.skipped)
    if asset.inbox is not None and len(unknown) > 1 and not is_backfill(context.run):
        unknown -= reported_partitions(context, list(outcome.skipped))
    rows = snapshot.rows(asset) if unknown else {}
    return outcome.made | {key: rows[key] for key in outcome.skipped if key in unknown}


def _keys(context: dg.AssetExecutionContext, workspace: Workspace, asset: Asset) -> list[str]:
    if asset.inbox is None:
        return [ALL]
    keys = list(context.partition_keys)
    if not asset.upstream and len(keys) == 1:
        # A run for a single photo uses the file as it is now, not as it was at the last scan.
        workspace.reexamine(asset.inbox, keys[0])
    return keys


def _report(
    context: dg.AssetExecutionContext, snapshot: Snapshot, asset: Asset, rows: list[Row], seen: int
) -> None:
    """Report artifacts to Dagster, one materialization each."""
    rich = len(rows) <= _RICH_REPORTS
    materializations = [
        dg.AssetMaterialization(
            context.asset_key,
            partition=None if asset.inbox is None else row.key,
            metadata=row_metadata(snapshot.workspace, asset, row, rich=rich),
            tags=version_tags(asset, row, seen),
        )
        for row in rows
    ]
    report_materializations(context, materializations)


def _fail_single(context: dg.AssetExecutionContext, outcome: Outcome, key: str) -> None:
    """Fail a run that a person launched for one image; runs of a phase only quarantine it.

    Raises
    ------
    Failure
        The image failed or waits for an input; the message gives the reason.
    """
    if PHASE_TAG in context.run.tags:
        return
    bad = outcome.failed.get(key)
    reason = bad.error if bad else f"waiting: {outcome.waiting[key]}"
    raise _final_failure(context, f"{context.asset_key.to_user_string()} {key}: {reason}")


def _final_failure(context: dg.AssetExecutionContext, reason: str) -> dg.Failure:
    """Return a failure that neither the step nor, on a cluster, the run is retried for."""
    tag_run(context.instance, context.run_id, {MAX_RETRIES_TAG: "0"})
    return dg.Failure(reason, allow_retries=False)


def _state_results(
    snapshot: Snapshot, asset: Asset, outcome: Outcome
) -> Iterator[dg.AssetCheckResult]:
    """Yield the results of the checks that concern all images of an asset, not only this run's."""
    states = present_states(snapshot, asset, outcome)
    failed, empty = reasons(states, "failed"), reasons(states, "empty")
    yield dg.AssetCheckResult(
        check_name=QUARANTINE,
        passed=not failed,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=quarantine_metadata(snapshot, asset, outcome, failed),
    )
    metadata: dict[str, Any] = {"empty": len(empty), "of": len(snapshot.keys(asset))}
    yield dg.AssetCheckResult(
        check_name=NOT_EMPTY,
        passed=not empty,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=metadata | ({"images": reasons_metadata(empty)} if empty else {}),
    )
    if asset.inbox is not None and not asset.upstream:
        yield inbox_files_result(asset.inbox, snapshot.workspace.index(asset.inbox))


def _state_specs(asset: Asset) -> list[dg.AssetCheckSpec]:
    specs = [
        dg.AssetCheckSpec(QUARANTINE, asset=asset.name, description=_QUARANTINE_DESCRIPTION),
        dg.AssetCheckSpec(NOT_EMPTY, asset=asset.name, description=_NOT_EMPTY_DESCRIPTION),
    ]
    if asset.inbox is not None and not asset.upstream:
        specs.append(inbox_files_spec(asset.inbox))
    return specs


def _materialize(
    context: dg.AssetExecutionContext, workspace: Workspace, settings: Settings, asset: Asset
) -> Iterator[Any]:
    check_worker(context, workspace.root)
    record_process(context)
    seen = latest_event_id(context.instance)
    keys, progress = _keys(context, workspace, asset), report_progress(context.log.info)
    takeover = take_over_siblings(context, max_partitions=workspace.settings.run.images_per_run)
    every = [*keys, *takeover.keys]
    scope = (asset.inbox, every) if asset.inbox else None
    snapshot = Snapshot(workspace, settings, scope)
    with stop_on_signals():
        outcome = run_batch(
            snapshot,
            asset,
            every,
            run_id=context.run_id,
            workers=1 if asset.exclusive else workers_for(workspace.settings.run.workers),
            progress=progress,
        )
    reported = _to_report(context, snapshot, asset, outcome)
    _report(context, snapshot, asset, list(reported.values()), seen)
    finish_step(context, takeover, reported)
    context.log.info(
        f"{asset.name}: {len(outcome.made)} made, {len(outcome.skipped)} up to date, "
        f"{len(outcome.failed)} quarantined, {len(outcome.waiting)} passed over"
    )
    yield from _state_results(snapshot, asset, outcome)
    yield from check_results(snapshot, asset, outcome)
    if len(keys) == 1 and keys[0] not in reported:
        _fail_single(context, outcome, keys[0])
    yield dg.Output(None, metadata={NO_MATERIALIZATION_KEY: True})


def _step_priority(asset: Asset) -> int:
    """Return the priority of an asset's step among those of a run that are ready.

    What is slow comes after what is not made from it, and what is published after everything else.
    """
    return -2 if asset.phase == "publish" else -1 if asset.exclusive else 0


def _options(asset: Asset, settings: Settings) -> dict[str, Any]:
    """Return what Dagster needs to know about an asset besides its function."""
    ranges = dg.BackfillPolicy.multi_run(settings.run.images_per_run)
    return {
        "name": asset.name,
        "description": f"{asset.description}\n\n{example(asset)}".strip(),
        "deps": [each.name for each in asset.upstream_with(settings)],
        "partitions_def": PARTITIONS[asset.inbox] if asset.inbox else None,
        "backfill_policy": ranges if asset.inbox else None,
        "code_version": version_of(asset.code_version, settings_json(asset, settings)),
        "kinds": set(asset.kinds),
        "group_name": asset.group,
        "pool": asset.group,
        "owners": ["team:nst_pipeline"],
        "op_tags": {PRIORITY_TAG: str(_step_priority(asset)), BUILD_TAG: this_build()},
        "tags": {ASSET_TAG: asset.inbox or "collection"},
        "metadata": columns_metadata(asset),
        "freshness_policy": freshness(asset),
        "dagster_type": dg.Nothing,
        "check_specs": [*_state_specs(asset), *check_specs(asset)],
    }


def dagster_asset(asset: Asset, settings: Settings) -> dg.AssetsDefinition:
    """Build the Dagster asset for an asset of the pipeline in a collection with these settings."""
    config_class = form(asset)

    def body(
        context: dg.AssetExecutionContext,
        config: config_class,  # type: ignore[valid-type]  # made for this asset
        collection: CollectionResource,
    ) -> Iterator[Any]:
        try:
            workspace = collection.open()
            settings = with_form(workspace.settings, asset, config)
            yield from _materialize(context, workspace, settings, asset)
            if asset.ends_batch:
                report_batch(workspace)
        except Stopped:
            # Dagster records the run as canceled, or as failed if nobody canceled it there.
            raise dg.DagsterExecutionInterruptedError from None
        except NstError as error:
            # An error that the user can correct needs no traceback.
            raise _final_failure(context, str(error)) from None

    definition: dg.AssetsDefinition = dg.asset(**_options(asset, settings))(body)
    return definition
