"""No photo or mask takes more than 1.5 GB: 15 bytes for each of 100 million pixels."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from nst_pipeline.errors import UnreadableImageError
from nst_pipeline.vision.images.header import check_size
from nst_pipeline.vision.images.profiles import build_profile
from tests.vision.images.test_profiles import ADOBE_RGB

WIDTH, HEIGHT = 4000, 3000
BYTES_PER_PIXEL = 15
FAST_WEBP = {"lossless": True, "quality": 0, "method": 0}
MEASURE = """
import resource, sys
from pathlib import Path
from nst_pipeline.vision.images.codecs import decode_alpha, decode_mask, decode_photo

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

before, data = peak(), Path(sys.argv[1]).read_bytes()
photo = decode_photo(data, name="", max_megapixels=100)
alpha = decode_alpha(data)
decode_mask(data)
print(peak() - before)
"""


def _picture(channels: int) -> np.ndarray:
    small = np.random.default_rng(1).integers(0, 256, (60, 80, channels), np.uint8)
    return cv2.resize(small, (WIDTH, HEIGHT))


def _write_wide(path: Path) -> None:
    cv2.imwrite(str(path), _picture(4).astype(np.uint16) * 257)


def _write_turned(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.fromarray(_picture(4))
    image.save(path, icc_profile=build_profile(ADOBE_RGB, 2.2), exif=exif, compress_level=1)


def _write_inks(path: Path) -> None:
    Image.fromarray(_picture(4), "CMYK").save(path, quality=90, progressive=True)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("wide.png", _write_wide),
        ("turned.png", _write_turned),
        ("turned.tif", lambda path: Image.fromarray(_picture(4)).save(path)),
        ("lossless.webp", lambda path: Image.fromarray(_picture(4)).save(path, **FAST_WEBP)),
        ("inks.jpg", _write_inks),
    ],
)
def test_decoding_takes_few_bytes_per_pixel(name, write, tmp_path):
    write(tmp_path / name)
    command = [sys.executable, "-c", MEASURE, str(tmp_path / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) < BYTES_PER_PIXEL * WIDTH * HEIGHT


def test_a_file_larger_than_any_photo_of_its_size_is_refused():
    check_size(600_000_000, max_megapixels=100)
    with pytest.raises(UnreadableImageError, match=r"800 MB > 620 MB.*save it compressed"):
        check_size(800_000_000, max_megapixels=100)
