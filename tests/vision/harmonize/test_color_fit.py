import numpy as np

from nst_pipeline.vision.harmonize.color_change import ColorChange, recolor
from nst_pipeline.vision.harmonize.color_fit import color_fit
from nst_pipeline.vision.harmonize.object_view import object_colors, object_view


def tinted(photo: np.ndarray, matte: np.ndarray, *shift: float) -> np.ndarray:
    view = object_view(photo, matte)
    change = ColorChange(object_colors(view).own.mean, np.ones(3), np.array(shift))
    return recolor(photo, matte, change)


def test_trust_decides_between_untouched_and_corrected(cup):
    photo, matte = cup
    untouched = object_view(photo, matte)
    corrected = object_view(tinted(photo, matte, 0, 10, 0), matte)
    halfway = object_view(tinted(photo, matte, 0, 5, 0), matte)

    def scores(trust: float) -> list[float]:
        return [
            color_fit(each, untouched, corrected, trust) for each in (untouched, halfway, corrected)
        ]

    assert np.argmax(scores(0.95)) == 0 and np.argmax(scores(0.05)) == 2
    assert np.argmax(scores(0.5)) == 1
    assert all(0 <= score <= 1 for score in scores(0.5))
