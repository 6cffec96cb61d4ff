"""One artifact in the making, with the means to read what it is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.pipeline.engine.snapshot import View
from nst_pipeline.pipeline.engine.task import Task
from nst_pipeline.pipeline.engine.workspace import Collection
from nst_pipeline.settings import Settings
from nst_pipeline.storage.catalog import Input
from nst_pipeline.storage.sidecars.files import sidecar_detections, sidecar_placements
from nst_pipeline.storage.sidecars.placements import parse_placements
from nst_pipeline.storage.store import Content
from nst_pipeline.vision.images.codecs import decode_alpha
from nst_pipeline.vision.images.dtype import to_float
from nst_pipeline.vision.images.regions import object_box, object_mask
from nst_pipeline.vision.shapes import Detection, Matte, Placement, Rgb

_CUT_OUT_LABEL = "object"
"""What somebody else cut out: nothing says what it is."""


@dataclass(frozen=True)
class Made:
    """What an asset's function returns: files (what follows the key in their names) and figures."""

    files: Mapping[str, Content] = field(default_factory=dict)
    figures: Mapping[str, float | str] = field(default_factory=dict)
    empty: str = ""
    """Why there is nothing in it; such a result is no error."""
    used: tuple[Input, ...] = ()
    """Inputs beyond those known beforehand, such as the stickers that a composite shows."""


@dataclass(frozen=True)
class Item:
    """An artifact to be made."""

    task: Task
    view: View

    @property
    def key(self) -> str:
        """The partition key."""
        return self.task.key

    @property
    def settings(self) -> Settings:
        """The settings of this run."""
        return self.view.settings

    def picture(self, asset: str, name: str = ".png", key: str | None = None) -> NDArray[np.uint8]:
        """An 8-bit picture of an upstream artifact, by default that of the same key."""
        return self.view.workspace.store.picture(asset, key or self.key, name)

    def record(self, asset: str, name: str = ".json", *, key: str | None = None) -> Any:
        """A JSON record of an upstream artifact."""
        return self.view.workspace.store.record(asset, key or self.key, name)

    def input(self, asset: str, key: str | None = None) -> Input:
        """An upstream artifact as an input: its digest as it stands in the catalog."""
        at = key or self.key
        return Input(asset, at, self.view.standing(asset)[at].digest)

    def is_empty(self, asset: str) -> bool:
        """Whether the upstream artifact of the same key is an empty result."""
        return self.view.standing(asset)[self.key].status == "empty"

    def matte(self) -> Matte:
        """The composite's matte, 0..1."""
        return to_float(self.picture("composites", ".mask.png"))

    def photo(self, collection: Collection) -> Rgb:
        """This key's photo, decoded from the inbox."""
        return self.view.workspace.photo(collection, self.key)

    def given_detections(self, collection: Collection) -> list[Detection]:
        """The user's own objects: boxes and masks beside the photo, or its own transparency."""
        return self.annotated(collection) or self._own_transparency(collection)

    def annotated(self, collection: Collection, *, crowds: bool = False) -> list[Detection]:
        """What the user's boxes, masks and COCO beside the photo say of it."""
        workspace = self.view.workspace
        height, width = self.photo(collection).shape[:2]
        path = workspace.photo_file(collection, self.key).path
        return sidecar_detections(workspace.inbox(collection), path, width, height, crowds=crowds)

    def _own_transparency(self, collection: Collection) -> list[Detection]:
        limit = self.settings.ingest.max_megapixels
        data = self.view.workspace.photo_bytes(collection, self.key)
        alpha = decode_alpha(data, max_megapixels=limit)
        if alpha is None or not alpha.any():
            return []
        return [Detection(object_box(alpha), _CUT_OUT_LABEL, 1.0, "alpha", object_mask(alpha))]

    def sidecar_placements(self) -> list[Placement] | None:
        """The user's own placements on this key's scene; None if there is no such sidecar."""
        workspace = self.view.workspace
        path = workspace.photo_file("scenes", self.key).path
        text = sidecar_placements(workspace.inbox("scenes"), path)
        return None if text is None else parse_placements(text, source=f"placements of {path}")
