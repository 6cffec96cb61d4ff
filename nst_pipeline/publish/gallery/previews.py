"""Thumbnail, previews and mask overlay of one scene."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from upath import UPath

from nst_pipeline.errors import NstError, StorageError
from nst_pipeline.publish.gallery.manifest import PageImage, SceneEntry
from nst_pipeline.publish.gallery.records import GalleryScene, Variant
from nst_pipeline.publish.thumbnails import as_rgb, thumbnail, webp_bytes
from nst_pipeline.storage.artifact_files import GALLERY_OVERLAY
from nst_pipeline.storage.files import write_atomically
from nst_pipeline.storage.store import sha256
from nst_pipeline.vision.images.dtype import to_float
from nst_pipeline.vision.images.png import encode_png
from nst_pipeline.vision.images.regions import object_mask
from nst_pipeline.vision.shapes import Picture, Rgba

OpenImage = Callable[[str], Picture]
"""Decode the image at a path given by a `GalleryScene`."""

_THUMBNAIL_PX = 400
"""Longest side; a landscape photo then fills the grid's row height."""
_PREVIEW_PX = 1600
"""Longest side."""
_UNREDUCED_PIXELS = 1_000_000
"""Pages link to the artifact itself, without a preview, up to this area."""
_TINT = (255, 45, 120)
"""A pink that is rare in photos, RGB."""
_TINT_ALPHA, _OUTLINE_ALPHA = 0.45, 0.95


@dataclass(frozen=True)
class Previews:
    """A scene's updated entry, and one message for each image that could not be read."""

    entry: SceneEntry
    unreadable: tuple[str, ...]


def mask_overlay(matte: Picture) -> Rgba:
    """Turn a matte into a tint with an outline, to lay over the image.

    Parameters
    ----------
    matte
        (height, width) or (height, width, channels) uint8; the first channel counts.

    Returns
    -------
    Rgba
        uint8, reduced to a longest side of 1600 pixels.
    """
    reduced = thumbnail(matte, _PREVIEW_PX)
    alpha = reduced if reduced.ndim == 2 else np.ascontiguousarray(reduced[..., 0])
    inside = object_mask(to_float(alpha)).astype(np.uint8)
    outline = cv2.morphologyEx(inside, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    strength = np.maximum(alpha * _TINT_ALPHA, outline * 255 * _OUTLINE_ALPHA)
    overlay = np.empty((*alpha.shape, 4), np.uint8)
    overlay[..., :3], overlay[..., 3] = _TINT, np.rint(strength)
    return overlay


class _SceneFiles:
    """Writes one scene's image files and keeps a list of them."""

    def __init__(self, folder: UPath, scene: GalleryScene, open_image: OpenImage) -> None:
        self._folder, self._scene, self._open_image = folder, scene, open_image
        self.written: list[str] = []
        self.unreadable: list[str] = []

    def read(self, path: str) -> Picture | None:
        try:
            return self._open_image(path)
        except StorageError:
            raise
        except (NstError, OSError) as error:
            self.unreadable.append(f"{self._scene.key}: {path}: {error}")
            return None

    def _write(self, name: str, data: bytes) -> str:
        write_atomically(self._folder / name, data)
        self.written.append(name)
        return name

    def write_thumbnail(self, picture: Picture) -> str:
        """Write the thumbnail and return its digest."""
        data = webp_bytes(as_rgb(thumbnail(picture, _THUMBNAIL_PX)), side=_THUMBNAIL_PX)
        self._write(f"thumbs/{self._scene.key}.webp", data)
        return sha256(data)

    def write_preview(self, variant: Variant, picture: Picture) -> PageImage:
        """Write a preview of a large image; a small one needs none."""
        height, width = picture.shape[:2]
        if height * width <= _UNREDUCED_PIXELS:
            return PageImage(variant.path, width, height)
        name = f"previews/{self._scene.key}.{variant.name}.webp"
        return PageImage(self._write(name, webp_bytes(picture, side=_PREVIEW_PX)), width, height)

    def write_overlay(self, matte: Picture) -> str:
        """Write the mask overlay and return its path."""
        # PNG encodes flat areas in a third of the time WebP takes.
        name = f"previews/{self._scene.key}{GALLERY_OVERLAY}"
        return self._write(name, encode_png(mask_overlay(matte)))


def write_previews(
    folder: UPath, scene: GalleryScene, entry: SceneEntry, open_image: OpenImage
) -> Previews:
    """Write a scene's thumbnail, previews and mask overlay.

    Parameters
    ----------
    folder
        The gallery folder.
    scene
        The scene.
    entry
        Its state so far.
    open_image
        Decodes an image. An image for which it raises an `NstError` or `OSError` is left out;
        the entry then stays incomplete, so that the next update tries again.

    Raises
    ------
    OSError
        A file cannot be written.
    """
    files = _SceneFiles(folder, scene, open_image)
    images: dict[str, PageImage] = {}
    thumbnail = ""
    for variant in scene.variants:
        picture = files.read(variant.path)
        if picture is None:
            continue
        images[variant.name] = files.write_preview(variant, picture)
        if variant is scene.main_variant:
            thumbnail = files.write_thumbnail(picture)
    matte = files.read(scene.mask) if scene.mask else None
    updated = replace(
        entry,
        images="" if files.unreadable else scene.digest,
        thumb=thumbnail,
        pictures=images,
        mask="" if matte is None else files.write_overlay(matte),
        made=tuple(files.written),
    )
    return Previews(updated, tuple(files.unreadable))
