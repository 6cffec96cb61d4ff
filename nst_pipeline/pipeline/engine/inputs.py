"""Find the inputs of an asset's artifacts in the catalog and in the inboxes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nst_pipeline.pipeline.engine.node import Node
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.storage.catalog import ArtifactState, Input
from nst_pipeline.storage.keys import ALL

Resolved = tuple[Input, ...] | str
"""The inputs, or why one is missing."""
Resolver = Callable[[str], Resolved]
"""Find the inputs of the artifact with a key."""
InputsOf = Callable[[Snapshot, Node], Resolver]
"""Prepare a resolver for one asset and one snapshot."""


def from_upstream(snapshot: Snapshot, node: Node) -> Resolver:
    """Use the upstream artifacts with the same key, or the single one of the whole collection.

    An artifact of the whole collection uses all good upstream artifacts.
    """
    if node.inbox is None:
        return from_collection(snapshot, node)
    return from_same_key(snapshot, node, node.upstream_with(snapshot.settings))


def from_same_key(snapshot: Snapshot, node: Node, upstream: Iterable[Node]) -> Resolver:
    """Use, from each of some assets, the artifact with the same key, or its single artifact."""
    sources = [
        (
            each.name,
            each.inbox != node.inbox,
            snapshot.states(each),
            snapshot.failures(each),
        )
        for each in upstream
    ]

    def resolve(key: str) -> Resolved:
        inputs = []
        for name, is_whole, rows, failures in sources:
            at = ALL if is_whole else key
            row = rows.get(at)
            if at in failures:
                return failures[at]
            if row is None:
                return f"{name} is not made yet"
            inputs.append(Input(name, at, row.digest))
        return tuple(inputs)

    return resolve


def from_inbox(snapshot: Snapshot, node: Node) -> Resolver:
    """Use a photo's file and the sidecars that the user put beside it."""
    assert node.inbox is not None
    inbox, workspace = node.inbox, snapshot.workspace
    photos = workspace.index(inbox).photos

    def resolve(key: str) -> Resolved:
        photo = photos.get(key)
        if photo is None:
            return f"{workspace.inbox_folder(inbox)} has no readable photo with this key"
        file = Input(inbox, photo.path, photo.digest)
        if not photo.sidecar_digest:
            return (file,)
        return file, Input(f"{inbox} sidecars", photo.path, photo.sidecar_digest)

    return resolve


def good_inputs(snapshot: Snapshot, node: Node) -> list[Input]:
    """List the good artifacts of an asset, leaving out those of deleted photos."""
    columns, keys = snapshot.columns(node), snapshot.keys(node)
    states = zip(keys, columns.status.to_pylist(), columns.digest.to_pylist(), strict=True)
    return [Input(node.name, key, digest) for key, status, digest in states if status == "ok"]


def is_good(row: ArtifactState | None) -> bool:
    """Whether an artifact exists and is neither empty nor failed."""
    return row is not None and row.status == "ok"


def from_collection(snapshot: Snapshot, node: Node) -> Resolver:
    """Use all good upstream artifacts that no failure upstream of them has made out of date."""

    def resolve(key: str) -> Resolved:
        del key
        found: list[Input] = []
        for each in node.upstream_with(snapshot.settings):
            failures = snapshot.failures(each)
            found += [good for good in good_inputs(snapshot, each) if good.key not in failures]
        return tuple(found)

    return resolve
