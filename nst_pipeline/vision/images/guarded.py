"""Decode in a process of its own, with limits, where a codec cannot be trusted.

The decoders of HEIC and AVIF are large, and their formats allow small files that take minutes and
gigabytes. Damaged HEIC files even end the process that reads their headers. A process that exceeds
its limits or ends costs its photo only.
"""

from __future__ import annotations

import base64
import io
import json
import resource
import subprocess
import sys
from typing import Any, Literal

from PIL import Image, ImageFile

from nst_pipeline.errors import UnreadableImageError

GUARDED = ("AVIF", "HEIF")
"""Pillow's names of the formats."""
_SECONDS = 10
_ADDRESS_BYTES = 4_000_000_000
"""Of address space, of which the libraries and their threads take about half."""
_MODES = ("L", "LA", "RGB", "RGBA")
_REASON_CHARACTERS = 200
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")
_METADATA = ("exif", "icc_profile")


def _ask(part: Literal["header", "pixels"], data: bytes) -> tuple[dict[str, Any], bytes]:
    """Read a file in a process of its own.

    Raises
    ------
    UnreadableImageError
        The process failed, ended, or took too long.
    """
    command = [sys.executable, "-m", "nst_pipeline.vision.images.guarded", part]
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


def _described(image: Image.Image) -> dict[str, Any]:
    metadata = {name: base64.b64encode(image.info.get(name) or b"").decode() for name in _METADATA}
    orientation = image.info.get("original_orientation")
    return {"mode": image.mode, "size": image.size, "orientation": orientation, **metadata}


def main() -> None:
    """Read standard input; write a line of JSON, and the pixels if they are asked for."""
    import pi_heif

    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_BYTES, _ADDRESS_BYTES))
    pi_heif.register_heif_opener()
    with Image.open(io.BytesIO(sys.stdin.buffer.read()), formats=GUARDED) as image:
        if sys.argv[1] == "header":
            sys.stdout.write(json.dumps(_described(image)) + "\n")
            return
        image.load()
        plain = image if image.mode in _MODES else image.convert("RGB")
        sys.stdout.buffer.write(json.dumps(_described(plain)).encode() + b"\n")
        sys.stdout.buffer.write(plain.tobytes())


if __name__ == "__main__":
    main()
