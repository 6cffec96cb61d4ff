"""The versions reported to Dagster, by which it marks an asset as unsynced when it is.

Without these tags Dagster compares times, and everything downstream of a repeated report would
look out of date, whether the result changed or not.
"""

from nst_pipeline.defs.dagster_internals import version_event_tags
from nst_pipeline.pipeline.engine.asset import Asset
from nst_pipeline.pipeline.engine.node import Node
from nst_pipeline.storage.catalog import Row
from nst_pipeline.storage.store import joint_digest


def _version(node: Node, digest: str) -> str:
    """Return an artifact's digest, since equal bytes are the same version.

    Of an asset that is consumed in part, such as the sticker library, return its format. No scene
    depends on the whole library: a new sticker must not mark every scene as out of date.
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
        `latest_event_id` from before the catalog was read, so that an input which changes
        afterwards has a higher one.
    """
    return version_event_tags(
        _version(asset, row.digest),
        row.code_version,
        {node.name: _input_version(row, node) for node in asset.upstream},
        inputs_read_at=inputs_read_at,
    )
