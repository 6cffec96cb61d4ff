"""Decode in a process of its own, with limits, where a codec cannot be trusted.

The decoders of HEIC and AVIF are large, and their formats allow small files that take minutes and
gigabytes. A process that exceeds its limits ends; the run goes on.
"""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys

import pi_heif
from PIL import Image

from nst_pipeline.errors import UnreadableImageError

GUARDED = ("AVIF", "HEIF")
"""Pillow's names of the formats."""
_SECONDS = 10
_ADDRESS_BYTES = 4_000_000_000
"""Of address space, of which the libraries and their threads take about half."""
_MODES = ("L", "LA", "RGB", "RGBA")
_REASON_CHARACTERS = 200


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
    command = [sys.executable, "-m", "nst_pipeline.vision.images.guarded"]
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
    described = json.loads(head)
    return Image.frombytes(described["mode"], tuple(described["size"]), pixels)


def main() -> None:
    """Decode standard input, and write mode, size and pixels to standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_BYTES, _ADDRESS_BYTES))
    pi_heif.register_heif_opener()
    with Image.open(io.BytesIO(sys.stdin.buffer.read()), formats=GUARDED) as image:
        image.load()
        plain = image if image.mode in _MODES else image.convert("RGB")
        head = {"mode": plain.mode, "size": plain.size}
        sys.stdout.buffer.write(json.dumps(head).encode() + b"\n")
        sys.stdout.buffer.write(plain.tobytes())


if __name__ == "__main__":
    main()
