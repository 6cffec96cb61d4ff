"""Compute the fingerprints of a whole asset from columns, to find what is up to date quickly.

In a large collection nearly everything is. One by one, a million images take minutes; from columns,
seconds. What is not surely up to date is then planned one by one (`plan_asset`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nst_pipeline.pipeline.engine.asset import Asset
from nst_pipeline.pipeline.engine.inputs import InputsOf, from_inbox, from_upstream
from nst_pipeline.pipeline.engine.node import Node
from nst_pipeline.pipeline.engine.plan import settings_json
from nst_pipeline.pipeline.engine.snapshot import BLOCK_KEYS, Snapshot
from nst_pipeline.storage.catalog import Input
from nst_pipeline.storage.fingerprint import inputs_text, text_fingerprinter
from nst_pipeline.storage.keys import ALL

Texts = Callable[[Snapshot, Node], Iterator[pa.Array]]
"""Yield what fingerprints hash of the inputs (`inputs_text`), in blocks of the asset's keys, in
their order; null where the inputs must be found one by one."""


def same_key_texts(snapshot: Snapshot, node: Node) -> Iterator[pa.Array]:
    """Describe the inputs that `from_same_key` finds."""
    sources = sorted(node.upstream_with(snapshot.settings), key=lambda each: each.name)
    parts: list[pa.Array | pa.Scalar] = []
    keys = snapshot.key_column(node)
    for each in sources:
        if each.inbox == node.inbox:
            parts += [pa.scalar(f"\0{each.name}\0"), keys, pa.scalar("\0")]
            parts.append(snapshot.columns(each).usable)
        else:
            parts.append(_whole_text(snapshot, each))
    for first in range(0, len(keys), BLOCK_KEYS):
        block = [
            part.slice(first, BLOCK_KEYS) if isinstance(part, pa.Array) else part for part in parts
        ]
        yield pc.binary_join_element_wise(*block, pa.scalar(""))


def _whole_text(snapshot: Snapshot, node: Node) -> pa.Scalar:
    """Describe the single artifact of an asset as an input; null if it is missing or failed."""
    state = snapshot.states(node).get(ALL)
    if state is None or ALL in snapshot.failures(node):
        return pa.scalar(None, pa.string())
    return pa.scalar(inputs_text([Input(node.name, ALL, state.digest)]))


def inbox_texts(snapshot: Snapshot, node: Node) -> Iterator[pa.Array]:
    """Describe the inputs that `from_inbox` finds."""
    resolve, keys = from_inbox(snapshot, node), iter(snapshot.keys(node))
    while block := list(islice(keys, BLOCK_KEYS)):
        inputs = map(resolve, block)
        yield pa.array([None if isinstance(each, str) else inputs_text(each) for each in inputs])


_TEXTS: dict[InputsOf, Texts] = {from_upstream: same_key_texts, from_inbox: inbox_texts}


def may_be_due(snapshot: Snapshot, asset: Asset) -> list[str]:
    """Return the keys of an asset that are not surely up to date, in their order.

    Whether files exist is not checked.
    """
    keys, texts = snapshot.keys(asset), asset.texts or _TEXTS.get(asset.inputs)
    if asset.inbox is None or texts is None:
        return keys
    settings, models = settings_json(asset, snapshot.settings), asset.models(snapshot.settings)
    fingerprint = text_fingerprinter(asset.name, asset.code_version, settings, models)
    made, due, first = snapshot.fingerprints(asset), list[str](), 0
    for block in texts(snapshot, asset):
        texts_now = block.to_pylist()
        now = pa.array([text and fingerprint((text,)) for text in texts_now], pa.string())
        same = pc.fill_null(pc.equal(now, made.slice(first, len(now))), False)
        changed = np.flatnonzero(~same.to_numpy(zero_copy_only=False)) + first
        due += [keys[at] for at in changed]
        first += len(now)
    return due
