"""Names of sidecars: the files that a user puts beside photos.

| file | content |
|---|---|
| `<stem>.mask.png` | the object in white, at the photo's size |
| `<stem>.coco.json`, or `annotations.json` in the photo's folder or the inbox | COCO |
| `<stem>.boxes.csv`, or `boxes.csv` in the photo's folder | image,x,y,width,height[,label] |
| `<stem>.placements.json` | the boxes of stickers on a scene |

Photos are plain strings here, relative to the inbox: a scan calls these functions for each of
100,000 photos.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

MASK_SUFFIX = ".mask.png"
COCO_SUFFIX = ".coco.json"
BOXES_SUFFIX = ".boxes.csv"
PLACEMENTS_SUFFIX = ".placements.json"
_SUFFIXES = (MASK_SUFFIX, COCO_SUFFIX, BOXES_SUFFIX, PLACEMENTS_SUFFIX)
SHARED_COCO = "annotations.json"
SHARED_BOXES = "boxes.csv"
SHARED = (SHARED_COCO, SHARED_BOXES)
"""Names of files for many photos."""


def is_sidecar(path: str) -> bool:
    """Whether a file's name makes it a sidecar of some photo.

    Examples
    --------
    >>> is_sidecar("pets/cat.mask.png"), is_sidecar("pets/cat.jpg")
    (True, False)
    """
    return path.endswith(_SUFFIXES) or path.rpartition("/")[2] in SHARED


def _folder_and_stem(photo: str) -> tuple[str, str]:
    """The photo's folder (with its slash, or empty) and its path without the suffix."""
    return photo[: photo.rfind("/") + 1], photo.rpartition(".")[0]


def own_path(photo: str, suffix: str) -> str:
    """Path of the sidecar that belongs to a single photo."""
    return _folder_and_stem(photo)[1] + suffix


def coco_paths(photo: str) -> tuple[str, ...]:
    """Paths of the COCO files that may describe a photo, in order of precedence."""
    folder, stem = _folder_and_stem(photo)
    shared = (folder + SHARED_COCO, SHARED_COCO) if folder else (SHARED_COCO,)
    return stem + COCO_SUFFIX, *shared


def boxes_paths(photo: str) -> tuple[str, ...]:
    """Paths of the boxes files that may describe a photo, in order of precedence."""
    folder, stem = _folder_and_stem(photo)
    return stem + BOXES_SUFFIX, folder + SHARED_BOXES


def sidecar_paths(photo: str) -> tuple[str, ...]:
    """Paths of all files that may describe a photo, whether they exist or not."""
    own = own_path(photo, MASK_SUFFIX), own_path(photo, PLACEMENTS_SUFFIX)
    return (*own, *coco_paths(photo), *boxes_paths(photo))


def sidecar_files(photo: str, present: Collection[str]) -> list[str]:
    """Select the files that may describe a photo from the existing sidecars.

    Parameters
    ----------
    photo
        Path relative to the inbox.
    present
        Paths of the sidecars in the inbox.
    """
    return [path for path in sidecar_paths(photo) if path in present] if present else []


def normalized_path(path: str) -> str:
    """Normalize a path, because systems differ in slashes and in Unicode composition."""
    return unicodedata.normalize("NFC", path.replace("\\", "/").removeprefix("./"))


def normalized_name(path: str) -> str:
    """Return a path's file name, normalized as by `normalized_path`."""
    return normalized_path(path).rstrip("/").rpartition("/")[2]
