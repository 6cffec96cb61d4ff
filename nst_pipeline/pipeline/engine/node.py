"""A node of the asset graph: an asset's inputs, and what else determines its artifacts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from nst_pipeline.pipeline.engine.workspace import Inbox
from nst_pipeline.settings import Settings


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
    on_request
        Upstream assets that this one is made from only if `requested` says so of the settings.
    requested
        Whether the settings request the assets in `on_request`.
    settings
        Names of the settings sections that determine the asset.
    code_version
        Version of the code. Raise it if the same inputs now give another result.
    """

    name: str
    inbox: Inbox | None
    upstream: tuple[Node, ...] = ()
    optional: tuple[Node, ...] = ()
    on_request: tuple[Node, ...] = ()
    requested: Callable[[Settings], bool] = lambda _: True
    settings: tuple[str, ...] = ()
    code_version: str = "1"

    def upstream_with(self, settings: Settings) -> tuple[Node, ...]:
        """Return the assets that this one is made from with some settings."""
        if self.requested(settings):
            return self.upstream
        return tuple(each for each in self.upstream if each not in self.on_request)


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
