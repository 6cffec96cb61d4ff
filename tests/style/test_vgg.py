import shutil

import numpy as np
import pytest

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.settings import Vgg19Settings
from nst_pipeline.style.vgg import find_vgg, load_vgg, obtain_vgg, resolve_network, vgg_digest
from nst_pipeline.style.vgg19_weights import IMAGENET_FILE
from nst_pipeline.style.weights.package import file_digest

LAYERS = ["block1_conv1", "block3_conv1", "block5_conv2"]
AUTO = Vgg19Settings()


def of_file(path) -> Vgg19Settings:
    return Vgg19Settings(weights=str(path))


def features(vgg, picture: np.ndarray, layers=LAYERS) -> list[np.ndarray]:
    from nst_pipeline.style.networks.vgg import preprocess

    pixels = picture[np.newaxis].astype(np.float32)
    return [x.numpy() for x in vgg.network(layers)(preprocess(pixels))]


def test_auto_takes_vgg19_where_its_imagenet_weights_are(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert resolve_network(AUTO) == "vgg16-edges"

    (tmp_path / "models").mkdir()
    (tmp_path / "models" / IMAGENET_FILE).write_bytes(b"")

    assert resolve_network(AUTO) == "vgg19"
    assert resolve_network(Vgg19Settings(network="vgg16-edges")) == "vgg16-edges"


def test_a_file_that_the_settings_name_is_vgg19s(tmp_path, monkeypatch):
    """Even if it is missing: another network would be a surprise."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))

    assert resolve_network(of_file("/no/such.h5")) == "vgg19"
    assert resolve_network(Vgg19Settings(network="vgg19")) == "vgg19"
    assert find_vgg(of_file("/no/such.h5")) is None


def test_without_vgg19_the_trained_trunk_is_loaded(trunk, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))

    assert load_vgg(AUTO) is trunk
    assert (trunk.name, trunk.block_sizes) == ("vgg16-edges", (2, 2, 3, 3, 3))
    assert trunk.digest == vgg_digest(AUTO) == file_digest(obtain_vgg(AUTO))


def test_the_trunk_finds_edges(trunk, photos):
    """It is a trained network: its first layer answers to edges, not to flat areas."""
    picture = np.full((64, 64, 3), 90, np.uint8)
    picture[:, 32:] = 200

    _, layer = features(trunk, picture, ["block1_conv1", "block1_conv2"])

    away = np.abs(layer[0, 32] - layer[0, 32, 16]).mean(-1)  # along a row, from the dark area
    assert away[30:34].max() > 3 * away[8:24].max()
    assert away[30:34].max() > 1.5 * away[40:56].max()


@pytest.mark.parametrize("name", ["legacy.h5", "whole.keras"])
def test_keras_other_file_formats_give_the_same_network(vgg, photos, tmp_path, name):
    path = tmp_path / name
    vgg.model.save(path)
    picture = photos["flower"][:48, :48]

    loaded = load_vgg(of_file(path))

    for again, before in zip(features(loaded, picture), features(vgg, picture), strict=True):
        np.testing.assert_array_equal(again, before)


def test_the_digest_is_that_of_the_file(vgg, vgg19_file, tmp_path):
    assert vgg.digest == vgg_digest(of_file(vgg19_file)) == file_digest(vgg19_file)

    copy = tmp_path / "copy.h5"
    shutil.copy(vgg19_file, copy)
    before = vgg_digest(of_file(copy))
    with copy.open("ab") as file:
        file.write(b"more")

    assert vgg_digest(of_file(copy)) != before


def test_a_file_that_holds_something_else_is_named(tmp_path):
    import keras

    other = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
    other.save_weights(tmp_path / "other.weights.h5")
    (tmp_path / "broken.h5").write_bytes(b"half a download")

    for name in "other.weights.h5", "broken.h5":
        with pytest.raises(ModelUnavailableError, match=rf"{name} is not a file of VGG19 weights"):
            load_vgg(of_file(tmp_path / name))


def test_a_damaged_build_is_named_with_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setenv("NST_MODELS", str(tmp_path))
    settings = Vgg19Settings(network="vgg16-edges")
    path = obtain_vgg(settings)
    path.write_bytes(path.read_bytes()[:1_000_000])

    with pytest.raises(ModelUnavailableError, match="not a file of VGG16 weights") as caught:
        load_vgg(settings)

    assert f"delete {path}, and run `nst models --build`" in str(caught.value)
    assert "\n" not in str(caught.value)
