"""A zoo of tiny files, so that tests need neither a network nor gigabytes."""

import hashlib

import pytest

from nst_pipeline.style.weights.download import RemoteFile
from nst_pipeline.style.zoo.table import ZOO, ZooModel


def remote(name, content):
    digest = hashlib.sha256(content).hexdigest()
    return RemoteFile(f"http://127.0.0.1:9/{name}", digest, len(content))


@pytest.fixture
def zoo(tmp_path, monkeypatch):
    """`eye` is one file with the bytes `sees`; `eyes` is a `left.onnx` and a `right.onnx`."""
    monkeypatch.setenv("NST_MODELS", str(tmp_path / "models"))
    one = ZooModel("eye", "sees", "cutout.network", "MIT", "", (remote("eye.onnx", b"sees"),))
    sides = tuple(remote(f"{side}.onnx", side.encode()) for side in ("left", "right"))
    two = ZooModel("eyes", "see", "detection.dnn_model", "MIT", "", sides)
    for name in list(ZOO):
        monkeypatch.delitem(ZOO, name)
    for model in (one, two):
        monkeypatch.setitem(ZOO, model.name, model)
    return ZOO
