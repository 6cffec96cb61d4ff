"""Which runs bring a collection up to date: few, over contiguous ranges of partitions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import dagster as dg
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PRIORITY_TAG,
)

from nst_pipeline.defs.graph_asset import PARTITIONS_PER_RUN
from nst_pipeline.defs.jobs import PHASES
from nst_pipeline.defs.partitions import PARTITIONS
from nst_pipeline.defs.tags import PHASE_TAG
from nst_pipeline.pipeline.graph import BY_NAME
from nst_pipeline.pipeline.plan import plan_asset
from nst_pipeline.pipeline.view import View
from nst_pipeline.pipeline.workspace import Collection
from nst_pipeline.storage.store import ALL


@dataclass(frozen=True)
class RunPlan:
    """One run to be: a phase, and the range of partitions it covers."""

    phase: str
    count: int
    """Keys in the range that have something to be made."""
    range: tuple[str, str] | None = None
    """First and last partition key; None for a phase that concerns the whole collection."""

    @property
    def tags(self) -> dict[str, str]:
        """Run tags: the range, and the phase, of which one runs at a time, earlier ones first."""
        tags = {PHASE_TAG: self.phase, PRIORITY_TAG: str(-list(PHASES).index(self.phase))}
        if self.range is not None:
            tags |= {
                ASSET_PARTITION_RANGE_START_TAG: self.range[0],
                ASSET_PARTITION_RANGE_END_TAG: self.range[1],
            }
        return tags


def _ranges(order: Sequence[str], due: set[str], phase: str) -> Iterator[RunPlan]:
    """Cover the due keys with few contiguous ranges of bounded length.

    What lies between two due keys is covered with them: fingerprints skip it, and a run of its
    own for every scattered key would cost far more.
    """
    places = [place for place, key in enumerate(order) if key in due]
    while places:
        inside = [p for p in places if p - places[0] < PARTITIONS_PER_RUN]
        yield RunPlan(phase, len(inside), (order[inside[0]], order[inside[-1]]))
        places = places[len(inside) :]


def plan_phase(instance: dg.DagsterInstance, phase: str, due: set[str]) -> list[RunPlan]:
    """The runs that cover the due keys of a phase; none if nothing is due."""
    if not due:
        return []
    if due == {ALL}:
        return [RunPlan(phase, 1)]
    collection: Collection = "objects" if phase == "objects" else "scenes"
    order = PARTITIONS[collection].get_partition_keys(dynamic_partitions_store=instance)
    return list(_ranges(order, due, phase))


def due_now(view: View, phase: str, *, retry: bool) -> set[str]:
    """The keys of a phase that have something to be made from what is there now.

    Args:
        view: the catalogue's state.
        phase: one of `PHASES`.
        retry: also what failed before with the same input.
    """
    due: set[str] = set()
    for node in PHASES[phase]:
        plan = plan_asset(view, node, view.keys(node))
        rows = view.rows(node.name)
        for task in plan.due:
            row = rows.get(task.key)
            tried = row is not None and row.fingerprint == task.fingerprint
            if retry or not (tried and row is not None and row.status == "failed"):
                due.add(task.key)
    return due


def plan_runs(view: View, instance: dg.DagsterInstance, *, retry: bool) -> list[RunPlan]:
    """All runs that bring the collection up to date, in the order in which they must go.

    What a phase will change for those after it is not known yet, so these cover all that it may
    concern; fingerprints skip the rest.
    """
    due = {phase: due_now(view, phase, retry=retry) for phase in PHASES}
    if due["objects"]:
        due["library"] = {ALL}
    if due["library"]:
        due["scenes"] = set(view.keys(BY_NAME["scene_photos"]))
    if any(due.values()):
        due["publish"] = {ALL}
    return [run for phase in PHASES for run in plan_phase(instance, phase, due[phase])]
