"""Decode in a process of its own, with limits, where a codec cannot be trusted.

The decoders of HEIC and AVIF are large, and their formats allow small files that take minutes and
gigabytes. Damaged HEIC files even end the process that reads their headers. A process that exceeds
its limits or ends costs its photo only.

libtiff tells of damage in a compressed TIFF on the standard error stream alone, which a process of
its own keeps apart.
"""

from __future__ import annotations

import base64
import io
import json
import resource
import subprocess
import sys
from typing import Any, Literal, cast

from PIL import Image, ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from nst_pipeline.errors import UnreadableImageError

GUARDED = ("AVIF", "HEIF")
"""Pillow's names of the formats."""
_SECONDS = 10
_ADDRESS_BYTES = 4_000_000_000
"""Of address space, of which the libraries and their threads take about half."""
_MODES = ("L", "LA", "RGB", "RGBA")
_TIFF_MODES = (*_MODES, "1", "CMYK", "I;16", "I;16B", "I", "F", "La", "RGBa")
_REASON_CHARACTERS = 200
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")
_METADATA = ("exif", "icc_profile")
_JPEG_TABLES = 347


_Part = Literal["header", "pixels", "tiff"]


def _ask(part: _Part, data: bytes, page: int = 0) -> tuple[dict[str, Any], bytes]:
    """Read a file in a process of its own.

    Raises
    ------
    UnreadableImageError
        The process failed, ended, or took too long, or its decoder complained of a TIFF.
    """
    module = "nst_pipeline.vision.images.guarded"
    command = [sys.executable, "-W", "ignore", "-m", module, part, str(page)]
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise UnreadableImageError(f"takes longer than {_SECONDS} s to decode") from error
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        reason = last[0][:_REASON_CHARACTERS] if last else f"the decoder ended: {done.returncode}"
        raise UnreadableImageError(f"damaged or too large to decode ({reason})")
    if part == "tiff" and done.stderr:
        reason = done.stderr.decode(errors="replace").splitlines()[0][:_REASON_CHARACTERS]
        raise UnreadableImageError(f"damaged or cut short ({reason})")
    head, _, pixels = done.stdout.partition(b"\n")
    described: dict[str, Any] = json.loads(head)
    return described, pixels


class GuardedHeif(ImageFile.ImageFile):
    """A HEIC photo for Pillow: its header is read elsewhere, its pixels by `decode_guarded`."""

    format = "HEIF"

    def _open(self) -> None:
        """Take the place of Pillow's reading of the header."""
        assert self.fp is not None
        described, _ = _ask("header", self.fp.read())
        self._mode, self._size = described["mode"], tuple(described["size"])
        self.info |= {
            name: base64.b64decode(described[name]) for name in _METADATA if described[name]
        }
        if described["orientation"] is not None:
            self.info["original_orientation"] = described["orientation"]


def _is_heif(head: bytes) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS


def register_guarded_heif() -> None:
    """Let Pillow open HEIC files by `GuardedHeif`."""
    Image.register_open(GuardedHeif.format, GuardedHeif, _is_heif)


def decode_guarded(data: bytes) -> Image.Image:
    """Decode a HEIC or AVIF picture.

    Parameters
    ----------
    data
        The file.

    Returns
    -------
    PIL.Image.Image
        In mode L, LA, RGB or RGBA, without metadata. HEIC pictures are upright, as their format
        demands of decoders; AVIF pictures are as they are stored.

    Raises
    ------
    UnreadableImageError
        The picture is damaged, or takes more than ten seconds or too much memory.
    """
    described, pixels = _ask("pixels", data)
    return Image.frombytes(described["mode"], tuple(described["size"]), pixels)


def decode_guarded_tiff(data: bytes, page: int) -> Image.Image:
    """Decode a compressed picture of a TIFF.

    Parameters
    ----------
    data
        The file.
    page
        The picture's, from 0.

    Returns
    -------
    PIL.Image.Image
        Upright, without metadata; a palette is applied.

    Raises
    ------
    UnreadableImageError
        The picture is damaged, or takes more than ten seconds or too much memory.
    """
    described, pixels = _ask("tiff", data, page)
    return Image.frombytes(described["mode"], tuple(described["size"]), pixels)


def _described(image: Image.Image) -> dict[str, Any]:
    metadata = {name: base64.b64encode(image.info.get(name) or b"").decode() for name in _METADATA}
    orientation = image.info.get("original_orientation")
    return {"mode": image.mode, "size": image.size, "orientation": orientation, **metadata}


def _write(plain: Image.Image) -> None:
    sys.stdout.buffer.write(json.dumps(_described(plain)).encode() + b"\n")
    sys.stdout.buffer.write(plain.tobytes())


def _write_tiff(data: bytes, number: int) -> None:
    """Write the pixels of a TIFF, and what is damaged in it as an error message."""
    from nst_pipeline.vision.images.tiff import read_pages
    from nst_pipeline.vision.images.tiff_blocks import blocks_problem

    with Image.open(io.BytesIO(data), formats=("TIFF",)) as image:
        image.seek(number)
        tables = cast(TiffImageFile, image).tag_v2.get(_JPEG_TABLES, b"")
        sys.stderr.write(blocks_problem(data, read_pages(io.BytesIO(data))[number], tables))
        image.load()
        _write(image if image.mode in _TIFF_MODES else image.convert("RGB"))


def _write_heif(data: bytes, part: str) -> None:
    import pi_heif

    pi_heif.register_heif_opener()
    with Image.open(io.BytesIO(data), formats=GUARDED) as image:
        if part == "header":
            sys.stdout.write(json.dumps(_described(image)) + "\n")
            return
        image.load()
        _write(image if image.mode in _MODES else image.convert("RGB"))


def main() -> None:
    """Read standard input; write a line of JSON, and the pixels if they are asked for."""
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_BYTES, _ADDRESS_BYTES))
    part, data = sys.argv[1], sys.stdin.buffer.read()
    if part == "tiff":
        _write_tiff(data, int(sys.argv[2]))
    else:
        _write_heif(data, part)


if __name__ == "__main__":
    main()
