"""Scans both inboxes and keeps Dagster's partitions equal to their photos, or batches of these."""

import math
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial

import dagster as dg

from nst_pipeline.defs.partitions import sync_partitions
from nst_pipeline.defs.runs.inbox_files import report_inbox_files
from nst_pipeline.pipeline.engine.partitioning import register_photos
from nst_pipeline.pipeline.engine.progress import Progress
from nst_pipeline.pipeline.engine.stopping import STOP
from nst_pipeline.pipeline.engine.workspace import INBOXES, Inbox, Workspace
from nst_pipeline.pipeline.steps.object_photos import object_photos
from nst_pipeline.pipeline.steps.scene_photos import scene_photos
from nst_pipeline.storage.inbox import Scan
from nst_pipeline.storage.keys import ALL
from nst_pipeline.storage.lineage import Lineage

_DELETIONS_LISTED = 5
"""Deleted photos that get a message each; with more, one message counts them all."""


@dataclass(frozen=True)
class InboxScans:
    """The result of scanning both inboxes."""

    messages: list[str]
    """Lines for people: counts, unreadable files, sidecars without a photo, and what was made from
    deleted photos."""
    scans: dict[Inbox, Scan]

    @property
    def found_news(self) -> bool:
        """Whether a photo is new, changed or gone."""
        return any(scan.new or scan.changed or scan.deleted for scan in self.scans.values())

    @property
    def pending(self) -> int:
        """New and changed files that there was no time to read."""
        return sum(scan.pending for scan in self.scans.values())


def _deletion_messages(workspace: Workspace, inbox: Inbox, scan: Scan) -> list[str]:
    """Say what was made from deleted photos; these artifacts stay until `nst gc` removes them."""
    deleted = {key: path for key, path in scan.deleted.items() if key not in scan.moved}
    if not deleted:
        return []
    lineage = Lineage(workspace.catalog)
    asset = (object_photos if inbox == "objects" else scene_photos).name
    messages = []
    for key, path in list(deleted.items())[:_DELETIONS_LISTED]:
        counts = Counter(name for name, at in lineage.descendants([(asset, key)]) if at != ALL)
        made = ", ".join(f"{name} ({counts[name]})" for name in sorted(counts)) or "nothing"
        messages.append(f"{inbox}/{path} was deleted; made from it: {made}; to remove: `nst gc`")
    if len(deleted) > _DELETIONS_LISTED:
        artifacts = lineage.descendants([(asset, key) for key in deleted])
        messages.append(
            f"{inbox}: {len(deleted)} photos were deleted; made from them: "
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
        Instance that stores the partitions.
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
    NstError
        An inbox does not exist.
    Stopped
        A stop was requested. The next scan reads the files that this one has not saved yet.
    """
    end = time.monotonic() + seconds
    messages: list[str] = []
    scans: dict[Inbox, Scan] = {}
    for inbox in INBOXES:
        scan = workspace.rescan(
            inbox,
            seconds=end - time.monotonic(),
            on_file=partial(_report_or_stop, progress, f"{inbox}/"),
        )
        sync_partitions(instance, inbox, register_photos(workspace, inbox))
        report_inbox_files(instance, inbox, scan.index)
        messages.append(f"{inbox}: {scan.summary}")
        messages += [f"{inbox}/{bad.path}: {bad.reason}" for bad in scan.index.unreadable]
        messages += [f"{inbox}/{each.path}: {each.detail}" for each in scan.index.unmatched]
        messages += _deletion_messages(workspace, inbox, scan)
        scans[inbox] = scan
    return InboxScans(messages, scans)
