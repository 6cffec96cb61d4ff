import shutil

import pytest

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.vgg19_weights import IMAGENET_FILE, find_weights, obtain_weights


def test_imagenet_weights_are_found_in_keras_cache(vgg19_file, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert find_weights("imagenet") is None
    (tmp_path / "models").mkdir()
    shutil.copy(vgg19_file, tmp_path / "models" / IMAGENET_FILE)

    assert obtain_weights("imagenet") == tmp_path / "models" / IMAGENET_FILE


def test_a_missing_file_is_named():
    with pytest.raises(ModelUnavailableError, match=r"vgg19\.weights: .*no file /no/such\.h5"):
        obtain_weights("/no/such.h5")
