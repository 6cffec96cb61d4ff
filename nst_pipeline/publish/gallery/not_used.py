"""The gallery's page of object photos with objects that no scene gets, to draw boxes on."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import PurePosixPath

from upath import UPath

from nst_pipeline.errors import NstError, StorageError
from nst_pipeline.publish.gallery.pages import css_position
from nst_pipeline.publish.templates import render
from nst_pipeline.publish.thumbnails import webp_bytes
from nst_pipeline.storage.artifact_files import GALLERY_NOT_USED
from nst_pipeline.storage.files import remove_file, write_atomically
from nst_pipeline.vision.shapes import Box, Picture

PHOTOS_ON_PAGE = 200
"""Photos shown at a time: a few megabytes, and more than a person looks at in one go."""
BOXES_HEADER = "image,x,y,width,height,label"
"""The first line of a `boxes.csv`."""
_FOLDER = "not_used"
"""Folder of the page's pictures, in the gallery's."""
_PHOTO_PX, _CUT_OUT_PX = 720, 240
"""Longest sides: a box drawn on the photo of a large camera is then off by a few of its pixels."""
_DIGEST_DIGITS = 8
_THREADS = 4


@dataclass(frozen=True)
class TriedObject:
    """An object that was found in a photo, and what became of it."""

    box: Box
    """In the photo's pixels."""
    label: str
    """What the box file should say; empty to have the object named again."""
    title: str
    """What it is shown as."""
    quality: float | None
    """Quality of its cut-out, 0..1; None if nothing was left."""
    reason: str
    """Why no scene gets it; empty if scenes may."""
    cut_out: str
    """Name of its sticker; empty if nothing was left."""


@dataclass(frozen=True)
class PhotoNotUsed:
    """An object photo of which no scene gets some or all objects."""

    key: str
    path: str
    """Relative to the inbox of objects."""
    digest: str
    """Of everything that its pictures show."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    objects: tuple[TriedObject, ...]
    is_yours: bool
    """Whether the user gave the boxes or masks."""
    reason: str = ""
    """Why it has no sticker at all; empty if it has one."""


@dataclass(frozen=True)
class NotUsedCounts:
    """How much of a collection's object photos no scene gets."""

    photos: int
    """Photos that the page is about."""
    bare_photos: int
    """Those of them without any sticker."""
    stickers: int
    """Stickers that no scene gets."""


@dataclass(frozen=True)
class _ShownObject:
    tried: TriedObject
    position: str
    """CSS position on the photo."""
    picture: str
    """Path of its cut-out, relative to the gallery's folder; empty if there is none."""


@dataclass(frozen=True)
class _ShownPhoto:
    photo: PhotoNotUsed
    picture: str
    """Path of the photo's preview; empty if the photo cannot be read."""
    objects: tuple[_ShownObject, ...]
    name: str
    """The photo's name as a cell of its box file."""
    box_file: str
    """Path of the box file, relative to the data folder."""
    rows: tuple[str, ...]
    """Rows of the box file to start from."""


ReadPicture = Callable[[str], Picture]
"""Decode the photo with a key, or the sticker with a name."""


def _csv_line(cells: Iterable[object]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()


def boxes_rows(photo: PhotoNotUsed) -> tuple[str, ...]:
    """Rows of `boxes.csv` in the photo's folder to start from: the boxes that were tried.

    They include the objects that scenes get, because boxes in a file take the place of everything
    that a finder would find. Without any, the row is a box around the whole photo.
    """
    name = PurePosixPath(photo.path).name
    whole = (Box(0, 0, photo.width, photo.height), "")
    boxes = [(each.box, each.label) for each in photo.objects] or [whole]
    return tuple(
        _csv_line((name, box.x, box.y, box.width, box.height, label)) for box, label in boxes
    )


class _Pictures:
    """Writes the page's pictures, each once, and keeps a list of them."""

    def __init__(self, folder: UPath) -> None:
        self._folder, self.names = folder, set[str]()

    def write(self, name: str, side: int, read: Callable[[], Picture]) -> str:
        """Write a picture unless it exists; return its path, or nothing if it is unreadable."""
        name = f"{name}.webp"
        if not (self._folder / _FOLDER / name).exists():
            try:
                data = webp_bytes(read(), side=side)
            except StorageError:
                raise
            except (NstError, OSError):
                # `nst verify` reports damaged files; the row can be copied without the picture.
                return ""
            write_atomically(self._folder / _FOLDER / name, data)
        self.names.add(name)
        return f"{_FOLDER}/{name}"

    def remove_others(self) -> None:
        """Remove the pictures of photos that the page no longer shows."""
        folder = self._folder / _FOLDER
        for path in list(folder.iterdir()) if folder.exists() else ():
            if path.name not in self.names:
                remove_file(path)


def _shown(
    photo: PhotoNotUsed, pictures: _Pictures, read_photo: ReadPicture, read_sticker: ReadPicture
) -> _ShownPhoto:
    digest = photo.digest[:_DIGEST_DIGITS]

    def cut_out(name: str) -> str:
        return name and pictures.write(f"{name}.{digest}", _CUT_OUT_PX, lambda: read_sticker(name))

    objects = tuple(
        _ShownObject(each, css_position(each.box, photo.width, photo.height), cut_out(each.cut_out))
        for each in photo.objects
    )
    path = PurePosixPath(photo.path)
    return _ShownPhoto(
        photo,
        pictures.write(f"{photo.key}.{digest}", _PHOTO_PX, lambda: read_photo(photo.key)),
        objects,
        _csv_line([path.name]),
        str("objects" / path.parent / "boxes.csv"),
        boxes_rows(photo),
    )


def write_not_used(
    folder: UPath,
    photos: Sequence[PhotoNotUsed],
    counts: NotUsedCounts,
    *,
    title: str,
    read_photo: ReadPicture,
    read_sticker: ReadPicture,
) -> None:
    """Write `not_used.html`, with the pictures that it lacks.

    Parameters
    ----------
    folder
        The gallery folder.
    photos
        The photos to show, at most `PHOTOS_ON_PAGE`.
    counts
        How many there are altogether.
    title
        The gallery's name.
    read_photo, read_sticker
        Called, from several threads, for pictures that have changed. A picture for which they
        raise an `NstError` or `OSError` is left out.
    """
    pictures = _Pictures(folder)
    with ThreadPoolExecutor(_THREADS) as pool:
        shown = list(
            pool.map(lambda each: _shown(each, pictures, read_photo, read_sticker), photos)
        )
    page = render(
        "gallery/not_used.html",
        title=title,
        shown=shown,
        counts=counts,
        header=BOXES_HEADER,
    )
    write_atomically(folder / GALLERY_NOT_USED, page)
    pictures.remove_others()
