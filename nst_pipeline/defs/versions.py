"""What Dagster is told of versions, so that it calls an asset unsynced when it is.

Without these tags Dagster compares times: whatever was reported again, equal or not, would make
all that follows look out of date.
"""

import dagster as dg

from nst_pipeline.defs.dagster_internals import latest_event_id, version_event_tags
from nst_pipeline.pipeline.engine.graph import BY_NAME, STICKER_LIBRARY, Node
from nst_pipeline.storage.catalog import Row
from nst_pipeline.storage.store import joint_digest


def last_event(instance: dg.DagsterInstance) -> int:
    """The number of the last event; what an asset is made from was reported no later.

    To be asked for before the catalog is read: an input that changes afterwards has a higher one.
    """
    return latest_event_id(instance)


def _version(name: str, digest: str) -> str:
    """The digest: equal bytes are the same version.

    Except for the library: no scene depends on all of it, only on the stickers that it is offered.
    A new sticker must not make every scene look out of date.
    """
    return f"format {BY_NAME[name].code_version}" if name == STICKER_LIBRARY.name else digest


def _input_version(row: Row, name: str) -> str:
    digests = {each.key: each.digest for each in row.inputs if each.asset == name}
    alone = next(iter(digests.values())) if len(digests) == 1 else joint_digest(digests)
    return _version(name, alone)


def version_tags(node: Node, row: Row, seen: int) -> dict[str, str]:
    """Tags of a materialization: its own versions, and those of what it was made from.

    Args:
        node: the asset.
        row: the artifact.
        seen: the last event before its inputs were read (`last_event`).
    """
    return version_event_tags(
        _version(node.name, row.digest),
        row.code_version,
        {name: _input_version(row, name) for name in node.upstream},
        inputs_read_at=seen,
    )
