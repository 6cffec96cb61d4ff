import hashlib
import shutil

import numpy as np
import pytest

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.vgg19 import (
    IMAGENET_FILE,
    find_weights,
    load_vgg19,
    obtain_weights,
    weights_digest,
)

LAYERS = ["block1_conv1", "block3_conv1", "block5_conv2"]


def features(vgg, picture: np.ndarray, layers=LAYERS) -> list[np.ndarray]:
    from nst_pipeline.style.networks.vgg19 import preprocess

    pixels = picture[np.newaxis].astype(np.float32)
    return [x.numpy() for x in vgg.network(layers)(preprocess(pixels))]


@pytest.mark.parametrize("name", ["legacy.h5", "whole.keras"])
def test_keras_other_file_formats_give_the_same_network(vgg, photos, tmp_path, name):
    path = tmp_path / name
    vgg.model.save(path)
    picture = photos["flower"][:48, :48]

    loaded = load_vgg19(str(path))

    for again, before in zip(features(loaded, picture), features(vgg, picture), strict=True):
        np.testing.assert_array_equal(again, before)


def test_imagenet_weights_are_found_in_keras_cache(vgg19_file, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert find_weights("imagenet") is None
    (tmp_path / "models").mkdir()
    shutil.copy(vgg19_file, tmp_path / "models" / IMAGENET_FILE)

    assert obtain_weights("imagenet") == tmp_path / "models" / IMAGENET_FILE
    assert weights_digest("imagenet") == weights_digest(str(vgg19_file))


def test_the_digest_is_that_of_the_file(vgg, vgg19_file):
    expected = hashlib.sha256(vgg19_file.read_bytes()).hexdigest()

    assert vgg.digest == weights_digest(str(vgg19_file)) == expected


def test_a_missing_file_is_named():
    with pytest.raises(ModelUnavailableError, match=r"vgg19\.weights: .*no file /no/such\.h5"):
        load_vgg19("/no/such.h5")


def test_a_file_that_holds_something_else_is_named(tmp_path):
    import keras

    other = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
    other.save_weights(tmp_path / "other.weights.h5")
    (tmp_path / "broken.h5").write_bytes(b"half a download")

    for name in "other.weights.h5", "broken.h5":
        with pytest.raises(ModelUnavailableError, match=rf"{name} is not a file of VGG19 weights"):
            load_vgg19(str(tmp_path / name))
