"""A node of the asset graph: what an asset is made from, and what else determines it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nst_pipeline.pipeline.engine.workspace import Collection


@dataclass(frozen=True, eq=False, kw_only=True)
class Node:
    """Everything that planning needs to know about an asset.

    An artifact's fingerprint covers the digests of its inputs, `code_version`, the `settings`
    sections, and the digests of the networks and files that the settings name.

    Attributes
    ----------
    name
        The asset's name.
    collection
        The photos that the asset has one artifact for each; None: one artifact for the whole
        collection.
    upstream
        The assets that this one is made from.
    optional
        Upstream assets whose empty result does not matter. The empty result of any other makes
        this one empty, too.
    settings
        Names of the settings sections that determine the asset.
    code_version
        Raise it when the code makes something else from the same inputs.
    """

    name: str
    collection: Collection | None
    upstream: tuple[Node, ...] = ()
    optional: tuple[Node, ...] = ()
    settings: tuple[str, ...] = ()
    code_version: str = "1"


def with_ancestors(nodes: Iterable[Node]) -> Iterator[Node]:
    """Yield the nodes and all that they are made from, each once, inputs first.

    Examples
    --------
    >>> photos = Node(name="photos", collection="scenes")
    >>> sharp = Node(name="sharp", collection="scenes", upstream=(photos,))
    >>> [node.name for node in with_ancestors([sharp])]
    ['photos', 'sharp']
    """
    seen: set[Node] = set()

    def visit(node: Node) -> Iterator[Node]:
        if node not in seen:
            seen.add(node)
            for each in node.upstream:
                yield from visit(each)
            yield node

    for node in nodes:
        yield from visit(node)
