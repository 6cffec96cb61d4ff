"""Plans the runs that bring a collection up to date, over few contiguous ranges of partitions."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate

import dagster as dg

from nst_pipeline.defs.dagster_internals import PRIORITY_TAG, partition_range_tags
from nst_pipeline.defs.jobs import assets_of
from nst_pipeline.defs.partitions import PARTITIONS
from nst_pipeline.defs.tags import ONLY_TAG, PHASE_TAG, SEQUENCE_TAG
from nst_pipeline.pipeline.engine.asset import PHASES, Phase
from nst_pipeline.pipeline.engine.columns import may_be_due
from nst_pipeline.pipeline.engine.partitioning import images_per_partition, partition_finder
from nst_pipeline.pipeline.engine.plan import plan_asset
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.engine.workspace import INBOXES, Inbox, Workspace
from nst_pipeline.pipeline.steps.scene_photos import scene_photos
from nst_pipeline.storage.inbox import Scan
from nst_pipeline.storage.keys import ALL

_MAX_RANGE = 20_000
"""Maximum number of images in a range: skipping so many takes about as long as starting a run."""


@dataclass(frozen=True)
class RunPlan:
    """A run to launch: a phase, and the range of partitions that it covers."""

    phase: Phase
    count: int
    """Number of due images in the range."""
    range: tuple[str, str] | None = None
    """First and last partition key; None for a phase without partitions."""
    in_sequence: bool = False
    """Whether runs of other phases were planned with it, which must not be executed meanwhile."""
    only: tuple[str, ...] = ()
    """Keys of the only images to make; empty for all of the range."""

    @property
    def asset_keys(self) -> list[dg.AssetKey]:
        """The assets of the phase; its job may have more."""
        return [dg.AssetKey(asset.name) for asset in assets_of(self.phase)]

    @property
    def tags(self) -> dict[str, str]:
        """Run tags: the range, the phase, and a priority that puts earlier phases first.

        Runs without a priority, such as those that people launch for one image, go before all.
        """
        tags = {PHASE_TAG: self.phase, PRIORITY_TAG: str(-1 - PHASES.index(self.phase))}
        if self.in_sequence:
            tags[SEQUENCE_TAG] = "update"
        if self.range is not None:
            tags |= partition_range_tags(*self.range)
        if self.only:
            tags[ONLY_TAG] = ",".join(self.only)
        return tags


def cover_with_ranges(
    order: Sequence[str],
    due: Mapping[str, int],
    phase: Phase,
    *,
    per_run: int,
    max_range: int = _MAX_RANGE,
) -> Iterator[RunPlan]:
    """Cover the due partitions with few contiguous ranges of bounded length.

    Partitions between two due ones are covered as well: fingerprints skip them, and a run for every
    scattered one would cost far more.

    Parameters
    ----------
    order : sequence of str
        All partition keys, in the order of the partition set.
    due : mapping of str to int
        Number of due images by partition. Those that are not partitions are ignored.
    phase : str
        The phase of the runs.
    per_run : int
        Maximum number of due images of a run, unless one partition has more.
    max_range : int
        Maximum number of partitions in a range.

    Yields
    ------
    RunPlan
        In the order of the partition set.
    """
    positions = [position for position, key in enumerate(order) if key in due]
    totals = list(accumulate((due[order[position]] for position in positions), initial=0))
    first = 0
    while first < len(positions):
        most = max(first + 1, bisect_right(totals, totals[first] + per_run) - 1)
        end = bisect_left(positions, positions[first] + max_range, first, most)
        ends = order[positions[first]], order[positions[end - 1]]
        yield RunPlan(phase, totals[end] - totals[first], ends)
        first = end


def plan_phase(
    workspace: Workspace, instance: dg.DagsterInstance, phase: Phase, due: set[str]
) -> list[RunPlan]:
    """Plan the runs that cover the due images of a phase; none if nothing is due.

    Parameters
    ----------
    workspace : Workspace
        The collection.
    instance : DagsterInstance
        Instance that stores the partitions.
    phase : str
        One of `PHASES`.
    due : set of str
        Keys of images, or `ALL` alone for a phase without partitions.

    Returns
    -------
    list of RunPlan
    """
    if not due:
        return []
    if due == {ALL}:
        return [RunPlan(phase, 1)]
    inbox: Inbox = "objects" if phase == "objects" else "scenes"
    order = PARTITIONS[inbox].get_partition_keys(dynamic_partitions_store=instance)
    counts = Counter(map(partition_finder(workspace, inbox), due))
    run = workspace.settings.run
    max_range = max(1, _MAX_RANGE // images_per_partition(run))
    return list(
        cover_with_ranges(order, counts, phase, per_run=run.images_per_run, max_range=max_range)
    )


def due_keys(
    snapshot: Snapshot,
    phase: Phase,
    *,
    retry: bool,
    files: bool = True,
    among: Sequence[str] | None = None,
) -> set[str]:
    """Find the keys of a phase for which an artifact can be made now.

    Parameters
    ----------
    snapshot : Snapshot
        State of the catalog.
    phase : str
        One of `PHASES`.
    retry : bool
        Include keys that failed before with the same inputs.
    files : bool
        Include keys that have lost files. If False, no folder of artifacts is listed.
    among : sequence of str, optional
        Consider only these keys; by default, all.

    Returns
    -------
    set of str
    """
    due: set[str] = set()
    for asset in assets_of(phase):
        every = snapshot.keys if files else partial(may_be_due, snapshot)
        keys = every(asset) if among is None else among
        of_keys = snapshot.only(asset, keys)
        plan = plan_asset(of_keys, asset, keys, files=files)
        rows = of_keys.states(asset)
        for artifact in plan.due:
            row = rows.get(artifact.key)
            if retry or row is None or row.status != "failed":
                due.add(artifact.key)
            elif row.fingerprint != artifact.fingerprint:
                due.add(artifact.key)  # It failed with other inputs.
    return due


def quarantined_keys(snapshot: Snapshot, phase: Phase) -> set[str]:
    """Return the keys for which an asset of the phase is quarantined."""
    rows = (snapshot.bad_states(asset) for asset in assets_of(phase))
    return {key for each in rows for key, row in each.items() if row.status == "failed"}


def is_large(workspace: Workspace) -> bool:
    """Whether a phase of the collection may take more than one run."""
    most = max(len(workspace.index(inbox).photos) for inbox in INBOXES)
    return most > workspace.settings.run.images_per_run


def plan_scanned(
    workspace: Workspace, instance: dg.DagsterInstance, scans: Mapping[Inbox, Scan]
) -> list[RunPlan]:
    """Plan the sensor's runs for the photos that a scan found, assuming that nothing else is due.

    As always in a large collection, only the first phase with due keys is planned.

    Parameters
    ----------
    workspace : Workspace
        A collection that was up to date before the scan.
    instance : DagsterInstance
        Instance that stores the partitions.
    scans : mapping of {"objects", "scenes"} to Scan
        The scan of each inbox.

    Returns
    -------
    list of RunPlan
    """
    for inbox, scan in scans.items():
        photos = (*scan.new, *scan.changed)
        keys = [key for photo in photos for key in workspace.keys_of(inbox, photo)]
        snapshot = Snapshot(workspace, scope=(inbox, keys))
        due = due_keys(snapshot, inbox, retry=False, files=False, among=keys)
        if due:
            return plan_phase(workspace, instance, inbox, due)
    return []


def plan_runs(snapshot: Snapshot, instance: dg.DagsterInstance) -> list[RunPlan]:
    """Plan the sensor's runs for everything that is due, in the order of the phases.

    It is not known yet what a phase will change for the later ones. In a small collection, where
    each phase fits into one run, the later phases are planned, too, for all keys; fingerprints skip
    what is up to date. In a large collection, they are planned when the phase is done.

    Parameters
    ----------
    snapshot : Snapshot
        State of the catalog.
    instance : DagsterInstance
        Instance that stores the partitions.

    Returns
    -------
    list of RunPlan
    """
    workspace, due = snapshot.workspace, dict[str, set[str]]()
    scenes = snapshot.keys(scene_photos)
    for phase in PHASES:
        due[phase] = due_keys(snapshot, phase, retry=False, files=False)
        if due[phase] and is_large(workspace):
            return plan_phase(workspace, instance, phase, due[phase])
    if due["objects"]:
        due["library"] = {ALL}
    if due["library"]:
        due["scenes"] = set(scenes)
    if any(due.values()):
        due["publish"] = {ALL}
    plans = [
        plan for phase in PHASES for plan in plan_phase(workspace, instance, phase, due[phase])
    ]
    return [replace(plan, in_sequence=True) for plan in plans]
