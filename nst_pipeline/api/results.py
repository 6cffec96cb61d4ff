"""What all results share: a picture that can be saved, and that notebooks show."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from upath import UPath

from nst_pipeline.errors import NstError
from nst_pipeline.storage.files import write_atomically
from nst_pipeline.vision.images.codecs import encode_jpeg
from nst_pipeline.vision.images.png import encode_png
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.shapes import Picture

_PREVIEW_PX = 640
"""Longest side of what a notebook shows."""


def write_file(path: Path, data: bytes) -> None:
    """Write a file atomically: it appears complete or not at all.

    Raises
    ------
    NstError
        It cannot be written.
    """
    try:
        write_atomically(UPath(path), data)
    except OSError as error:
        raise NstError(f"{path} cannot be written ({error.strerror})") from error


def check_png(path: Path) -> None:
    """Check that a result is written as PNG, which loses nothing.

    Raises
    ------
    NstError
        The name does not end in `.png`.
    """
    if path.suffix.lower() != ".png":
        raise NstError(f"{path}: the result is a PNG file: end its name in .png")


@dataclass(frozen=True, eq=False)
class Shown:
    """A result with a picture. A notebook shows the picture.

    Attributes
    ----------
    picture
        uint8, RGB, or RGBA with straight alpha.
    """

    picture: Picture = field(repr=False)

    @property
    def image(self) -> Image.Image:
        """The picture as a PIL picture."""
        return Image.fromarray(self.picture)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture as a PNG file; missing folders are created.

        Raises
        ------
        NstError
            The name does not end in `.png`, or the file cannot be written.
        """
        check_png(Path(path))
        write_file(Path(path), encode_png(self.picture))

    def _repr_png_(self) -> bytes | None:
        """Show transparency in a notebook; None leaves the rest to JPEG, which is smaller."""
        return encode_png(self._preview()) if self.picture.shape[2] == 4 else None

    def _repr_jpeg_(self) -> bytes | None:
        """Show a picture without transparency in a notebook."""
        return encode_jpeg(self._preview(), quality=80) if self.picture.shape[2] == 3 else None

    def _preview(self) -> Picture:
        return shrink_to_fit(self.picture, _PREVIEW_PX)
