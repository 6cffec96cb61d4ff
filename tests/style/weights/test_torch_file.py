"""PyTorch files of tensors, read as data."""

import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from nst_pipeline.style.finding.labels import CLASSIFIER
from nst_pipeline.style.weights.torch_file import read_torch_file


class _Called:
    """Writes a pickle that calls a function when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def _global(name: str) -> bytes:
    module, _, attribute = name.rpartition(".")
    return b"c" + f"{module}\n{attribute}\n".encode()


def _text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def _sizes(values: tuple[int, ...]) -> bytes:
    return b"(" + b"".join(b"K" + bytes([each]) for each in values) + b"t"


def _file(kind: str = "FloatStorage", shape=(2, 3), strides=(3, 1)) -> bytes:
    """Write a file as PyTorch did before 1.6, with one tensor `w` over six numbers."""
    dictionary = _global("collections.OrderedDict") + b")R"
    storage = _text("storage") + _global(f"torch.{kind}") + _text("7") + _text("cpu") + b"K\x06N"
    view = b"(" + storage + b"tQK\x00" + _sizes(shape) + _sizes(strides) + b"\x89" + dictionary
    tensor = _global("torch._utils._rebuild_tensor_v2") + b"(" + view + b"tR"
    header = [pickle.dumps(value, protocol=2) for value in (119547037146038801333356, 1001, {})]
    tensors = b"\x80\x02" + dictionary + b"(" + _text("w") + tensor + b"u."
    names = b"\x80\x02](" + _text("7") + b"e."
    numbers = struct.pack("<q6f", 6, *range(6))
    return b"".join(header) + tensors + names + numbers


def test_the_classifiers_weights_are_read():
    tensors = read_torch_file(CLASSIFIER.weights.obtain())
    assert tensors["_conv_stem.weight"].shape == (32, 3, 3, 3)
    assert tensors["_fc.weight"].shape == (1000, 1280)
    assert sum(each.size for each in tensors.values()) == 4_694_073
    assert all(np.isfinite(each).all() for each in tensors.values())


def test_views_have_the_shape_and_order_of_their_strides(tmp_path):
    path = tmp_path / "weights.pth"
    path.write_bytes(_file())
    assert read_torch_file(path)["w"].tolist() == [[0, 1, 2], [3, 4, 5]]
    path.write_bytes(_file(shape=(3, 2), strides=(1, 3)))
    assert read_torch_file(path)["w"].tolist() == [[0, 3], [1, 4], [2, 5]]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 a zip file",
        _file()[:-4],
        _file()[:90],
        _file("ByteStorage"),
        _file(shape=(9, 9), strides=(9, 1)),
    ],
)
def test_damaged_files_and_other_formats_are_refused(tmp_path, content):
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"weights\.pth is not a PyTorch file"):
        read_torch_file(path)


def test_nothing_that_a_file_names_is_called(tmp_path):
    path, proof = tmp_path / "weights.pth", tmp_path / "called"
    path.write_bytes(pickle.dumps(_Called(proof), protocol=2) * 5)
    with pytest.raises(ValueError, match="not a PyTorch file"):
        read_torch_file(path)
    assert not proof.exists()
