"""Plans the runs that bring a collection up to date: few, over contiguous ranges of partitions."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import dagster as dg

from nst_pipeline.defs.dagster_internals import PRIORITY_TAG, partition_range_tags
from nst_pipeline.defs.jobs import assets_of
from nst_pipeline.defs.partitions import PARTITIONS, PARTITIONS_PER_RUN
from nst_pipeline.defs.tags import PHASE_TAG
from nst_pipeline.pipeline.engine.asset import PHASES, Phase
from nst_pipeline.pipeline.engine.plan import plan_asset
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.engine.workspace import Collection, Workspace
from nst_pipeline.pipeline.steps import BY_NAME
from nst_pipeline.storage.inbox import Scan
from nst_pipeline.storage.keys import ALL

_MAX_RANGE = 20_000
"""Keys in a range: skipping so many costs about as much as starting another run."""


@dataclass(frozen=True)
class RunPlan:
    """A run to launch: a phase, and the range of partitions that it covers."""

    phase: Phase
    count: int
    """Keys in the range that have something to be made."""
    range: tuple[str, str] | None = None
    """First and last partition key; None for a phase that concerns the whole collection."""

    @property
    def tags(self) -> dict[str, str]:
        """Run tags: the range, the phase, and a priority by which earlier phases go first."""
        tags = {PHASE_TAG: self.phase, PRIORITY_TAG: str(-PHASES.index(self.phase))}
        if self.range is not None:
            tags |= partition_range_tags(*self.range)
        return tags


def cover_with_ranges(order: Sequence[str], due: set[str], phase: Phase) -> Iterator[RunPlan]:
    """Cover the due keys with few contiguous ranges of bounded length.

    Keys between two due ones are covered as well: fingerprints skip them, and a run for every
    scattered key would cost far more.

    Parameters
    ----------
    order : sequence of str
        All partition keys, in the order of the partition set.
    due : set of str
        The keys to cover. Those that are no partition are ignored.
    phase : str
        The phase of the runs.

    Yields
    ------
    RunPlan
        With at most `PARTITIONS_PER_RUN` due keys, in the order of the partition set.
    """
    positions = [position for position, key in enumerate(order) if key in due]
    first = 0
    while first < len(positions):
        most = min(first + PARTITIONS_PER_RUN, len(positions))
        end = bisect_left(positions, positions[first] + _MAX_RANGE, first, most)
        yield RunPlan(phase, end - first, (order[positions[first]], order[positions[end - 1]]))
        first = end


def plan_phase(instance: dg.DagsterInstance, phase: Phase, due: set[str]) -> list[RunPlan]:
    """Plan the runs that cover the due keys of a phase; none if nothing is due.

    Parameters
    ----------
    instance : DagsterInstance
        Where the partitions are.
    phase : str
        One of `PHASES`.
    due : set of str
        Partition keys, or `ALL` alone for a phase that concerns the whole collection.

    Returns
    -------
    list of RunPlan
    """
    if not due:
        return []
    if due == {ALL}:
        return [RunPlan(phase, 1)]
    collection: Collection = "objects" if phase == "objects" else "scenes"
    order = PARTITIONS[collection].get_partition_keys(dynamic_partitions_store=instance)
    return list(cover_with_ranges(order, due, phase))


def due_keys(
    snapshot: Snapshot,
    phase: Phase,
    *,
    retry: bool,
    files: bool = True,
    among: Sequence[str] | None = None,
) -> set[str]:
    """Find the keys of a phase for which something can be made now.

    Parameters
    ----------
    snapshot : Snapshot
        The state of the catalog.
    phase : str
        One of `PHASES`.
    retry : bool
        Include keys that failed before with the same input.
    files : bool
        Include keys that have lost files. Without it no folder of artifacts is listed.
    among : sequence of str, optional
        Look at these keys only; at all keys by default.

    Returns
    -------
    set of str
    """
    due: set[str] = set()
    for asset in assets_of(phase):
        keys = snapshot.keys(asset) if among is None else among
        plan = plan_asset(snapshot, asset, keys, files=files)
        rows = snapshot.states(asset)
        for task in plan.due:
            row = rows.get(task.key)
            tried = row is not None and row.fingerprint == task.fingerprint
            if retry or not (tried and row is not None and row.status == "failed"):
                due.add(task.key)
    return due


def quarantined_keys(snapshot: Snapshot, phase: Phase) -> set[str]:
    """The keys for which an asset of the phase is quarantined."""
    rows = (snapshot.states(asset) for asset in assets_of(phase))
    return {key for each in rows for key, row in each.items() if row.status == "failed"}


def is_large(workspace: Workspace) -> bool:
    """Whether a phase of the collection may take more than one run."""
    return len(workspace.index("scenes").photos) > PARTITIONS_PER_RUN


def plan_scanned(
    workspace: Workspace, instance: dg.DagsterInstance, scans: Mapping[Collection, Scan]
) -> list[RunPlan]:
    """Plan the sensor's runs for the photos that a scan has found, where nothing else is due.

    Only the first phase with something due is planned, as always in a large collection.

    Parameters
    ----------
    workspace : Workspace
        A collection in which everything was up to date before the scan.
    instance : DagsterInstance
        Where the partitions are.
    scans : mapping of {"objects", "scenes"} to Scan
        What the scan has found in each inbox.

    Returns
    -------
    list of RunPlan
    """
    for collection, scan in scans.items():
        keys = [*scan.new, *scan.changed]
        snapshot = Snapshot(workspace, scope=(collection, keys))
        due = due_keys(snapshot, collection, retry=False, files=False, among=keys)
        if due:
            return plan_phase(instance, collection, due)
    return []


def plan_runs(snapshot: Snapshot, instance: dg.DagsterInstance) -> list[RunPlan]:
    """Plan the sensor's runs for everything that is due, in the order in which they must go.

    What a phase will change for the phases after it is not known yet. In a small collection, where
    each phase fits into one run, these are planned along with it and cover everything;
    fingerprints skip what is up to date. In a large one they follow when the phase is done, for
    what is due then.

    Parameters
    ----------
    snapshot : Snapshot
        The state of the catalog.
    instance : DagsterInstance
        Where the partitions are.

    Returns
    -------
    list of RunPlan
    """
    due: dict[str, set[str]] = {}
    scenes = snapshot.keys(BY_NAME["scene_photos"])
    for phase in PHASES:
        due[phase] = due_keys(snapshot, phase, retry=False, files=False)
        if due[phase] and is_large(snapshot.workspace):
            return plan_phase(instance, phase, due[phase])
    if due["objects"]:
        due["library"] = {ALL}
    if due["library"]:
        due["scenes"] = set(scenes)
    if any(due.values()):
        due["publish"] = {ALL}
    return [plan for phase in PHASES for plan in plan_phase(instance, phase, due[phase])]
