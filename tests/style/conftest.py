import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from nst_pipeline.style.vgg19 import Vgg19, load_vgg19

# A busy machine is slow, not wrong.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def photos() -> dict[str, np.ndarray]:
    """Real photos from installed packages, RGB uint8."""
    from skimage import data
    from sklearn.datasets import load_sample_image

    return {
        "astronaut": data.astronaut(),
        "chelsea": data.chelsea(),
        "china": load_sample_image("china.jpg"),
        "flower": load_sample_image("flower.jpg"),
    }


@pytest.fixture(scope="session")
def models_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty models folder that the process uses while the session lasts."""
    folder = tmp_path_factory.mktemp("models")
    before = os.environ.get("NST_MODELS")
    os.environ["NST_MODELS"] = str(folder)
    yield folder
    if before is None:
        del os.environ["NST_MODELS"]
    else:
        os.environ["NST_MODELS"] = before


@pytest.fixture(scope="session")
def vgg19_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """VGG19 with seeded weights in Keras' own format; He-scaled, so that signals keep their size.

    Random numbers are no substitute for learned ones in use, but they compute the same way.
    """
    import keras

    model = keras.applications.VGG19(include_top=False, weights=None, input_shape=(None, None, 3))
    random = np.random.default_rng(19)
    for layer in model.layers:
        if layer.weights:
            kernel, bias = layer.get_weights()
            spread = np.sqrt(2 / np.prod(kernel.shape[:3]))
            noise = random.standard_normal(kernel.shape, np.float32)
            layer.set_weights([noise * np.float32(spread), bias])
    path = tmp_path_factory.mktemp("vgg19") / "seeded.weights.h5"
    model.save_weights(path)
    return path


@pytest.fixture(scope="session")
def vgg(vgg19_file: Path) -> Vgg19:
    return load_vgg19(str(vgg19_file))
