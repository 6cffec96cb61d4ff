"""How a scene stands: the rows of its assets that belong to its present composite."""

from __future__ import annotations

from nst_pipeline.pipeline.engine.node import Node, with_ancestors
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.steps.composites import composites
from nst_pipeline.pipeline.steps.harmonized import harmonized
from nst_pipeline.storage.catalog import Row

SCENE_ASSETS = tuple(
    node for node in with_ancestors([harmonized]) if node.collection == harmonized.collection
)
"""A scene's assets in the order of making."""


def present_row(snapshot: Snapshot, node: Node, key: str) -> Row | None:
    """Return a scene's row of an asset; None if there is none, or if the composite has changed.

    A setting that fails a whole asset leaves results behind that belong to the composite before.
    """
    row = snapshot.rows(node).get(key)
    composite = snapshot.rows(composites).get(key)
    if row is None or composite is None:
        return row
    made_from = {each.asset: each.digest for each in row.inputs if each.key == key}
    is_present = made_from.get(composites.name, composite.digest) == composite.digest
    return row if is_present else None
