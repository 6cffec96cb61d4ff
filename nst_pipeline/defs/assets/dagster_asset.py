"""Turns an asset of the pipeline into a Dagster asset.

A step handles all partitions of its run. Fingerprints skip what is up to date, bad images are
quarantined, and each partition with a result gets a materialization. Dagster itself would report
every partition of the range, including failed and unchanged ones, so its own materializations are
switched off for the step's output (`NO_MATERIALIZATION_KEY`).
"""

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from nst_pipeline.defs.assets.backfills import finish_step, is_backfill, take_over_siblings
from nst_pipeline.defs.assets.batches import (
    batch_materializations,
    batches_with_result,
    changed_batches,
)
from nst_pipeline.defs.assets.checks import check_results, check_specs
from nst_pipeline.defs.assets.config import example, form, with_form
from nst_pipeline.defs.assets.events import report_materializations, reported_partitions
from nst_pipeline.defs.assets.freshness import freshness
from nst_pipeline.defs.assets.metadata import (
    columns_metadata,
    quarantine_metadata,
    reasons_metadata,
    row_metadata,
    without_result,
)
from nst_pipeline.defs.assets.versions import version_of, version_tags
from nst_pipeline.defs.dagster_internals import (
    MAX_RETRIES_TAG,
    NO_MATERIALIZATION_KEY,
    PRIORITY_TAG,
    latest_event_id,
    tag_run,
)
from nst_pipeline.defs.partitions import PARTITIONS, partitions_per_run
from nst_pipeline.defs.resources import CollectionResource
from nst_pipeline.defs.runs.inbox_files import inbox_files_result, inbox_files_spec
from nst_pipeline.defs.runs.orphans import record_process
from nst_pipeline.defs.same_build import BUILD_TAG, check_worker, this_build
from nst_pipeline.defs.tags import ASSET_TAG, ONLY_TAG, PHASE_TAG
from nst_pipeline.errors import NstError
from nst_pipeline.pipeline.engine.asset import Asset
from nst_pipeline.pipeline.engine.batch import Outcome, run_batch
from nst_pipeline.pipeline.engine.partitioning import images_of, is_batch
from nst_pipeline.pipeline.engine.plan import settings_json
from nst_pipeline.pipeline.engine.progress import report_progress
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.engine.stopping import Stopped, stop_on_signals
from nst_pipeline.pipeline.engine.workers import workers_for
from nst_pipeline.pipeline.engine.workspace import Workspace
from nst_pipeline.pipeline.upkeep.reporting import report_batch
from nst_pipeline.settings import Settings
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


def _unreported(
    context: dg.AssetExecutionContext, asset: Asset, partitions: Sequence[str]
) -> set[str]:
    """Return the up-to-date partitions to report: those that Dagster does not know yet.

    A backfill waits for a materialization of each partition, even of those that were up to date.
    """
    unknown = set(partitions)
    if asset.inbox is not None and len(unknown) > 1 and not is_backfill(context.run):
        unknown -= reported_partitions(context, partitions)
    return unknown


def _partitions(context: dg.AssetExecutionContext, workspace: Workspace, asset: Asset) -> list[str]:
    if asset.inbox is None:
        return [ALL]
    partitions = list(context.partition_keys)
    if not asset.upstream and len(partitions) == 1 and not is_batch(partitions[0]):
        # A run for a single photo uses the file as it is now, not as it was at the last scan.
        workspace.reexamine(asset.inbox, partitions[0])
    return partitions


def _chosen(run: dg.DagsterRun, images: Iterable[str]) -> list[str]:
    """Return those of the images that the run is to make."""
    only = run.tags.get(ONLY_TAG, "").split(",")
    return [key for key in images if only == [""] or key in only]


def _image_materializations(
    context: dg.AssetExecutionContext,
    snapshot: Snapshot,
    asset: Asset,
    outcome: Outcome,
    seen: int,
) -> list[dg.AssetMaterialization]:
    """Report artifacts to Dagster, one materialization each."""
    unknown = _unreported(context, asset, list(outcome.skipped))
    earlier = snapshot.rows(asset) if unknown else {}
    rows = [*outcome.made.values(), *(earlier[key] for key in outcome.skipped if key in unknown)]
    rich = len(rows) <= _RICH_REPORTS
    return [
        dg.AssetMaterialization(
            context.asset_key,
            partition=None if asset.inbox is None else row.key,
            metadata=row_metadata(snapshot.workspace, asset, row, rich=rich),
            tags=version_tags(asset, row, seen),
        )
        for row in rows
    ]


def _batch_materializations(
    context: dg.AssetExecutionContext,
    snapshot: Snapshot,
    asset: Asset,
    outcome: Outcome,
    batches: Mapping[str, Sequence[str]],
    seen: int,
) -> list[dg.AssetMaterialization]:
    changed = changed_batches(outcome, batches)
    same = sorted(batches_with_result(outcome, batches) - changed)
    reported = sorted(changed | _unreported(context, asset, same))
    return batch_materializations(snapshot, asset, outcome, batches, reported, seen)


def _report(
    context: dg.AssetExecutionContext,
    snapshot: Snapshot,
    asset: Asset,
    outcome: Outcome,
    images: Mapping[str, Sequence[str]],
    seen: int,
) -> set[str]:
    """Report what was made, and what Dagster does not know yet; return these partitions."""
    if any(map(is_batch, images)):
        found = _batch_materializations(context, snapshot, asset, outcome, images, seen)
    else:
        found = _image_materializations(context, snapshot, asset, outcome, seen)
    report_materializations(context, found)
    return {each.partition or ALL for each in found}


def _fail_single(context: dg.AssetExecutionContext, outcome: Outcome, partition: str) -> None:
    """Fail a run that a person launched for one partition; runs of a phase only quarantine.

    Raises
    ------
    Failure
        The image, or each image of the batch, failed or waits for an input; the message gives the
        reason of the first.
    """
    if PHASE_TAG in context.run.tags:
        return
    reasons = {key: row.error for key, row in outcome.failed.items()}
    reasons |= {key: f"waiting: {why}" for key, why in outcome.waiting.items()}
    key, reason = next(iter(reasons.items()), (partition, "it has no image"))
    more = f"; {len(reasons) - 1} more images of the batch, too" if len(reasons) > 1 else ""
    raise _final_failure(context, f"{context.asset_key.to_user_string()} {key}: {reason}{more}")


def _final_failure(context: dg.AssetExecutionContext, reason: str) -> dg.Failure:
    """Return a failure that neither the step nor, on a cluster, the run is retried for."""
    tag_run(context.instance, context.run_id, {MAX_RETRIES_TAG: "0"})
    return dg.Failure(reason, allow_retries=False)


def _state_results(
    snapshot: Snapshot, asset: Asset, outcome: Outcome
) -> Iterator[dg.AssetCheckResult]:
    """Yield the results of the checks that concern all images of an asset, not only this run's."""
    reasons = without_result(snapshot, asset, outcome)
    failed, empty = reasons["failed"], reasons["empty"]
    yield dg.AssetCheckResult(
        check_name=QUARANTINE,
        passed=not failed,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=quarantine_metadata(snapshot, asset, outcome, failed),
    )
    metadata: dict[str, Any] = {"empty": len(empty), "of": snapshot.count(asset)}
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
    record_process(context.instance, context.run_id)
    seen = latest_event_id(context.instance)
    partitions = _partitions(context, workspace, asset)
    takeover = take_over_siblings(
        context, max_partitions=partitions_per_run(workspace.settings.run)
    )
    every = [*partitions, *takeover.keys]
    images = {ALL: [ALL]} if asset.inbox is None else images_of(workspace, asset.inbox, every)
    keys = [key for of_partition in images.values() for key in of_partition]
    snapshot = Snapshot(workspace, settings, (asset.inbox, keys) if asset.inbox else None)
    with stop_on_signals():
        outcome = run_batch(
            snapshot,
            asset,
            _chosen(context.run, keys),
            run_id=context.run_id,
            workers=1 if asset.exclusive else workers_for(workspace.settings.run.workers),
            progress=report_progress(context.log.info),
        )
    reported = _report(context, snapshot, asset, outcome, images, seen)
    finish_step(context, takeover, reported)
    context.log.info(
        f"{asset.name}: {len(outcome.made)} made, {len(outcome.skipped)} up to date, "
        f"{len(outcome.failed)} quarantined, {len(outcome.waiting)} passed over"
    )
    yield from _state_results(snapshot, asset, outcome)
    yield from check_results(snapshot, asset, outcome)
    if len(partitions) == 1 and partitions[0] not in reported:
        _fail_single(context, outcome, partitions[0])
    yield dg.Output(None, metadata={NO_MATERIALIZATION_KEY: True})


def _step_priority(asset: Asset) -> int:
    """Return the priority of an asset's step among those of a run that are ready.

    What is slow comes after what is not made from it, and what is published after everything else.
    """
    return -2 if asset.phase == "publish" else -1 if asset.exclusive else 0


def _options(asset: Asset, settings: Settings) -> dict[str, Any]:
    """Return what Dagster needs to know about an asset besides its function."""
    ranges = dg.BackfillPolicy.multi_run(partitions_per_run(settings.run))
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
