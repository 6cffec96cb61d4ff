import numpy as np
import pytest


@pytest.fixture(scope="session")
def photos() -> dict[str, np.ndarray]:
    """Real photos from installed packages, RGB uint8."""
    from skimage import data
    from sklearn.datasets import load_sample_image

    return {
        "astronaut": data.astronaut(),
        "coffee": data.coffee(),
        "flower": np.array(load_sample_image("flower.jpg")),
        "china": np.array(load_sample_image("china.jpg")),
    }
