import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from nst_pipeline.settings import Vgg19Settings
from nst_pipeline.style.vgg import load_vgg

# No deadlines: a busy machine is slow, which is not an error.
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
        "ihc": data.immunohistochemistry(),
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
def vgg(vgg19_file: Path):
    """VGG19 with seeded weights, loaded once."""
    return load_vgg(Vgg19Settings(weights=str(vgg19_file)))


@pytest.fixture(scope="session")
def trunk(models_folder: Path):
    """The trained VGG16 trunk, built and loaded once."""
    return load_vgg(Vgg19Settings(network="vgg16-edges"))
