"""Thumbnails and web-size pictures of one scene."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from upath import UPath

from nst_pipeline.errors import NstError
from nst_pipeline.publish.gallery.manifest import Entry, Shown
from nst_pipeline.publish.gallery.records import GalleryScene, Variant
from nst_pipeline.publish.thumbnails import as_rgb, shrunk, webp_bytes
from nst_pipeline.storage.files import write_atomically
from nst_pipeline.storage.store import sha256
from nst_pipeline.vision.images.png import encode_png
from nst_pipeline.vision.shapes import Picture, Rgba

OpenImage = Callable[[str], Picture]
"""From a path as the records give it to the decoded picture."""

_THUMB_SIDE = 400
"""A landscape photo at the grid's row height."""
_PREVIEW_SIDE = 1600
_SHOWN_AS_IT_IS_PX = 1_000_000
"""Up to this area pages show the artifact itself."""
_TINT = (255, 45, 120)
"""A pink that photos seldom hold."""
_TINT_ALPHA, _OUTLINE_ALPHA = 0.45, 0.95


@dataclass(frozen=True)
class Previewed:
    """A scene's entry with its pictures, and what could not be read."""

    entry: Entry
    unreadable: tuple[str, ...]


def mask_overlay(matte: Picture) -> Rgba:
    """A gray matte as a tint with an outline, to lay over the picture."""
    alpha = shrunk(matte, _PREVIEW_SIDE)
    alpha = alpha if alpha.ndim == 2 else np.ascontiguousarray(alpha[..., 0])
    inside = (alpha > 127).astype(np.uint8)
    outline = cv2.morphologyEx(inside, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    strength = np.maximum(alpha * _TINT_ALPHA, outline * 255 * _OUTLINE_ALPHA)
    overlay = np.empty((*alpha.shape, 4), np.uint8)
    overlay[..., :3], overlay[..., 3] = _TINT, np.rint(strength)
    return overlay


class _SceneFiles:
    """Writes one scene's pictures and remembers them."""

    def __init__(self, folder: UPath, scene: GalleryScene, open_image: OpenImage) -> None:
        self._folder, self._scene, self._open = folder, scene, open_image
        self.made: list[str] = []
        self.unreadable: list[str] = []

    def opened(self, path: str) -> Picture | None:
        try:
            return self._open(path)
        except (NstError, OSError) as error:
            self.unreadable.append(f"{self._scene.key}: {path}: {error}")
            return None

    def _write(self, name: str, data: bytes) -> str:
        write_atomically(self._folder / name, data)
        self.made.append(name)
        return name

    def thumb(self, picture: Picture) -> str:
        data = webp_bytes(as_rgb(shrunk(picture, _THUMB_SIDE)), side=_THUMB_SIDE)
        self._write(f"thumbs/{self._scene.key}.webp", data)
        return sha256(data)

    def shown(self, variant: Variant, picture: Picture) -> Shown:
        height, width = picture.shape[:2]
        if height * width <= _SHOWN_AS_IT_IS_PX:
            return Shown(variant.path, width, height)
        name = f"previews/{self._scene.key}.{variant.name}.webp"
        return Shown(self._write(name, webp_bytes(picture, side=_PREVIEW_SIDE)), width, height)

    def overlay(self, matte: Picture) -> str:
        # Flat areas: PNG encodes them in a third of WebP's time.
        return self._write(f"previews/{self._scene.key}.mask.png", encode_png(mask_overlay(matte)))


def make_previews(
    folder: UPath, scene: GalleryScene, entry: Entry, open_image: OpenImage
) -> Previewed:
    """Write a scene's thumbnail, previews and mask overlay.

    Pictures that cannot be read are left out and named; the entry then counts as unfinished.
    """
    files, pictures, thumb = _SceneFiles(folder, scene, open_image), {}, ""
    for variant in scene.variants:
        picture = files.opened(variant.path)
        if picture is None:
            continue
        pictures[variant.name] = files.shown(variant, picture)
        if variant is scene.shown:
            thumb = files.thumb(picture)
    matte = files.opened(scene.mask) if scene.mask else None
    mask = "" if matte is None else files.overlay(matte)
    done = "" if files.unreadable else scene.digest
    made = tuple(files.made)
    entry = replace(entry, images=done, thumb=thumb, pictures=pictures, mask=mask, made=made)
    return Previewed(entry, tuple(files.unreadable))
