"""Scans both inboxes and keeps Dagster's partitions equal to the photos in them."""

import math
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial

import dagster as dg

from nst_pipeline.defs.partitions import sync_partitions
from nst_pipeline.pipeline.engine.progress import Progress
from nst_pipeline.pipeline.engine.stopping import STOP
from nst_pipeline.pipeline.engine.workspace import COLLECTIONS, Collection, Workspace
from nst_pipeline.storage.inbox import Scan
from nst_pipeline.storage.keys import ALL
from nst_pipeline.storage.lineage import Lineage

_DELETIONS_LISTED = 5
"""Deleted photos that get a message each; with more, one message counts them all."""


@dataclass(frozen=True)
class InboxScans:
    """The result of scanning both inboxes."""

    messages: list[str]
    """For people: counts, unreadable files, and what was made from deleted photos."""
    scans: dict[Collection, Scan]

    @property
    def pending(self) -> int:
        """New and changed files that there was no time to read."""
        return sum(scan.pending for scan in self.scans.values())


def _deletion_messages(workspace: Workspace, collection: Collection, scan: Scan) -> list[str]:
    """Say what was made from deleted photos, which stays until `nst gc` removes it."""
    deleted = {key: path for key, path in scan.deleted.items() if key not in scan.moved}
    if not deleted:
        return []
    lineage = Lineage(workspace.catalog)
    asset = "object_photos" if collection == "objects" else "scene_photos"
    messages = []
    for key, path in list(deleted.items())[:_DELETIONS_LISTED]:
        counts = Counter(name for name, at in lineage.descendants([(asset, key)]) if at != ALL)
        made = ", ".join(f"{name} ({counts[name]})" for name in sorted(counts)) or "nothing"
        messages.append(
            f"{collection}/{path} was deleted; made from it: {made}; to remove: `nst gc`"
        )
    if len(deleted) > _DELETIONS_LISTED:
        artifacts = lineage.descendants([(asset, key) for key in deleted])
        messages.append(
            f"{collection}: {len(deleted)} photos were deleted; made from them: "
            f"{len(artifacts)} artifacts; to remove: `nst gc`"
        )
    return messages


def _report_or_stop(progress: Progress, name: str, through: int, total: int) -> None:
    progress(name, through, total)
    STOP.raise_if_requested()


def scan_inboxes(
    workspace: Workspace,
    instance: dg.DagsterInstance,
    *,
    seconds: float = math.inf,
    progress: Progress = lambda *_: None,
) -> InboxScans:
    """Scan both inboxes and update the partitions to match.

    Parameters
    ----------
    workspace : Workspace
        The collection.
    instance : DagsterInstance
        Where the partitions are.
    seconds : float
        About how long to read new and changed files. The next call continues from there.
    progress : Progress
        Called with the inbox, the number of its files read so far, and their total.

    Returns
    -------
    InboxScans
        What was found, as data and as messages.

    Raises
    ------
    Stopped
        A stop was requested. The next scan reads what this one has not remembered yet.
    """
    end = time.monotonic() + seconds
    messages: list[str] = []
    scans: dict[Collection, Scan] = {}
    for collection in COLLECTIONS:
        scan = workspace.rescan(
            collection,
            seconds=end - time.monotonic(),
            on_file=partial(_report_or_stop, progress, f"{collection}/"),
        )
        sync_partitions(instance, collection, list(scan.index.photos))
        messages.append(f"{collection}: {scan.summary}")
        messages += [f"{collection}/{bad.path}: {bad.reason}" for bad in scan.index.unreadable]
        messages += _deletion_messages(workspace, collection, scan)
        scans[collection] = scan
    return InboxScans(messages, scans)
