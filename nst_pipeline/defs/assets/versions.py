"""The versions that Dagster compares to mark an asset as unsynced.

Without these tags, Dagster would compare times, and everything downstream of an asset that was
reported again would look out of date, even if the result had not changed.
"""

from nst_pipeline.defs.dagster_internals import version_event_tags
from nst_pipeline.pipeline.engine.asset import Asset
from nst_pipeline.pipeline.engine.node import Node
from nst_pipeline.storage.catalog import Row
from nst_pipeline.storage.store import joint_digest


def _version(node: Node, digest: str) -> str:
    """Return an artifact's digest, because equal bytes are the same version.

    For an asset that is consumed in part, return its code version instead: no scene depends on the
    whole sticker library, so a new sticker must not mark every scene as out of date.
    """
    in_part = isinstance(node, Asset) and node.consumed_in_part
    return f"format {node.code_version}" if in_part else digest


def _input_version(row: Row, node: Node) -> str:
    digests = {each.key: each.digest for each in row.inputs if each.asset == node.name}
    digest = next(iter(digests.values())) if len(digests) == 1 else joint_digest(digests)
    return _version(node, digest)


def version_tags(asset: Asset, row: Row, inputs_read_at: int) -> dict[str, str]:
    """Build the tags of a materialization: its versions and those of its inputs.

    Parameters
    ----------
    asset
        The asset.
    row
        The catalog's row of the artifact.
    inputs_read_at
        `latest_event_id` before the catalog was read; the event of an input that changes later has
        a higher id.
    """
    return version_event_tags(
        _version(asset, row.digest),
        row.code_version,
        {node.name: _input_version(row, node) for node in asset.upstream},
        inputs_read_at=inputs_read_at,
    )
