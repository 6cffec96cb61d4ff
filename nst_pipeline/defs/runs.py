"""Which runs bring a collection up to date: few, over contiguous ranges of partitions."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import dagster as dg

from nst_pipeline.defs.dagster_asset import PARTITIONS_PER_RUN
from nst_pipeline.defs.dagster_internals import PRIORITY_TAG, partition_range_tags
from nst_pipeline.defs.jobs import PHASES
from nst_pipeline.defs.partitions import PARTITIONS
from nst_pipeline.defs.tags import PHASE_TAG
from nst_pipeline.pipeline.engine.graph import BY_NAME
from nst_pipeline.pipeline.engine.plan import plan_asset
from nst_pipeline.pipeline.engine.snapshot import View
from nst_pipeline.pipeline.engine.workspace import Collection, Workspace
from nst_pipeline.storage.inbox import Scan
from nst_pipeline.storage.keys import ALL


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
            tags |= partition_range_tags(*self.range)
        return tags


_SPAN = 20_000
"""Keys in a range: to pass over so many costs about as much as to start another run."""


def ranges(order: Sequence[str], due: set[str], phase: str) -> Iterator[RunPlan]:
    """Cover the due keys with few contiguous ranges, well filled and of bounded length.

    What lies between two due keys is covered with them: fingerprints skip it, and a run of its
    own for every scattered key would cost far more.
    """
    places = [place for place, key in enumerate(order) if key in due]
    first = 0
    while first < len(places):
        most = min(first + PARTITIONS_PER_RUN, len(places))
        end = bisect_left(places, places[first] + _SPAN, first, most)
        yield RunPlan(phase, end - first, (order[places[first]], order[places[end - 1]]))
        first = end


def plan_phase(instance: dg.DagsterInstance, phase: str, due: set[str]) -> list[RunPlan]:
    """The runs that cover the due keys of a phase; none if nothing is due."""
    if not due:
        return []
    if due == {ALL}:
        return [RunPlan(phase, 1)]
    collection: Collection = "objects" if phase == "objects" else "scenes"
    order = PARTITIONS[collection].get_partition_keys(dynamic_partitions_store=instance)
    return list(ranges(order, due, phase))


def due_now(
    view: View, phase: str, *, retry: bool, files: bool = True, among: Sequence[str] | None = None
) -> set[str]:
    """The keys of a phase that have something to be made from what is there now.

    Args:
        view: the catalog's state.
        phase: one of `PHASES`.
        retry: also what failed before with the same input.
        files: also what has lost files; without it no folder of artifacts is listed.
        among: only these keys are looked at; None: all.
    """
    due: set[str] = set()
    for node in PHASES[phase]:
        keys = view.keys(node) if among is None else among
        plan = plan_asset(view, node, keys, files=files)
        rows = view.standing(node.name)
        for task in plan.due:
            row = rows.get(task.key)
            tried = row is not None and row.fingerprint == task.fingerprint
            if retry or not (tried and row is not None and row.status == "failed"):
                due.add(task.key)
    return due


def failed_keys(view: View, phase: str) -> set[str]:
    """The keys of which an asset of a phase is quarantined."""
    rows = (view.standing(node.name) for node in PHASES[phase])
    return {key for each in rows for key, row in each.items() if row.status == "failed"}


def is_large(workspace: Workspace) -> bool:
    """Whether a phase of the collection may take more than one run."""
    return len(workspace.index("scenes").photos) > PARTITIONS_PER_RUN


def plan_found(
    workspace: Workspace, instance: dg.DagsterInstance, found: Mapping[Collection, Scan]
) -> list[RunPlan]:
    """The sensor's runs where all was up to date before a scan: only what that found is due.

    As in a large collection always, the first phase that is due goes first.
    """
    for collection, scan in found.items():
        keys = [*scan.new, *scan.changed]
        view = View(workspace, scope=(collection, keys))
        due = due_now(view, collection, retry=False, files=False, among=keys)
        if due:
            return plan_phase(instance, collection, due)
    return []


def plan_runs(view: View, instance: dg.DagsterInstance) -> list[RunPlan]:
    """The sensor's runs: those that are due now, in the order in which they must go.

    What a phase will change for those after it is not known yet. Of a collection that fits into
    a run for each phase they are launched along with it, over everything: fingerprints skip the
    rest. Of a larger one they follow when it is done, for what is due then.
    """
    due: dict[str, set[str]] = {}
    scenes = view.keys(BY_NAME["scene_photos"])
    for phase in PHASES:
        due[phase] = due_now(view, phase, retry=False, files=False)
        if due[phase] and is_large(view.workspace):
            return plan_phase(instance, phase, due[phase])
    if due["objects"]:
        due["library"] = {ALL}
    if due["library"]:
        due["scenes"] = set(scenes)
    if any(due.values()):
        due["publish"] = {ALL}
    return [run for phase in PHASES for run in plan_phase(instance, phase, due[phase])]
