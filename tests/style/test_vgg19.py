import hashlib
import shutil

import numpy as np
import pytest
from nst_pipeline.style.reach import answers

from nst_pipeline.errors import ModelUnavailableError, SettingError
from nst_pipeline.style.vgg19 import (
    IMAGENET_FILE,
    find_weights,
    load_vgg19,
    obtain_weights,
    preprocessed,
    weights_digest,
)

LAYERS = ["block1_conv1", "block3_conv1", "block5_conv2"]


def features(vgg, picture: np.ndarray, layers=LAYERS) -> list[np.ndarray]:
    pixels = picture[np.newaxis].astype(np.float32)
    return [x.numpy() for x in vgg.network(layers)(preprocessed(pixels))]


def test_features_are_keras_own(vgg, vgg19_file, photos):
    import keras

    picture = photos["chelsea"][:64, :80]
    theirs = keras.applications.VGG19(include_top=False, weights=str(vgg19_file))
    pixels = keras.applications.vgg19.preprocess_input(picture[np.newaxis].astype(np.float32))
    cut = keras.Model(theirs.input, [theirs.get_layer(name).output for name in LAYERS])

    for ours, expected in zip(features(vgg, picture), cut(pixels), strict=True):
        np.testing.assert_array_equal(ours, expected)
        assert ours.std() > 1


def test_bfloat16_rounds_keras_own_features(vgg, photos):
    picture = photos["chelsea"][np.newaxis, :64, :80].astype(np.float32)
    exact, rounded = (
        vgg.network(LAYERS, precision)(preprocessed(picture))
        for precision in ("float32", "bfloat16")
    )

    np.testing.assert_array_equal(exact[0], rounded[0])  # the first convolution stays exact
    for layer, near in zip(exact[1:], rounded[1:], strict=True):
        assert near.dtype == "bfloat16"
        error = np.abs(near.numpy().astype(np.float32) - layer).mean()
        assert error < 0.02 * layer.numpy().std()


def test_only_layers_down_to_the_deepest_are_kept(vgg):
    names = [layer.name for layer in vgg.network(["block2_conv1", "block1_conv1"]).layers]

    assert names[-1] == "block2_conv1"
    assert len(names) == 5


@pytest.mark.parametrize("name", ["legacy.h5", "whole.keras"])
def test_keras_other_formats_hold_the_same_network(vgg, photos, tmp_path, name):
    path = tmp_path / name
    vgg.model.save(path)
    picture = photos["flower"][:48, :48]

    loaded = load_vgg19(str(path))

    for again, before in zip(features(loaded, picture), features(vgg, picture), strict=True):
        np.testing.assert_array_equal(again, before)


def test_imagenet_is_looked_for_in_keras_cache(vgg19_file, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert find_weights("imagenet") is None
    (tmp_path / "models").mkdir()
    shutil.copy(vgg19_file, tmp_path / "models" / IMAGENET_FILE)

    assert obtain_weights("imagenet") == tmp_path / "models" / IMAGENET_FILE
    assert weights_digest("imagenet") == weights_digest(str(vgg19_file))


def test_the_digest_is_the_files(vgg, vgg19_file):
    expected = hashlib.sha256(vgg19_file.read_bytes()).hexdigest()

    assert vgg.digest == weights_digest(str(vgg19_file)) == expected


def test_a_missing_file_is_named():
    with pytest.raises(ModelUnavailableError, match=r"vgg19\.weights: .*no file /no/such\.h5"):
        load_vgg19("/no/such.h5")


def test_a_file_with_something_else_is_named(tmp_path):
    import keras

    other = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
    other.save_weights(tmp_path / "other.weights.h5")
    (tmp_path / "broken.h5").write_bytes(b"half a download")

    for name in "other.weights.h5", "broken.h5":
        with pytest.raises(ModelUnavailableError, match=rf"{name} holds no VGG19 weights"):
            load_vgg19(str(tmp_path / name))


def test_an_unknown_layer_is_named(vgg):
    with pytest.raises(SettingError, match="no layer block9_conv1; it has block1_conv1"):
        vgg.network(["block9_conv1"])


def test_a_server_that_is_not_there_does_not_answer():
    assert not answers("http://127.0.0.1:9/weights.h5")


def test_a_name_that_is_no_url_does_not_answer():
    assert not answers("weights.h5")
