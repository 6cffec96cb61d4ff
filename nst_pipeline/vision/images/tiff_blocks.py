"""Check the compressed strips and tiles of a TIFF, which its decoder does not.

libtiff skips the checksums of Deflate, and Pillow silences what its JPEG decoder warns of.
"""

from __future__ import annotations

import zlib

import simplejpeg

from nst_pipeline.vision.images.damage import JPEG_DAMAGE
from nst_pipeline.vision.images.tiff import Page

_JPEG, _DEFLATE, _OLD_DEFLATE = 7, 8, 32946
_INKS = 4
_BLOCK_BYTES = 1 << 20
_START, _END = b"\xff\xd8", b"\xff\xd9"


def _deflate_problem(block: bytes) -> str:
    decoder, rest = zlib.decompressobj(), block
    try:
        while rest and not decoder.eof:
            decoder.decompress(rest, _BLOCK_BYTES)
            rest = decoder.unconsumed_tail
    except zlib.error as error:
        return str(error)
    return ""


def _jpeg_problem(block: bytes, tables: bytes, samples: int) -> str:
    if tables.startswith(_START) and tables.endswith(_END):
        block = tables[: -len(_END)] + block.removeprefix(_START)
    try:
        space = "CMYK" if samples == _INKS else "GRAY"
        simplejpeg.decode_jpeg(block, colorspace=space, fastdct=True, min_height=1)
    except ValueError as error:
        return str(error) if str(error).startswith(JPEG_DAMAGE) else ""
    return ""


def blocks_problem(data: bytes, page: Page, tables: bytes) -> str:
    """Say what is damaged in the strips or tiles of a TIFF.

    Parameters
    ----------
    data
        The file.
    page
        The page of its picture.
    tables
        The tables that its JPEG blocks share; empty if there are none.

    Returns
    -------
    str
        Empty if nothing is, or if the compression has no means to tell.
    """
    for at, count in page.blocks:
        problem = ""
        if page.compression in (_DEFLATE, _OLD_DEFLATE):
            problem = _deflate_problem(data[at : at + count])
        elif page.compression == _JPEG:
            problem = _jpeg_problem(data[at : at + count], tables, page.samples)
        if problem:
            return problem
    return ""
