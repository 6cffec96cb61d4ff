"""Decode the run lengths of Label Studio's brush: the format of the JavaScript library rle-pack."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_LENGTH_BITS, _WORD_BITS, _SIZE_BITS, _SIZES = 32, 5, 4, 4


class _Bits:
    """Bits of bytes, the highest of each byte first."""

    def __init__(self, data: bytes) -> None:
        self._bits = np.unpackbits(np.frombuffer(data, np.uint8))
        self._at = 0

    def take(self, count: int) -> int:
        end = self._at + count
        if end > len(self._bits):
            raise ValueError("it ends early")
        value = 0
        for bit in self._bits[self._at : end].tolist():
            value = value << 1 | bit
        self._at = end
        return value


def unpack(data: Sequence[int], most: int) -> NDArray[np.uint8]:
    """Decode run lengths.

    A header has the number of values, the bits of a value, and four numbers of bits for the
    lengths of runs. A run is one bit (whether all of its values are the same), two bits that choose
    among the four, the length less one, and the value or the values.

    Parameters
    ----------
    data
        Bytes.
    most
        Number of values that are expected at most.

    Returns
    -------
    numpy.ndarray
        The values, uint8.

    Raises
    ------
    ValueError
        The data are damaged.
    """
    bits = _Bits(bytes(data))
    count, word = bits.take(_LENGTH_BITS), bits.take(_WORD_BITS) + 1
    if count > most or word > 8:
        raise ValueError(f"{count} values of {word} bits are more than the picture has")
    sizes = [bits.take(_SIZE_BITS) + 1 for _ in range(_SIZES)]
    values, at = np.zeros(count, np.uint8), 0
    while at < count:
        is_same = bits.take(1)
        end = at + bits.take(sizes[bits.take(2)]) + 1
        if end > count:
            raise ValueError("a run is longer than the picture")
        values[at:end] = bits.take(word) if is_same else [bits.take(word) for _ in range(end - at)]
        at = end
    return values
