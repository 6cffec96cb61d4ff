"""Marks objects in object photos: the cut-out network proposes, the user corrects."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from threading import RLock
from typing import Any

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from upath import UPath

from nst_pipeline.errors import NstError, UnreadableImageError
from nst_pipeline.pipeline.engine.workspace import Workspace, open_workspace
from nst_pipeline.pipeline.steps.detections import detections
from nst_pipeline.pipeline.steps.stickers import stickers
from nst_pipeline.publish.thumbnails import webp_bytes
from nst_pipeline.storage.records import Detections
from nst_pipeline.storage.sidecars.files import sidecar_detections
from nst_pipeline.storage.sidecars.marked import MarkedObject, write_marked
from nst_pipeline.storage.sidecars.objects import DEFAULT_LABEL, parse_height, parse_label
from nst_pipeline.style.cutout_network import load_cutout_network
from nst_pipeline.vision.cutout import cut_out
from nst_pipeline.vision.cutout.masks import bounding_box
from nst_pipeline.vision.images.header import read_header
from nst_pipeline.vision.images.png import decode_png, encode_png, png_size
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.shapes import Box, Detection, Mask, Rgb

SIDE = 1600
"""Longest side of the picture that is marked, pixels. Cut-outs are found at less."""
_PNG_PREFIX = "data:image/png;base64,"
_MOST_MASK_CHARACTERS = 20_000_000


class MarkedByUser(BaseModel):
    """An object as the page sends it, in the pixels of the picture that it shows."""

    model_config = ConfigDict(extra="forbid", strict=True)

    label: str = ""
    height_m: float | None = None
    box: tuple[int, int, int, int] | None = None
    """x, y, width, height, if there is no mask."""
    mask: str | None = Field(default=None, max_length=_MOST_MASK_CHARACTERS)
    """A data URI of a PNG: the object is opaque."""


class Prompt(BaseModel):
    """Where the user points: a box, or else a point, in the picture's pixels."""

    model_config = ConfigDict(extra="forbid", strict=True)

    box: tuple[int, int, int, int] | None = None
    point: tuple[int, int] | None = None


def _as_uri(mask: Mask) -> str:
    """Encode a mask as a picture that is white and opaque where the object is."""
    picture = np.repeat((mask * np.uint8(255))[..., None], 4, axis=2)
    return _PNG_PREFIX + base64.b64encode(encode_png(picture)).decode()


def _from_uri(text: str, shape: tuple[int, ...]) -> Mask:
    """Decode a mask of the page.

    Raises
    ------
    NstError
        It is no picture of this size.
    """
    try:
        data = base64.b64decode(text.removeprefix(_PNG_PREFIX), validate=True)
        is_this_size = png_size(data)[::-1] == shape
        picture = decode_png(data) if is_this_size else None
    except (ValueError, UnreadableImageError) as error:
        raise NstError(f"the mask is no PNG ({error}): load the page again") from error
    if picture is None or picture.ndim != 3 or picture.shape[2] != 4:
        raise NstError("the mask is of another picture: load the page again")
    return picture[..., 3] > 127


@dataclass(frozen=True)
class _Shown:
    """The picture of a photo that is marked."""

    picture: Rgb
    scale: float
    """The picture's width divided by the photo's."""

    def box(self, box: Box) -> Box:
        """Return a box of the photo in the picture's pixels."""
        x, y, right, bottom = (
            round(value * self.scale) for value in (box.x, box.y, box.right, box.bottom)
        )
        return Box(x, y, max(1, right - x), max(1, bottom - y))

    def mask(self, mask: Mask) -> Mask:
        """Return a mask of the photo in the picture's pixels."""
        height, width = self.picture.shape[:2]
        levels = mask.astype(np.uint8) * 255
        return cv2.resize(levels, (width, height), interpolation=cv2.INTER_AREA) > 127


class Marker:
    """The object photos of a collection, and the objects that the user marks in them.

    Parameters
    ----------
    root
        The data root.
    """

    def __init__(self, root: UPath) -> None:
        self._root, self._lock = root, RLock()

    def _workspace(self) -> Workspace:
        return open_workspace(self._root)

    def photos(self) -> list[dict[str, Any]]:
        """List the object photos: those without a sticker first."""
        workspace = self._workspace()
        states = workspace.catalog.states(stickers.name)
        found = workspace.catalog.states(detections.name)
        listed = []
        for key, photo in workspace.index("objects").photos.items():
            state = states.get(key) or found.get(key)
            made = state is not None and state.status == "ok"
            why = "" if made else state.error if state is not None else "not made yet: run nst run"
            yours = bool(photo.sidecar_digest)
            listed.append({"key": key, "path": photo.path, "why": why, "yours": yours})
        return sorted(listed, key=lambda each: (not each["why"], each["yours"], each["path"]))

    def _shown(self, workspace: Workspace, key: str) -> _Shown:
        photo = workspace.photo("objects", key)
        picture = shrink_to_fit(photo, SIDE)
        return _Shown(picture, picture.shape[1] / photo.shape[1])

    def picture(self, key: str) -> bytes:
        """Encode the picture that is marked, WebP.

        Raises
        ------
        NstError
            There is no such photo, or it cannot be decoded.
        """
        return webp_bytes(self._shown(self._workspace(), key).picture, side=SIDE, quality=88)

    def photo(self, key: str) -> dict[str, Any]:
        """Describe a photo: its size as shown, the user's objects, and what was found in it.

        Raises
        ------
        NstError
            There is no such photo, or a sidecar cannot be used.
        """
        workspace = self._workspace()
        shown, file = self._shown(workspace, key), workspace.photo_file("objects", key)
        height, width = shown.picture.shape[:2]
        own = self._own_objects(workspace, key)
        return {
            "key": key,
            "path": file.path,
            "width": width,
            "height": height,
            "objects": [self._described(each, shown) for each in own],
            "found": [] if own else self._found(workspace, key, shown),
        }

    def _own_objects(self, workspace: Workspace, key: str) -> list[Detection]:
        file, photo = workspace.photo_file("objects", key), workspace.photo("objects", key)
        header = read_header(workspace.photo_bytes("objects", key))
        return sidecar_detections(
            workspace.inbox_folder("objects"),
            file.path,
            file.parts,
            photo.shape[1],
            photo.shape[0],
            orientation=header.orientation,
        )

    def _described(self, own: Detection, shown: _Shown) -> dict[str, Any]:
        box = shown.box(own.box)
        return {
            "label": "" if own.label == DEFAULT_LABEL else own.label,
            "height_m": own.height_m,
            "box": [box.x, box.y, box.width, box.height],
            "mask": None if own.mask is None else _as_uri(shown.mask(own.mask)),
        }

    def _found(self, workspace: Workspace, key: str, shown: _Shown) -> list[dict[str, Any]]:
        """List the boxes of what the finders found."""
        state = workspace.catalog.states(detections.name, [key]).get(key)
        if state is None or state.status != "ok":
            return []
        record = workspace.store.record(Detections, detections.name, key)
        return [self._described(each.detection(), shown) | {"mask": None} for each in record]

    def segment(self, key: str, prompt: Prompt) -> dict[str, Any]:
        """Find the outline of the object in a box, or of the main object at a point.

        Raises
        ------
        NstError
            There is no such photo, or nothing is found there.
        """
        workspace = self._workspace()
        picture = self._shown(workspace, key).picture
        settings = workspace.settings.cutout.model_copy(update={"matting": False})
        network = load_cutout_network(settings.network)
        if prompt.box is None:
            box = self._box_at(network(picture, None).probability > 0.5, prompt.point)
        else:
            box = Box(*prompt.box).clipped(picture.shape[1], picture.shape[0])
        marked = Detection(box, DEFAULT_LABEL, 1.0, "sidecar", None)
        found = cut_out(picture, marked, settings, network=network)
        mask = found.matte > 0.5
        if not mask.any():
            raise NstError("nothing is found there: draw a box close around the object")
        return {"mask": _as_uri(mask), "quality": round(found.quality, 3)}

    def _box_at(self, mask: Mask, point: tuple[int, int] | None) -> Box:
        """Return the box of the part of a mask that a point lies in."""
        height, width = mask.shape
        if point is None or not (0 <= point[0] < width and 0 <= point[1] < height):
            raise NstError("there is neither a box nor a point in the picture: draw a box")
        _, parts = cv2.connectedComponents(mask.astype(np.uint8))
        part = parts[point[1], point[0]]
        if not part:
            raise NstError("no object stands out there: draw a box around it")
        return bounding_box(parts == part)

    def save(self, key: str, objects: list[MarkedByUser]) -> dict[str, Any]:
        """Write the objects of a photo to its sidecar; without any, remove it.

        Raises
        ------
        NstError
            There is no such photo, or an object has no pixel.
        """
        with self._lock:
            workspace = self._workspace()
            file, picture = (
                workspace.photo_file("objects", key),
                self._shown(workspace, key).picture,
            )
            marked = [self._marked(each, picture) for each in objects]
            height, width = picture.shape[:2]
            inbox = workspace.inbox_folder("objects")
            path = write_marked(inbox, file.path, width, height, marked)
            workspace.reexamine("objects", key)
            return {"file": str(path) if marked else "", "objects": len(marked)}

    def _marked(self, given: MarkedByUser, picture: Rgb) -> MarkedObject:
        where = "the object"
        label, height_m = parse_label(given.label, where), parse_height(given.height_m, where)
        label = "" if label == DEFAULT_LABEL else label
        if given.mask is None:
            if given.box is None:
                raise NstError("an object has neither a box nor a mask: mark it again")
            return MarkedObject(Box(*given.box), label, None, height_m)
        mask = _from_uri(given.mask, picture.shape[:2])
        if not mask.any():
            raise NstError(f"nothing is left of {label or 'an object'}: remove it, or mark it anew")
        return MarkedObject(bounding_box(mask), label, mask, height_m)
