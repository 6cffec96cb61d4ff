"""What a partition stands for: an image, or a batch of images (`run.partitioning`).

Whatever reads a partition's name understands both kinds, so that runs work while the setting
changes. Fingerprints, quarantine, catalog and gallery know images only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from upath import UPath

from nst_pipeline.pipeline.engine.workspace import Inbox, Workspace
from nst_pipeline.settings import RunSettings
from nst_pipeline.storage.batches import assign_batches, load_batches, save_batches
from nst_pipeline.storage.keys import photo_key

_BATCH = re.compile(r"(?:objects|scenes)-batch-(\d{5,7})")
"""No photo has such a key, because it would end with 8 hex digits."""


def _batch_name(inbox: Inbox, number: int) -> str:
    return f"{inbox}-batch-{number:05d}"


def is_batch(partition: str) -> bool:
    """Whether a partition stands for a batch of images.

    Examples
    --------
    >>> is_batch("scenes-batch-00012"), is_batch("barn-4fa81633")
    (True, False)
    """
    return _BATCH.fullmatch(partition) is not None


def images_per_partition(settings: RunSettings) -> int:
    """Return about how many images a partition stands for."""
    return settings.batch_photos if settings.partitioning == "batch" else 1


def _path(workspace: Workspace, inbox: Inbox) -> UPath:
    return workspace.root / "catalog" / f"batches_{inbox}.parquet"


def register_photos(workspace: Workspace, inbox: Inbox) -> list[str]:
    """Return the partitions of an inbox after a scan; with batches, give new photos theirs.

    The inboxes have batches of their own. Those without a photo left are no partitions.
    """
    images = workspace.index(inbox).photos
    settings = workspace.settings.run
    if settings.partitioning == "image":
        return list(images)
    photos = [key for key in images if photo_key(key) == key]
    known = load_batches(_path(workspace, inbox))
    numbers = assign_batches(known, photos, settings.batch_photos)
    if numbers != known:
        save_batches(_path(workspace, inbox), numbers)
    return [_batch_name(inbox, number) for number in sorted(set(numbers.values()))]


def partition_finder(workspace: Workspace, inbox: Inbox) -> Callable[[str], str]:
    """Return a function that finds the partition of an image; empty for an unregistered one."""
    if workspace.settings.run.partitioning == "image":
        return lambda key: key
    numbers = load_batches(_path(workspace, inbox))

    def find(key: str) -> str:
        number = numbers.get(photo_key(key))
        return "" if number is None else _batch_name(inbox, number)

    return find


def images_of(
    workspace: Workspace, inbox: Inbox, partitions: Iterable[str]
) -> dict[str, list[str]]:
    """Return the keys of the images that partitions stand for, by partition, in their order."""
    images: dict[str, list[str]] = {
        partition: [] if is_batch(partition) else [partition] for partition in partitions
    }
    if any(map(is_batch, images)):
        numbers = load_batches(_path(workspace, inbox))
        wanted = {int(found[1]): each for each in images if (found := _BATCH.fullmatch(each))}
        for key in workspace.index(inbox).photos:
            partition = wanted.get(numbers.get(photo_key(key), 0))
            if partition is not None:
                images[partition].append(key)
    return images
