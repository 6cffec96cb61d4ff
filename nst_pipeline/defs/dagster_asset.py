"""Turns a node of the graph and a function on one item into a Dagster asset.

The run handles all its partitions in one step. Fingerprints skip what stands, one bad image is
quarantined, and a materialization is reported for each partition that has a result. Dagster
would report every partition of the range; its own events are therefore switched off for the
step's output (`NO_MATERIALIZATION_KEY`), which also spares those of partitions up to date.
"""

import inspect
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import dagster as dg

from nst_pipeline.defs.backfills import finish_step, is_backfill, take_over_siblings
from nst_pipeline.defs.checks import check_results, check_specs
from nst_pipeline.defs.config import example, form, with_form
from nst_pipeline.defs.dagster_internals import NO_MATERIALIZATION_KEY, latest_event_id
from nst_pipeline.defs.events import report_materializations, reported_partitions
from nst_pipeline.defs.freshness import freshness
from nst_pipeline.defs.orphans import record_process
from nst_pipeline.defs.partitions import PARTITIONS
from nst_pipeline.defs.report import check_metadata, quarantined, row_metadata
from nst_pipeline.defs.resources import CollectionResource
from nst_pipeline.defs.tables import table_definitions
from nst_pipeline.defs.tags import ASSET_TAG, PHASE_TAG
from nst_pipeline.defs.versions import version_tags
from nst_pipeline.errors import NstError
from nst_pipeline.pipeline.engine.batch import Make, Outcome, run_batch
from nst_pipeline.pipeline.engine.graph import Node
from nst_pipeline.pipeline.engine.item import Item, Made
from nst_pipeline.pipeline.engine.progress import report_progress
from nst_pipeline.pipeline.engine.snapshot import View
from nst_pipeline.pipeline.engine.stopping import Stopped, stop_on_signals
from nst_pipeline.pipeline.engine.workers import workers_for
from nst_pipeline.pipeline.engine.workspace import Workspace
from nst_pipeline.settings import Settings
from nst_pipeline.storage.catalog import Row
from nst_pipeline.storage.keys import ALL

# Nine lines at every start would hide what matters. The lock file holds Dagster's version, and
# the tests show what the policy does.
warnings.filterwarnings("ignore", "Parameter `backfill_policy`", dg.BetaWarning)

PARTITIONS_PER_RUN = 500
"""Models load once for this many images; a run that dies repeats only what was not catalogd."""
_RANGES = dg.BackfillPolicy.multi_run(PARTITIONS_PER_RUN)
_RICH_REPORTS = 10
"""Up to this many partitions, a materialization carries its picture and figures."""
QUARANTINE = "quarantine"
_QUARANTINE_SAYS = (
    "Fails while there are images that this asset could not be made of, and names each with the "
    "reason. They cost the others nothing; the nightly batch tries them again."
)


def _for_each(make: Callable[[Item], Made]) -> Make:
    def make_each(items: Sequence[Item]) -> list[Made]:
        return [make(item) for item in items]

    return make_each


def _reported(
    context: dg.AssetExecutionContext, view: View, node: Node, outcome: Outcome
) -> dict[str, Row]:
    """What gets a materialization: all that was made, and what Dagster does not know of yet.

    A backfill waits for one of each of its partitions, whether it was up to date or not.
    """
    unknown = set(outcome.skipped)
    if node.collection is not None and len(unknown) > 1 and not is_backfill(context.run):
        unknown -= reported_partitions(context, list(outcome.skipped))
    rows = view.rows(node.name) if unknown else {}
    return outcome.made | {key: rows[key] for key in outcome.skipped if key in unknown}


def _keys(context: dg.AssetExecutionContext, workspace: Workspace, node: Node) -> list[str]:
    if node.collection is None:
        return [ALL]
    keys = list(context.partition_keys)
    if not node.upstream and len(keys) == 1:
        # Whoever asks for one photo means the file as it is now, not as the last scan saw it.
        workspace.reexamine(node.collection, keys[0])
    return keys


def _report(
    context: dg.AssetExecutionContext, view: View, node: Node, rows: list[Row], seen: int
) -> None:
    """Tell Dagster of artifacts, one materialization each."""
    rich = len(rows) <= _RICH_REPORTS
    materializations = [
        dg.AssetMaterialization(
            context.asset_key,
            partition=None if node.collection is None else row.key,
            metadata=row_metadata(view.workspace, row, rich=rich),
            tags=version_tags(node, row, seen),
        )
        for row in rows
    ]
    report_materializations(context, materializations)


def _fail_alone(context: dg.AssetExecutionContext, outcome: Outcome, key: str) -> None:
    """Fail a run that somebody launched for one image; in a phase's run it is set aside.

    Raises:
        Failure: with the image's reason.
    """
    if PHASE_TAG in context.run.tags:
        return
    bad = outcome.failed.get(key)
    reason = bad.error if bad else f"waiting: {outcome.waiting[key]}"
    raise dg.Failure(f"{context.asset_key.to_user_string()} {key}: {reason}", allow_retries=False)


def _materialize(
    context: dg.AssetExecutionContext,
    workspace: Workspace,
    settings: Settings,
    node: Node,
    make: Make,
    together: int,
    workers: int,
) -> Iterator[Any]:
    record_process(context)
    seen = latest_event_id(context.instance)
    keys, progress = _keys(context, workspace, node), report_progress(context.log.info)
    takeover = take_over_siblings(context, max_partitions=PARTITIONS_PER_RUN)
    every = [*keys, *takeover.keys]
    view = View(workspace, settings, (node.collection, every) if node.collection else None)
    with stop_on_signals():
        outcome = run_batch(
            view,
            node,
            every,
            make,
            run_id=context.run_id,
            together=together,
            workers=workers,
            progress=progress,
        )
    reported = _reported(context, view, node, outcome)
    _report(context, view, node, list(reported.values()), seen)
    finish_step(context, takeover, reported)
    context.log.info(
        f"{node.name}: {len(outcome.made)} made, {len(outcome.skipped)} up to date, "
        f"{len(outcome.failed)} quarantined, {len(outcome.waiting)} passed over"
    )
    failed = quarantined(view, node, outcome)
    yield dg.AssetCheckResult(
        check_name=QUARANTINE,
        passed=not failed,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=check_metadata(view, outcome, failed),
    )
    yield from check_results(view, node, outcome)
    if len(keys) == 1 and keys[0] not in reported:
        _fail_alone(context, outcome, keys[0])
    yield dg.Output(None, metadata={NO_MATERIALIZATION_KEY: True})


def _options(node: Node, function: Callable[..., Any], kinds: set[str], group: str) -> Any:
    """What Dagster is told of an asset besides its function."""
    return {
        "name": node.name,
        "description": f"{inspect.getdoc(function)}\n\n{example(node)}".strip(),
        "deps": list(node.upstream),
        "partitions_def": PARTITIONS[node.collection] if node.collection else None,
        "backfill_policy": _RANGES if node.collection else None,
        "code_version": node.code_version,
        "kinds": kinds,
        "group_name": group,
        "owners": ["team:nst_pipeline"],
        "tags": {ASSET_TAG: node.collection or "collection"},
        "metadata": table_definitions(node.name),
        "freshness_policy": freshness(node),
        "dagster_type": dg.Nothing,
        "check_specs": [
            dg.AssetCheckSpec(QUARANTINE, asset=node.name, description=_QUARANTINE_SAYS),
            *check_specs(node),
        ],
    }


def graph_asset(
    node: Node,
    *,
    kinds: set[str],
    group: str,
    together: Callable[[Settings], int] | None = None,
    one_by_one: bool = False,
    after: Callable[[Workspace], object] = lambda _: None,
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Make a Dagster asset of a function from an `Item` to what was `Made`.

    Args:
        node: what the asset is made from.
        kinds: shown in the UI.
        group: the asset group.
        together: given, the function takes up to so many items at once and returns a list.
        one_by_one: no two calls of the function at the same time: it fills the machine by itself.
        after: called once all is catalogd, whether something was made or not.
    """
    filled = form(node)

    def decorate(function: Callable[..., Any]) -> dg.AssetsDefinition:
        make: Make = function if together else _for_each(function)

        def body(
            context: dg.AssetExecutionContext,
            config: filled,  # type: ignore[valid-type]
            collection: CollectionResource,
        ) -> Iterator[Any]:
            try:
                workspace = collection.open()
                chosen = with_form(workspace.settings, node, config)
                most = together(chosen) if together else 1
                workers = 1 if one_by_one else workers_for(workspace.settings.run.workers)
                yield from _materialize(context, workspace, chosen, node, make, most, workers)
                after(workspace)
            except Stopped:
                # Dagster records the run as canceled, or as failed if nobody canceled it there.
                raise dg.DagsterExecutionInterruptedError from None
            except NstError as error:
                # What the user can put right is told without a traceback.
                raise dg.Failure(str(error), allow_retries=False) from None

        asset: dg.AssetsDefinition = dg.asset(**_options(node, function, kinds, group))(body)
        return asset

    return decorate
