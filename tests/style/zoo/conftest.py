"""A zoo of tiny files, so that tests need neither a network nor gigabytes."""

import hashlib

import pytest

from nst_pipeline.style.weights.download import RemoteFile
from nst_pipeline.style.zoo.table import ZOO, ZooModel


def _remote(name: str, content: bytes) -> RemoteFile:
    digest = hashlib.sha256(content).hexdigest()
    return RemoteFile(f"http://127.0.0.1:9/{name}", digest, len(content))


@pytest.fixture
def register(tmp_path, monkeypatch):
    """Put a model with these files into the zoo, and the zoo's folder into a temporary one."""
    monkeypatch.setenv("NST_MODELS", str(tmp_path / "models"))

    def put(name: str, setting: str, **contents: bytes) -> ZooModel:
        files = tuple(_remote(f"{file}.onnx", content) for file, content in contents.items())
        model = ZooModel(name, "sees", setting, "MIT", "", files)
        monkeypatch.setitem(ZOO, name, model)
        return model

    return put


@pytest.fixture
def zoo(register, monkeypatch):
    """`eye` is one file with the bytes `sees`; `eyes` is a `left.onnx` and a `right.onnx`."""
    for name in list(ZOO):
        monkeypatch.delitem(ZOO, name)
    register("eye", "cutout.network", eye=b"sees")
    register("eyes", "detection.dnn_model", left=b"left", right=b"right")
    return ZOO
