import numpy as np
import pytest

from nst_pipeline.errors import SettingError

LAYERS = ["block1_conv1", "block3_conv1", "block5_conv2"]


def features(vgg, picture: np.ndarray, layers=LAYERS) -> list[np.ndarray]:
    from nst_pipeline.style.networks.vgg import preprocess

    pixels = picture[np.newaxis].astype(np.float32)
    return [x.numpy() for x in vgg.network(layers)(preprocess(pixels))]


def test_features_equal_those_of_keras(vgg, vgg19_file, photos):
    import keras

    picture = photos["chelsea"][:64, :80]
    theirs = keras.applications.VGG19(include_top=False, weights=str(vgg19_file))
    pixels = keras.applications.vgg19.preprocess_input(picture[np.newaxis].astype(np.float32))
    cut = keras.Model(theirs.input, [theirs.get_layer(name).output for name in LAYERS])

    for ours, expected in zip(features(vgg, picture), cut(pixels), strict=True):
        np.testing.assert_array_equal(ours, expected)
        assert ours.std() > 1


def test_bfloat16_features_are_close_to_float32(vgg, photos):
    from nst_pipeline.style.networks.vgg import preprocess

    picture = photos["chelsea"][np.newaxis, :64, :80].astype(np.float32)
    exact, rounded = (
        vgg.network(LAYERS, precision)(preprocess(picture)) for precision in ("float32", "bfloat16")
    )

    np.testing.assert_array_equal(exact[0], rounded[0])  # the first convolution stays exact
    for layer, near in zip(exact[1:], rounded[1:], strict=True):
        assert near.dtype == "bfloat16"
        error = np.abs(near.numpy().astype(np.float32) - layer).mean()
        assert error < 0.02 * layer.numpy().std()


def test_the_network_ends_at_the_deepest_layer_in_use(vgg):
    names = [layer.name for layer in vgg.network(["block2_conv1", "block1_conv1"]).layers]

    assert names[-1] == "block2_conv1"
    assert len(names) == 5


def test_an_unknown_layer_is_named(vgg):
    with pytest.raises(SettingError, match="vgg19 has no convolution block9_conv1; it has "):
        vgg.network(["block9_conv1"])
