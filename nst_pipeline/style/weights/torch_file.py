"""Read the tensors of a PyTorch file without unpickling it.

`torch.save` before version 1.6 wrote five pickles in a row (two magic numbers, the byte order, the
tensors' descriptions, the names of the storages), and then each storage: a count and its values.
Loading a pickle may run any code. Here its opcodes are read as data: only those that describe
tensors are known, and nothing that the file names is ever imported or called.
"""

from __future__ import annotations

import pickletools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

_DTYPES = {"torch FloatStorage": np.dtype("<f4"), "torch LongStorage": np.dtype("<i8")}
_DICTIONARY, _TENSOR = "collections OrderedDict", "torch._utils _rebuild_tensor_v2"
_PICKLES_BEFORE_TENSORS = 3
_MARK = object()
_IGNORED = {"PROTO", "STOP"}
_VALUES = {"BINUNICODE", "BININT", "BININT1", "BININT2", "LONG1", "GLOBAL"}
_CONSTANTS: dict[str, Any] = {"NONE": None, "NEWFALSE": False, "NEWTRUE": True}
_TUPLE_SIZES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2}


class _Tensor(NamedTuple):
    """A view of a storage: its values' type, the storage's name, and the view's shape in it."""

    dtype: np.dtype[Any]
    storage: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Reader:
    """The stack machine of a pickle, without the opcodes that look up or call anything else."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def read(self, file: BinaryIO) -> Any:
        """Read the pickle at the file's position and return the value that it describes."""
        for opcode, argument, _ in pickletools.genops(file):
            self._step(opcode.name, argument)
        return self._stack.pop()

    def _step(self, name: str, argument: Any) -> None:
        stack = self._stack
        if name in _VALUES:
            stack.append(argument)
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in _TUPLE_SIZES:
            size = _TUPLE_SIZES[name]
            stack.append(tuple(self._pop(size)))
        elif name.endswith("BINPUT"):
            self._memo[argument] = stack[-1]
        elif name.endswith("BINGET"):
            stack.append(self._memo[argument])
        elif name not in _IGNORED:
            self._build(name)

    def _build(self, name: str) -> None:
        """Handle the opcodes that make or fill a collection, a storage, or a tensor."""
        stack = self._stack
        if name == "MARK":
            stack.append(_MARK)
        elif name in ("EMPTY_DICT", "EMPTY_LIST"):
            stack.append({} if name == "EMPTY_DICT" else [])
        elif name == "TUPLE":
            stack.append(tuple(self._pop_to_mark()))
        elif name == "APPENDS":
            items = self._pop_to_mark()
            stack[-1].extend(items)
        elif name in ("SETITEM", "SETITEMS"):
            items = self._pop(2) if name == "SETITEM" else self._pop_to_mark()
            stack[-1].update(zip(items[::2], items[1::2], strict=True))
        elif name == "BUILD":
            stack.pop()  # Attributes of the dictionary, such as the versions of layers.
        elif name == "BINPERSID":
            _, kind, storage, *_ = stack.pop()
            stack.append((_DTYPES[kind], storage))
        elif name == "REDUCE":
            function, arguments = self._pop(2)
            stack.append(_reduced(function, arguments))
        else:
            raise ValueError(f"the opcode {name} does not belong into a file of tensors")

    def _pop(self, count: int) -> list[Any]:
        """Take the last `count` values off the stack."""
        start = len(self._stack) - count
        values = self._stack[start:]
        del self._stack[start:]
        return values

    def _pop_to_mark(self) -> list[Any]:
        mark = max(place for place, value in enumerate(self._stack) if value is _MARK)
        values = self._stack[mark + 1 :]
        del self._stack[mark:]
        return values


def _reduced(function: str, arguments: tuple[Any, ...]) -> Any:
    """Return the value of the two calls that a file of tensors may contain."""
    if function == _DICTIONARY and not arguments:
        return {}
    if function == _TENSOR:
        (dtype, storage), offset, shape, strides, *_ = arguments
        return _Tensor(dtype, storage, offset, shape, strides)
    raise ValueError(f"the call of {function} does not belong into a file of tensors")


def _storages(file: BinaryIO, names: list[str]) -> Iterator[tuple[str, int]]:
    """Yield each storage's name and the number of its values, at the position of the values."""
    for name in names:
        yield name, int.from_bytes(file.read(8), "little")


def read_torch_file(path: Path) -> dict[str, NDArray[Any]]:
    """Read all tensors of a file that `torch.save` wrote from a state dictionary.

    Parameters
    ----------
    path
        File in the format of PyTorch before 1.6, with tensors of float32 and int64.

    Returns
    -------
    dict
        Arrays by name, in the shapes of the tensors.

    Raises
    ------
    ValueError
        The file is damaged, has another format, or holds anything but tensors.
    """
    try:
        with path.open("rb") as file:
            for _ in range(_PICKLES_BEFORE_TENSORS):
                _Reader().read(file)
            tensors, names = _Reader().read(file), _Reader().read(file)
            dtypes = {tensor.storage: tensor.dtype for tensor in tensors.values()}
            storages = {
                name: np.frombuffer(file.read(count * dtypes[name].itemsize), dtypes[name])
                for name, count in _storages(file, names)
            }
        return {name: _view(tensor, storages) for name, tensor in tensors.items()}
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is not a PyTorch file of tensors, or is damaged") from error


def _view(tensor: _Tensor, storages: dict[str, NDArray[Any]]) -> NDArray[Any]:
    values = storages[tensor.storage][tensor.offset :]
    last = sum((n - 1) * step for n, step in zip(tensor.shape, tensor.strides, strict=True))
    if min((*tensor.shape, *tensor.strides, 1)) < 0 or last >= len(values):
        raise ValueError("a tensor reaches beyond its storage")
    strides = [step * values.itemsize for step in tensor.strides]
    return np.ascontiguousarray(np.lib.stride_tricks.as_strided(values, tensor.shape, strides))
