"""How the inputs of an asset's artifacts are found in the catalog and the inboxes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nst_pipeline.pipeline.engine.node import Node
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.storage.catalog import ArtifactState, Input
from nst_pipeline.storage.keys import ALL

Resolved = tuple[Input, ...] | str
"""The inputs, or the reason why some of them are missing."""
Resolver = Callable[[str], Resolved]
"""Finds the inputs of the artifact of a key."""
InputsOf = Callable[[Snapshot, Node], Resolver]
"""Prepares the search for an asset's inputs in a snapshot."""


def from_upstream(snapshot: Snapshot, node: Node) -> Resolver:
    """Take the upstream artifacts of the same key, or of the whole collection.

    The artifact of a whole collection takes all upstream artifacts that are good.
    """
    if node.collection is None:
        return from_collection(snapshot, node)
    return from_same_key(snapshot, node, node.upstream)


def from_same_key(snapshot: Snapshot, node: Node, upstream: Iterable[Node]) -> Resolver:
    """Take the artifacts of some upstream assets: of the same key, or of the whole collection."""
    sources = [
        (
            each.name,
            each.collection != node.collection,
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
    """Take a photo's file, and what the user laid beside it."""
    assert node.collection is not None
    collection, workspace = node.collection, snapshot.workspace
    photos = workspace.index(collection).photos

    def resolve(key: str) -> Resolved:
        photo = photos.get(key)
        if photo is None:
            return f"no readable photo of this key is in {workspace.inbox(collection)}"
        file = Input(collection, photo.path, photo.digest)
        if not photo.sidecar_digest:
            return (file,)
        return file, Input(f"{collection} sidecars", photo.path, photo.sidecar_digest)

    return resolve


def good_inputs(snapshot: Snapshot, node: Node) -> list[Input]:
    """List the artifacts of an asset that are not empty or failed, of photos in the inbox."""
    rows, present = snapshot.states(node), snapshot.keys(node)
    return [Input(node.name, key, rows[key].digest) for key in present if is_good(rows.get(key))]


def is_good(row: ArtifactState | None) -> bool:
    """Whether an artifact exists and is neither empty nor failed."""
    return row is not None and row.status == "ok"


def from_collection(snapshot: Snapshot, node: Node) -> Resolver:
    """Take all good artifacts of the upstream assets that nothing failed before."""

    def resolve(key: str) -> Resolved:
        del key
        return tuple(
            found
            for each in node.upstream
            for found in good_inputs(snapshot, each)
            if found.key not in snapshot.failures(each)
        )

    return resolve
