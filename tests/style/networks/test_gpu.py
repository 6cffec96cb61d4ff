"""VGG's features are computed on the GPU, where TensorFlow has one (docs/how-to/install.md)."""

import numpy as np
import pytest

LAYERS = ["block1_conv1", "block5_conv1"]


def _devices(kind: str) -> list[str]:
    """Imported late: TensorFlow takes seconds, which collecting the tests should not."""
    import tensorflow as tf

    return [
        device.name.rpartition("physical_device:")[2]
        for device in tf.config.list_physical_devices(kind)
    ]


def _computed(vgg, picture, device: str):
    import tensorflow as tf

    from nst_pipeline.style.networks.vgg import preprocess

    with tf.device(device):
        return vgg.network(LAYERS)(preprocess(picture[np.newaxis].astype(np.float32)))


@pytest.mark.parametrize("kind", ["CPU", "GPU"])
def test_features_are_computed_on_the_device_and_equal_the_processors(vgg, photos, kind):
    names = _devices(kind)
    if not names:
        pytest.skip(f"TensorFlow has no {kind} here")
    picture = photos["chelsea"][:64, :80]
    ours = _computed(vgg, picture, f"/{names[0]}")
    assert {each.device.rpartition("device:")[2] for each in ours} == {names[0]}
    for each, exact in zip(ours, _computed(vgg, picture, "/CPU:0"), strict=True):
        np.testing.assert_allclose(each, exact, rtol=1e-2, atol=1e-2 * np.abs(exact).max())


def test_a_gpu_is_used_without_asking(vgg, photos):
    if not _devices("GPU"):
        pytest.skip("TensorFlow has no GPU here")
    from nst_pipeline.style.networks.vgg import preprocess

    pixels = preprocess(photos["chelsea"][np.newaxis, :64, :80].astype(np.float32))
    assert "GPU" in vgg.network(LAYERS)(pixels)[0].device
