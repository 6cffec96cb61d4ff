"""Seeded damage to files: the same seed makes the same files on every machine."""

import io
import json
from collections.abc import Callable
from copy import deepcopy
from importlib import import_module
from typing import Any

import numpy as np
import tifffile
from PIL import Image

PHOTO: np.ndarray = import_module("skimage.data").astronaut()[:96, 100:228]
Random = np.random.Generator

_BLOCK = 64
_EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_HOSTILE_TEXT = (
    "",
    "\ud800",
    "[/b]",
    "[bold red]",
    "\x1b[2J\x1b]0;title\x07",
    "a\nb\r\tc",
    "\u202egnp.exe",
    "x" * 5000,
    "../../etc/passwd",
    "\ufeff",
    "'\"`$(reboot)",
)
_HOSTILE_VALUES: tuple[Any, ...] = (
    *(None, True, -1, 0, 1, 2**63, 10**400, 1e308, -1e308, float("nan"), float("inf"), 0.5),
    *([], {}, [[]], [[[]]], [None], ["a"], {"counts": [1], "size": [2, 2]}, "7", "seven"),
    *_HOSTILE_TEXT,
)


def _encoded(image_format: str, picture: np.ndarray = PHOTO, **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, image_format, **options)
    return buffer.getvalue()


def _tiff(picture: np.ndarray, **options: Any) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, picture, **options)
    return buffer.getvalue()


def seeds() -> dict[str, bytes]:
    """Return one whole file of each kind, by a name with its suffix."""
    exif = Image.Exif()
    exif[0x0112], exif[0x8298] = 6, "somebody"
    alpha = np.dstack([PHOTO, PHOTO[..., :1]])
    wide = PHOTO[..., 0].astype(np.uint16) * 257
    return {
        "baseline.jpg": _encoded("JPEG", exif=exif),
        "progressive.jpg": _encoded("JPEG", progressive=True),
        "inks.jpg": _inks(),
        "phone.mpo": _several("MPO"),
        "color.png": _encoded("PNG", exif=exif),
        "alpha.png": _encoded("PNG", alpha),
        "wide.png": _encoded("PNG", wide),
        "palette.png": _palette(),
        "moving.png": _several("PNG"),
        "lossy.webp": _encoded("WEBP", exif=exif),
        "lossless.webp": _encoded("WEBP", alpha, lossless=True),
        "moving.webp": _several("WEBP"),
        "plain.bmp": _encoded("BMP"),
        "strips.tif": _tiff(PHOTO, photometric="rgb", rowsperstrip=16),
        "tiles.tif": _tiff(PHOTO, photometric="rgb", tile=(32, 32)),
        "big.tif": _tiff(PHOTO, photometric="rgb", bigtiff=True),
        "gray16.tif": _tiff(wide),
        "float.tif": _tiff(wide.astype(np.float32)),
        "lzw.tif": _encoded("TIFF", compression="tiff_lzw"),
        "jpeg.tif": _encoded("TIFF", compression="jpeg"),
        "pages.tif": _several("TIFF"),
        "phone.avif": _encoded("AVIF", exif=exif),
    }


def _inks() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(PHOTO).convert("CMYK").save(buffer, "JPEG")
    return buffer.getvalue()


def _palette() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(PHOTO).quantize(16).save(buffer, "PNG", transparency=bytes([0, 128]))
    return buffer.getvalue()


def _several(image_format: str) -> bytes:
    buffer, frame = io.BytesIO(), Image.fromarray(PHOTO)
    frame.save(buffer, image_format, save_all=True, append_images=[Image.fromarray(PHOTO[::-1])])
    return buffer.getvalue()


def _flip_bits(data: bytearray, random: Random) -> bytearray:
    for at in random.integers(len(data), size=random.integers(1, 9)):
        data[at] ^= 1 << int(random.integers(8))
    return data


def _set_number(data: bytearray, random: Random) -> bytearray:
    """Overwrite two or four bytes, mostly of the header, with an extreme number."""
    span = len(data) if random.random() < 0.3 else min(len(data), 400)
    size, at = int(random.choice((1, 2, 4))), int(random.integers(span))
    number = int(random.choice(_EXTREMES)) & ((1 << 8 * size) - 1)
    data[at : at + size] = number.to_bytes(size, str(random.choice(("little", "big"))))
    return data


def _cut(data: bytearray, random: Random) -> bytearray:
    return data[: int(random.integers(1, len(data)))]


def _zero_tail(data: bytearray, random: Random) -> bytearray:
    at = int(random.integers(len(data)))
    return data[:at] + bytes(len(data) - at)


def _zero_block(data: bytearray, random: Random) -> bytearray:
    at = int(random.integers(len(data)))
    data[at : at + _BLOCK] = bytes(len(data[at : at + _BLOCK]))
    return data


def _repeat_block(data: bytearray, random: Random) -> bytearray:
    at, size = int(random.integers(len(data))), int(random.integers(1, 2000))
    return data[:at] + data[at : at + size] * int(random.integers(2, 40)) + data[at + size :]


def _drop_block(data: bytearray, random: Random) -> bytearray:
    at = int(random.integers(len(data)))
    return data[:at] + data[at + int(random.integers(1, _BLOCK)) :]


def _append(data: bytearray, random: Random) -> bytearray:
    return data + random.bytes(int(random.integers(1, 4000)))


_MUTATIONS: tuple[Callable[[bytearray, Random], bytearray], ...] = (
    *(_flip_bits, _set_number, _set_number, _cut, _zero_tail),
    *(_zero_block, _repeat_block, _drop_block, _append),
)


def mutated(data: bytes, random: Random) -> bytes:
    """Damage a file in one to three ways."""
    result = bytearray(data)
    for _ in range(int(random.integers(1, 4))):
        mutation = _MUTATIONS[int(random.integers(len(_MUTATIONS)))]
        result = mutation(result, random)
        result += bytes(max(0, 2 - len(result)))
    return bytes(result)


def hostile_name(random: Random, suffix: str) -> str:
    """Return a file name that is legal on a disk, and nowhere else."""
    parts = (
        "cup",
        *(text for text in _HOSTILE_TEXT if "\ud800" not in text),
        "é",
        "사진",
        ".",
        " ",
    )
    count = int(random.integers(1, 4))
    stem = "".join(parts[int(random.integers(len(parts)))] for _ in range(count))
    limit = int(random.choice((40, 250 - len(suffix.encode()))))
    short = stem.replace("/", "_").encode()[:limit].decode(errors="ignore").lstrip(".")
    return (short or "cup") + suffix


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """All paths to values in a JSON document."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found = [path]
    if isinstance(value, dict | list):
        for key, each in items:
            found += (
                _places(each, (*path, key)) if isinstance(each, dict | list) else [(*path, key)]
            )
    return found


def hostile_json(document: Any, random: Random) -> bytes:
    """Replace, remove or nest some values of a document, and sometimes damage its text."""
    copy = json.loads(json.dumps(document))
    for _ in range(int(random.integers(1, 4))):
        places = [path for path in _places(copy) if path]
        if not places:
            break
        *parents, last = places[int(random.integers(len(places)))]
        holder = copy
        for key in parents:
            holder = holder[key]
        choice = random.random()
        if choice < 0.15:
            del holder[last]
        elif choice < 0.25:
            holder[last] = [[holder[last]]]
        else:
            # A copy, or what is put into it now would be in the next document, too.
            holder[last] = deepcopy(_HOSTILE_VALUES[int(random.integers(len(_HOSTILE_VALUES)))])
    text = json.dumps(copy).encode()
    if random.random() < 0.1:
        text = b"[" * 100_000 + text
    return mutated(text, random) if random.random() < 0.2 else text


def hostile_rows(random: Random) -> bytes:
    """A boxes file in which some cells are not what they should be."""
    cells = [str(each) for each in _HOSTILE_VALUES if each != "\ud800"]
    rows = ["image,x,y,width,height,label,height_m"]
    for _ in range(int(random.integers(0, 5))):
        row = ["cup.jpg", "10", "12", "40", "50", "cup", "0.1"]
        if random.random() < 0.8:
            row[int(random.integers(len(row)))] = cells[int(random.integers(len(cells)))]
        rows.append(",".join(row[: int(random.integers(1, 8))]))
    text = "\n".join(rows).encode(errors="replace")
    return mutated(text, random) if random.random() < 0.3 else text
