"""The four phases that a collection goes through, each a job."""

import dagster as dg

from nst_pipeline.pipeline.engine.graph import NODES, Node

_LIBRARY = ("sticker_library", "harmonizer")
_PUBLISHED = ("dataset", "gallery")


def _selected(*names: str) -> dg.AssetSelection:
    return dg.AssetSelection.assets(*names)


def _of(collection: str) -> tuple[Node, ...]:
    return tuple(node for node in NODES if node.collection == collection)


PHASES: dict[str, tuple[Node, ...]] = {
    "objects": _of("objects"),
    "library": tuple(node for node in NODES if node.name in _LIBRARY),
    "scenes": _of("scenes"),
    "publish": tuple(node for node in NODES if node.name in _PUBLISHED),
}
"""Job name to its assets; a phase needs those before it."""

_DESCRIPTIONS = {
    "objects": "Finds the objects in the photos of `objects/` and cuts them out as stickers.",
    "library": "Indexes the stickers and calibrates the color model on them.",
    "scenes": "Places stickers on the photos of `scenes/`, stylizes and harmonizes them.",
    "publish": "Writes the gallery to look at, and the labeled dataset.",
}

JOBS = {
    name: dg.define_asset_job(
        f"{name}_job",
        selection=_selected(*(node.name for node in nodes)),
        description=_DESCRIPTIONS[name],
        executor_def=dg.in_process_executor,
    )
    for name, nodes in PHASES.items()
}
