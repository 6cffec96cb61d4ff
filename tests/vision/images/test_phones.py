"""HEIC and AVIF, as phones write them."""

import base64
import io
import shutil
from importlib import import_module

import numpy as np
import pytest
from PIL import Image

from nst_pipeline.errors import UnreadableImageError
from nst_pipeline.vision.images import guarded
from nst_pipeline.vision.images.codecs import decode_alpha, decode_photo
from nst_pipeline.vision.images.header import check_photo, read_header
from nst_pipeline.vision.images.profiles import build_profile

PHOTO: np.ndarray = import_module("skimage.data").astronaut()[:96, 100:260].copy()
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAchtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAA"
    "AAAAAAAAAAADRpbG9jAAAAAERAAAIAAQAAAAAB7AABAAAAAAAAAH4AAgAAAAACagABAAAAAAAAACQAAAA4aWluZgAA"
    "AAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAABB2lwcn"
    "AAAADmaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroC"
    "QGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm"
    "5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAADAAAAABAAAAIAAAAAH////wAAAAAv///+AA"
    "AAACAAAAEHBpeGkAAAAAAwgICAAAAAlpcm90AwAAABlpcG1hAAAAAAAAAAEAAQaBAgMFhIYAAAAaaXJlZgAAAAAAAA"
    "AOY2RzYwACAAEAAQAAAKptZGF0AAAAeigBrwngPf7NzycIOlhjJIfYL9GkBd2ua9T7r3mIIMFsHtcjfu7rTMvbc6Ld"
    "0pdaqfj7Ddfu+xHRhKvCmvBa8I+sxsV4LhXCNcFVk3S/OLwveTBwGABY/Yxdqzwmirvu7JBvMb/beq5vXDfeja0DUd"
    "TXzCS/5+q7iK/4AAAABkV4aWYAAE1NACoAAAAIAAEBEgADAAAAAQAGAAAAAAAA"
)
"""A ramp of 48 x 32 pixels: red 5 x, green 7 y, blue 128; turned by EXIF orientation 6."""
DISPLAY_P3 = (0.3127, 0.3290, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)


def avif(picture: np.ndarray = PHOTO, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "AVIF", quality=90, subsampling="4:4:4", **options)
    return buffer.getvalue()


def decoded(data: bytes) -> np.ndarray:
    return decode_photo(data, name="phone", max_megapixels=100)


def test_a_heic_is_read_upright() -> None:
    header = check_photo(io.BytesIO(HEIC), max_megapixels=1)
    assert (header.width, header.height, header.format, header.orientation) == (32, 48, "HEIF", 6)
    y, x = np.mgrid[:32, :48]
    ramp = np.dstack([x * 5, y * 7, np.full_like(x, 128)])
    assert np.abs(decoded(HEIC) - np.rot90(ramp, -1).astype(int)).mean() < 4


def test_an_avif_is_read_upright_with_its_colors_and_its_alpha() -> None:
    assert np.abs(decoded(avif()) - PHOTO.astype(int)).mean() < 3
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = avif(exif=exif)
    header = read_header(turned)
    assert (header.width, header.height, header.orientation) == (96, 160, 6)
    assert decoded(turned).shape == (160, 96, 3)
    alpha = np.zeros(PHOTO.shape[:2], np.uint8)
    alpha[20:70, 30:90] = 255
    matte = decode_alpha(avif(np.dstack([PHOTO, alpha])))
    assert matte is not None and np.abs(matte - alpha / 255).mean() < 0.01
    wide = decoded(avif(icc_profile=build_profile(DISPLAY_P3)))
    assert np.abs(wide - PHOTO.astype(int)).mean() > 1


@pytest.mark.parametrize("data", [HEIC, avif()], ids=["heic", "avif"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_file_that_is_cut_short_is_refused(data: bytes, share: float) -> None:
    with pytest.raises(UnreadableImageError):
        check_photo(io.BytesIO(data[: int(len(data) * share)]), max_megapixels=1)


def test_zeros_at_the_end_are_refused() -> None:
    data = avif()
    with pytest.raises(UnreadableImageError, match="end with zeros"):
        check_photo(io.BytesIO(data[:-600] + bytes(600)), max_megapixels=1)


def test_a_decoder_that_takes_too_long_or_too_much_is_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guarded, "_SECONDS", 0.01)
    with pytest.raises(UnreadableImageError, match=r"phone: takes longer than 0\.01 s to decode"):
        decoded(HEIC)


def test_pixels_that_cannot_be_decoded_are_refused_with_the_reason() -> None:
    damaged = bytearray(HEIC)
    damaged[-100:-60] = bytes(range(40))
    at = damaged.index(b"hvcC")
    damaged[at + 30 : at + 60] = bytes(30)
    with pytest.raises(UnreadableImageError, match="phone: damaged"):
        decoded(bytes(damaged))


_BRANDS = (b"MSNV", b"XAVC", b"iso5", b"3g2a", b"f4v ")


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "a video"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "a video"),
        *((b"\0\0\0\x18ftyp" + brand, "a video") for brand in _BRANDS),
        (b"RIFF\0\0\0\0AVI LIST", "a video"),
        (b"FLV\x01\x05", "a video"),
        (b"\0\0\x01\xbaD", "a video"),
        (b"\0\0\x01\xb3\x14", "a video"),
        (b"G@\0\x10\0", "a video"),
        (b"\x01\x02\x03\x04G@\0\x10", "a video"),
        (bytes.fromhex("3026b2758e66cf11a6d9"), "a video"),
        (b"\x1aE\xdf\xa3 webm", "a video"),
        (b"GIF89a", "GIF"),
        (b"\xff\x0a jxl", "JPEG XL"),
    ],
)
def test_videos_and_other_formats_are_named(head: bytes, kind: str) -> None:
    with pytest.raises(UnreadableImageError, match=f"^{kind}: not a JPEG"):
        read_header(head + bytes(100))


def test_a_decoder_that_crashes_costs_its_photo_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some damaged headers end the process that reads them."""
    monkeypatch.setattr(guarded.sys, "executable", shutil.which("false"))
    with pytest.raises(UnreadableImageError, match="the decoder ended: 1"):
        read_header(HEIC)
