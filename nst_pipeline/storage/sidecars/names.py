"""Names of sidecars: the files that a user puts beside photos.

| file | content |
|---|---|
| `<stem>.mask.png` | the object in white, at the photo's size |
| `<stem>.coco.json`, or `annotations.json` in the photo's folder or one above | COCO |
| `<stem>.boxes.csv`, or `boxes.csv` there | image,x,y,width,height[,label] |
| `<stem>.placements.json` | the boxes of stickers on a scene |

Upper and lower case do not matter, as in the suffixes of photos. Photos are plain strings here,
relative to the inbox: a scan calls these functions for each of 100,000 photos.
"""

from __future__ import annotations

import unicodedata

MASK_SUFFIX = ".mask.png"
COCO_SUFFIX = ".coco.json"
BOXES_SUFFIX = ".boxes.csv"
PLACEMENTS_SUFFIX = ".placements.json"
OWN_SUFFIXES = (MASK_SUFFIX, PLACEMENTS_SUFFIX, COCO_SUFFIX, BOXES_SUFFIX)
SHARED_COCO = "annotations.json"
SHARED_BOXES = "boxes.csv"
SHARED = (SHARED_COCO, SHARED_BOXES)
"""Names of files for many photos."""


def is_sidecar(path: str) -> bool:
    """Whether a file's name makes it a sidecar of some photo.

    Examples
    --------
    >>> is_sidecar("pets/cat.mask.png"), is_sidecar("pets/CAT.MASK.PNG"), is_sidecar("pets/cat.jpg")
    (True, True, False)
    """
    lower = path.lower()
    return lower.endswith(OWN_SUFFIXES) or lower.rpartition("/")[2] in SHARED


def is_shared(path: str) -> bool:
    """Whether a sidecar is one for many photos."""
    return path.lower().rpartition("/")[2] in SHARED


def is_coco(path: str) -> bool:
    """Whether a sidecar contains COCO annotations."""
    return path.lower().endswith((COCO_SUFFIX, f"/{SHARED_COCO}")) or path.lower() == SHARED_COCO


def is_boxes(path: str) -> bool:
    """Whether a sidecar is a CSV file of boxes."""
    return path.lower().endswith((BOXES_SUFFIX, f"/{SHARED_BOXES}")) or path.lower() == SHARED_BOXES


def folder_of(path: str) -> str:
    """Return a path's folder, with its slash; empty for the inbox itself."""
    return path[: path.rfind("/") + 1]


def stem_of(photo: str) -> str:
    """Return a photo's path without the suffix."""
    return photo.rpartition(".")[0]


def folders_above(photo: str) -> list[str]:
    """Return a photo's folder and those above it, each with its slash, the nearest first.

    Examples
    --------
    >>> folders_above("pets/small/cat.jpg")
    ['pets/small/', 'pets/', '']
    """
    folders = [folder_of(photo)]
    while folders[-1]:
        folders.append(folder_of(folders[-1][:-1]))
    return folders


def sidecar_paths(photo: str) -> tuple[str, ...]:
    """Paths of all files that may describe a photo, whether they exist or not."""
    own = (stem_of(photo) + suffix for suffix in OWN_SUFFIXES)
    shared = (folder + name for folder in folders_above(photo) for name in SHARED)
    return (*own, *shared)


def normalized_path(path: str) -> str:
    """Normalize a path: systems differ in slashes, Unicode composition, and byte order marks."""
    if "\\" in path or path.startswith("./"):
        path = path.replace("\\", "/").removeprefix("./")
    return path if path.isascii() else unicodedata.normalize("NFC", path.replace("\ufeff", ""))


def normalized_name(path: str) -> str:
    """Return a path's file name, normalized as by `normalized_path`."""
    return normalized_path(path).rstrip("/").rpartition("/")[2]


def folded(path: str) -> str:
    """Return a normalized path in lower case, to compare names in whatever case."""
    return normalized_path(path).lower()
