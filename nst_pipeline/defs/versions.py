"""The versions reported to Dagster, by which it marks an asset as unsynced when it is.

Without these tags Dagster compares times, and everything downstream of a repeated report would
look out of date, whether the result changed or not.
"""

from nst_pipeline.defs.dagster_internals import version_event_tags
from nst_pipeline.pipeline.engine.graph import BY_NAME, STICKER_LIBRARY, Node
from nst_pipeline.storage.catalog import Row
from nst_pipeline.storage.store import joint_digest


def _version(name: str, digest: str) -> str:
    """The digest, so that equal bytes are the same version.

    The library is an exception: no scene depends on all of it, only on the stickers offered to it.
    A new sticker must not mark every scene as out of date.
    """
    return f"format {BY_NAME[name].code_version}" if name == STICKER_LIBRARY.name else digest


def _input_version(row: Row, name: str) -> str:
    digests = {each.key: each.digest for each in row.inputs if each.asset == name}
    digest = next(iter(digests.values())) if len(digests) == 1 else joint_digest(digests)
    return _version(name, digest)


def version_tags(node: Node, row: Row, inputs_read_at: int) -> dict[str, str]:
    """Build the tags of a materialization: its versions and those of its inputs.

    Parameters
    ----------
    node : Node
        The asset.
    row : Row
        The catalog's row of the artifact.
    inputs_read_at : int
        `latest_event_id` from before the catalog was read, so that an input which changes
        afterwards has a higher one.

    Returns
    -------
    dict of str to str
    """
    return version_event_tags(
        _version(node.name, row.digest),
        row.code_version,
        {name: _input_version(row, name) for name in node.upstream},
        inputs_read_at=inputs_read_at,
    )
