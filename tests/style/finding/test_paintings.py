import numpy as np
import pytest
from skimage import data

from nst_pipeline.style.finding.paintings import is_painting

pytestmark = pytest.mark.slow


def nothing(picture: np.ndarray) -> np.ndarray:
    return np.zeros(picture.shape[:2], np.float32)


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "rocket", "grass"])
def test_photos_are_no_paintings_not_even_those_with_relief_everywhere(name, models_folder):
    photo = getattr(data, name)()
    photo = np.dstack([photo] * 3) if photo.ndim == 2 else photo
    assert not is_painting(photo, nothing(photo), "auto")


def test_the_setting_decides_first(models_folder):
    photo = data.coffee()
    assert is_painting(photo, nothing(photo), "painting")
    assert not is_painting(photo, nothing(photo), "photo")
