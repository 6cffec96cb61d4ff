"""The versions that Dagster compares to mark an asset as unsynced.

Without these tags, Dagster would compare times, and everything downstream of an asset that was
reported again would look out of date, even if the result had not changed.
"""

from collections.abc import Mapping, Sequence

from nst_pipeline.defs.dagster_internals import version_event_tags
from nst_pipeline.pipeline.engine.asset import Asset
from nst_pipeline.pipeline.engine.node import Node
from nst_pipeline.pipeline.engine.plan import settings_json
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.storage.catalog import ArtifactState, Row
from nst_pipeline.storage.keys import ALL
from nst_pipeline.storage.store import joint_digest, sha256

_SHOWN = 8
"""Hex digits that tell settings apart."""


def version_of(code_version: str, settings: str) -> str:
    """Return the version that the UI shows: that of the code, and the settings that count.

    Dagster knows no settings. As part of the version, a changed `nst.toml` marks what depends on it
    as unsynced once the definitions are loaded again.

    Parameters
    ----------
    code_version
        Version of the asset's code.
    settings
        The settings that determine the asset, as JSON; `{}` if none do.
    """
    if settings == "{}":
        return code_version
    return f"{code_version}, settings {sha256(settings.encode())[:_SHOWN]}"


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
    made_from = {each.asset for each in row.inputs}
    upstream = (n for n in asset.upstream if n not in asset.on_request or n.name in made_from)
    return version_event_tags(
        _version(asset, row.digest),
        version_of(row.code_version, row.settings),
        {node.name: _input_version(row, node) for node in upstream},
        inputs_read_at=inputs_read_at,
    )


def _joint_version(states: Mapping[str, ArtifactState | Row], keys: Sequence[str]) -> str:
    known = {key: states[key] for key in keys if key in states}
    return joint_digest({key: row.digest for key, row in known.items() if row.status != "failed"})


def batch_version_tags(
    snapshot: Snapshot,
    asset: Asset,
    states: Mapping[str, ArtifactState | Row],
    keys: Sequence[str],
    inputs_read_at: int,
) -> dict[str, str]:
    """Build the tags of the materialization of a batch: its versions and those of its inputs.

    Parameters
    ----------
    snapshot
        State of the catalog when the inputs were read.
    asset
        The asset.
    states
        States of its images after the run, by key.
    keys
        Keys of the batch's images.
    inputs_read_at
        As for `version_tags`.
    """

    def version(node: Node) -> str:
        rows = snapshot.states(node) if node.inbox in (None, asset.inbox) else {}
        of_all = rows.get(ALL)
        if node.inbox is not None:
            return _joint_version(rows, keys)
        return _version(node, "" if of_all is None else of_all.digest)

    return version_event_tags(
        _joint_version(states, keys),
        version_of(asset.code_version, settings_json(asset, snapshot.settings)),
        {node.name: version(node) for node in asset.upstream_with(snapshot.settings)},
        inputs_read_at=inputs_read_at,
    )
