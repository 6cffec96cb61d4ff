"""A node of the asset graph: an asset's inputs, and what else determines its artifacts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nst_pipeline.pipeline.engine.workspace import Inbox


@dataclass(frozen=True, eq=False, kw_only=True)
class Node:
    """The part of an asset's definition that determines its artifacts.

    An artifact's fingerprint covers the digests of its inputs, `code_version`, the `settings`
    sections, and the digests of the networks and files that the settings name.

    Attributes
    ----------
    name
        The asset's name.
    inbox
        The inbox for each of whose photos the asset has one artifact; None if it has a single one
        for the whole collection.
    upstream
        The assets that this one is made from.
    optional
        Upstream assets that may be empty. If any other is empty, so is this one.
    settings
        Names of the settings sections that determine the asset.
    code_version
        Version of the code. Raise it if the same inputs now give another result.
    """

    name: str
    inbox: Inbox | None
    upstream: tuple[Node, ...] = ()
    optional: tuple[Node, ...] = ()
    settings: tuple[str, ...] = ()
    code_version: str = "1"


def with_ancestors(nodes: Iterable[Node]) -> Iterator[Node]:
    """Yield nodes and all their ancestors, each once, upstream nodes first.

    Examples
    --------
    >>> photos = Node(name="photos", inbox="scenes")
    >>> sharp = Node(name="sharp", inbox="scenes", upstream=(photos,))
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
