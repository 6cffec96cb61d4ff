"""Find the scenes that show things which the dataset leaves unlabeled."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator

import pyarrow.compute as pc

from nst_pipeline.pipeline.engine.workspace import Workspace
from nst_pipeline.pipeline.steps.placements import FOUND, placements


def unlabeled_objects(workspace: Workspace, labels: Collection[str]) -> dict[str, set[str]]:
    """Find the scenes in which an object of the dataset's labels was found that nobody annotated.

    The finders look for what stickers must not cover: people, and what your own detector network
    knows. Of a scene with annotations nothing is known: there, the annotations count as complete.

    Parameters
    ----------
    workspace
        The collection.
    labels
        The dataset's labels.

    Returns
    -------
    dict
        Labels by the scene's key.
    """
    return {key: shown for key, found in _found(workspace) if (shown := found & set(labels))}


def _found(workspace: Workspace) -> Iterator[tuple[str, set[str]]]:
    """Yield keys of scenes, with the labels that finders gave to what they found there."""
    table = workspace.catalog.table(("asset", "key", "status", "figures"))
    own = pc.and_(
        pc.equal(table["asset"], placements.name),
        pc.match_substring(table["figures"], f'"{FOUND}"'),
    )
    for row in table.filter(own).to_pylist():
        if row["status"] != "failed":
            yield row["key"], set(json.loads(json.loads(row["figures"])[FOUND]))
