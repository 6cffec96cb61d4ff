"""The two partition sets: every readable photo in an inbox is a partition."""

import dagster as dg

from nst_pipeline.pipeline.engine.workspace import Collection

OBJECTS = dg.DynamicPartitionsDefinition(name="objects")
SCENES = dg.DynamicPartitionsDefinition(name="scenes")

PARTITIONS: dict[Collection, dg.DynamicPartitionsDefinition] = {
    "objects": OBJECTS,
    "scenes": SCENES,
}

_KEYS_PER_CALL = 10_000
"""SQLite refuses more than about 32,000 variables in one statement."""


def register(instance: dg.DagsterInstance, collection: Collection, keys: list[str]) -> list[str]:
    """Make the partition set equal to `keys`; returns those that are new, in their order."""
    name = PARTITIONS[collection].name
    assert name is not None
    known, wanted = set(instance.get_dynamic_partitions(name)), set(keys)
    new = [key for key in keys if key not in known]
    for first in range(0, len(new), _KEYS_PER_CALL):
        instance.add_dynamic_partitions(name, new[first : first + _KEYS_PER_CALL])
    for key in known - wanted:
        instance.delete_dynamic_partition(name, key)
    return new
