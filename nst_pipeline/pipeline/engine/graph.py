"""The asset graph as data: what each asset is made from, and what else determines it."""

from __future__ import annotations

from dataclasses import dataclass

from nst_pipeline.pipeline.engine.workspace import Collection


@dataclass(frozen=True)
class Node:
    """An asset of the graph.

    An artifact's fingerprint covers its inputs' digests, `code_version`, the `settings` sections
    and, for networks, the digests of their weights. Raise `code_version` when the code makes
    something else from the same input.
    """

    name: str
    collection: Collection | None
    """The partition set; None: one artifact for the whole collection."""
    upstream: tuple[str, ...]
    settings: tuple[str, ...] = ()
    code_version: str = "1"
    optional: tuple[str, ...] = ()
    """Upstream assets whose empty result is no obstacle; any other makes this one empty, too."""


OBJECT_PHOTOS = Node("object_photos", "objects", (), ("ingest",), code_version="2")
DETECTIONS = Node("detections", "objects", ("object_photos",), ("detection",))
STICKERS = Node(
    "stickers", "objects", ("object_photos", "detections"), ("cutout",), code_version="3"
)
STICKER_LIBRARY = Node("sticker_library", None, ("stickers",), code_version="3")
SCENE_PHOTOS = Node("scene_photos", "scenes", (), ("ingest",), code_version="2")
PLACEMENTS = Node(
    "placements",
    "scenes",
    ("scene_photos", "sticker_library"),
    ("placement", "detection"),
    code_version="5",
    optional=("sticker_library",),
)
COMPOSITES = Node(
    "composites", "scenes", ("scene_photos", "placements"), ("placement",), code_version="3"
)
MODEL_INPUTS = Node(
    "model_inputs", "scenes", ("scene_photos", "composites"), ("recipes",), code_version="2"
)
STYLIZED_MAGENTA = Node("stylized_magenta", "scenes", ("model_inputs",), ("magenta",))
STYLIZED_VGG19 = Node(
    "stylized_vgg19", "scenes", ("scene_photos", "composites"), ("vgg19",), code_version="2"
)
HARMONIZER = Node("harmonizer", None, ("stickers",), code_version="3")
HARMONIZED = Node(
    "harmonized",
    "scenes",
    ("scene_photos", "composites", "stylized_magenta", "stylized_vgg19", "harmonizer"),
    ("harmonize", "magenta"),
    code_version="4",
    optional=("stylized_vgg19",),
)
DATASET = Node("dataset", None, ("composites", "harmonized"), code_version="2")
GALLERY = Node("gallery", None, ("composites", "harmonized"), code_version="2")

NODES: tuple[Node, ...] = (
    OBJECT_PHOTOS,
    DETECTIONS,
    STICKERS,
    STICKER_LIBRARY,
    HARMONIZER,
    SCENE_PHOTOS,
    PLACEMENTS,
    COMPOSITES,
    MODEL_INPUTS,
    STYLIZED_MAGENTA,
    STYLIZED_VGG19,
    HARMONIZED,
    DATASET,
    GALLERY,
)
"""All assets, each after those it is made from."""

BY_NAME = {node.name: node for node in NODES}
