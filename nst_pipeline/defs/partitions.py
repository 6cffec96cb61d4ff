"""The two partition sets: every readable photo in an inbox, or every batch of them."""

import dagster as dg

from nst_pipeline.pipeline.engine.partitioning import images_per_partition
from nst_pipeline.pipeline.engine.workspace import Inbox
from nst_pipeline.settings import RunSettings

OBJECTS = dg.DynamicPartitionsDefinition(name="objects")
SCENES = dg.DynamicPartitionsDefinition(name="scenes")

PARTITIONS: dict[Inbox, dg.DynamicPartitionsDefinition] = {
    "objects": OBJECTS,
    "scenes": SCENES,
}

_KEYS_PER_CALL = 10_000
"""SQLite refuses more than about 32,000 variables in one statement."""


def partitions_per_run(settings: RunSettings) -> int:
    """Return how many partitions a run of a backfill covers."""
    return max(1, settings.images_per_run // images_per_partition(settings))


def sync_partitions(instance: dg.DagsterInstance, inbox: Inbox, keys: list[str]) -> list[str]:
    """Make a partition set equal to the given keys.

    Parameters
    ----------
    instance : DagsterInstance
        Instance that stores the partitions.
    inbox : {"objects", "scenes"}
        The partition set.
    keys : list of str
        All keys that it is to have. New ones are added in this order; existing ones keep their
        positions.

    Returns
    -------
    list of str
        The keys that were added, in order.
    """
    name = PARTITIONS[inbox].name
    assert name is not None
    present, wanted = set(instance.get_dynamic_partitions(name)), set(keys)
    new = [key for key in keys if key not in present]
    for first in range(0, len(new), _KEYS_PER_CALL):
        instance.add_dynamic_partitions(name, new[first : first + _KEYS_PER_CALL])
    for key in present - wanted:
        instance.delete_dynamic_partition(name, key)
    return new
