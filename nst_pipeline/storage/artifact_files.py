"""Names of an artifact's files, and the format of its pictures.

An artifact of one photo is stored as `<key><name>`: the picture of `barn-1a2b3c4d` is
`barn-1a2b3c4d.png`, its mask `barn-1a2b3c4d.mask.png`. An artifact of the whole collection (key
`ALL`) is stored as `<name>` alone. Every such name is spelled here and nowhere else. To keep
pictures in another format, change `PICTURE_FORMAT`, and raise the code version of the assets that
write pictures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from nst_pipeline.storage.keys import ALL
from nst_pipeline.vision.images.png import decode_png, encode_png
from nst_pipeline.vision.shapes import Picture


@dataclass(frozen=True)
class PictureFormat:
    """A lossless format for the pictures that assets hand to each other.

    Both functions take or return gray (H, W), RGB or RGBA (H, W, C) arrays of uint8.
    """

    suffix: str
    encode: Callable[[Picture], bytes]
    decode: Callable[[bytes], Picture]


PNG = PictureFormat(".png", encode_png, decode_png)
PICTURE_FORMAT = PNG
"""The format of new pictures."""

PICTURE = PICTURE_FORMAT.suffix
"""The main picture of an artifact, RGB."""
MASK = f".mask{PICTURE}"
"""A composite's matte, gray: 255 where the object covers the scene."""
SHADOW = f".shadow{PICTURE}"
"""A composite's cast shadow, gray."""
LOSS_CURVE = f".loss{PICTURE}"
"""The plot of a VGG optimization's losses."""
RECORD = ".json"
"""The JSON record of an artifact."""

HARMONIZER = "harmonizer.npz"
LIBRARY_TABLE = "library.parquet"
CONTACT_SHEET = f"contact_sheet{PICTURE}"
COCO = "coco.json"
ANNOTATIONS_TABLE = "annotations.parquet"
GALLERY_PAGE = "index.html"
GALLERY_NOT_USED = "not_used.html"
GALLERY_MANIFEST = "manifest.json"
GALLERY_OVERLAY = ".mask.png"
"""The mask overlay of a scene in the gallery, RGBA: always PNG, because browsers show it."""

_STICKER_SUFFIX = PNG.suffix
"""Stickers stay PNG whatever `PICTURE_FORMAT` is: a text chunk holds their provenance."""


def decode_picture(name: str, data: bytes) -> Picture:
    """Decode a picture in the format that its name's suffix gives.

    Raises
    ------
    UnreadableImageError
        The file is damaged.
    """
    return (PNG if name.endswith(PNG.suffix) else PICTURE_FORMAT).decode(data)


def sticker(number: int | str) -> str:
    """Name of a photo's sticker `number`, counted from 0."""
    return f".{number}{_STICKER_SUFFIX}"


def layer(number: int) -> str:
    """Name of a composite's unblended layer `number` (RGBA), counted from 0."""
    return f".layer{number}{PICTURE}"


def model_input(recipe: str, part: Literal["content", "style"]) -> str:
    """Name of a recipe's content or style picture."""
    return f".{recipe}.{part}{PICTURE}"


def stylized(recipe: str, *, by_itself: bool = False) -> str:
    """Name of a recipe's stylized picture.

    Parameters
    ----------
    recipe
        `left` or `right`.
    by_itself
        The control picture: the content stylized by its own style.
    """
    return f".{recipe}{'.self' if by_itself else ''}{PICTURE}"


def is_picture(name: str) -> bool:
    """Whether a file holds a picture (or a sticker)."""
    return name.endswith((PICTURE, _STICKER_SUFFIX))


def without_picture_suffix(name: str) -> str:
    """Strip the format from a picture's name: `.mask.png` becomes `.mask`."""
    return name.removesuffix(PICTURE).removesuffix(_STICKER_SUFFIX)


def file_name(key: str, name: str) -> str:
    """Name of an artifact's file in its asset's folder.

    Parameters
    ----------
    key
        The partition key, or `ALL`.
    name
        One of this module's names.

    Examples
    --------
    >>> file_name("barn-1a2b3c4d", MASK)
    'barn-1a2b3c4d.mask.png'
    >>> file_name(ALL, LIBRARY_TABLE)
    'library.parquet'
    """
    return name if key == ALL else f"{key}{name}"
