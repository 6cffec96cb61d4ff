import numpy as np

from nst_pipeline.vision.colour import ColourChange
from nst_pipeline.vision.describe import object_colours, view
from nst_pipeline.vision.harmonizer import recolour
from nst_pipeline.vision.realism import UNDECIDED, chroma_jump, realism, score_candidate


def tinted(photo: np.ndarray, matte: np.ndarray, *shift: float) -> np.ndarray:
    seen = view(photo, matte)
    change = ColourChange(object_colours(seen).own.mean, np.ones(3), np.array(shift))
    return recolour(photo, matte, change)


def test_a_tinted_object_looks_less_natural(collection):
    natural = [realism(*pair) for pair in collection]
    wrong = [realism(tinted(*pair, 0, 30, -25), pair[1]) for pair in collection]
    assert np.mean(wrong) < np.mean(natural) - 0.1


def test_chroma_jump_is_that_of_the_tint():
    grey, matte = np.full((80, 80, 3), 128, np.uint8), np.zeros((80, 80), np.float32)
    matte[20:60, 20:60] = 1
    assert chroma_jump(view(grey, matte)) == 0
    assert abs(chroma_jump(view(tinted(grey, matte, 0, 12, -9), matte)) - 15) < 0.7


def test_nothing_to_judge():
    assert realism(np.zeros((20, 20, 3), np.uint8), np.zeros((20, 20), np.float32)) == UNDECIDED


def test_trust_decides_between_untouched_and_corrected(cup):
    photo, matte = cup
    untouched, corrected = view(photo, matte), view(tinted(photo, matte, 0, 10, 0), matte)
    halfway = view(tinted(photo, matte, 0, 5, 0), matte)

    def scores(trust: float) -> list[float]:
        return [
            score_candidate(each, untouched, corrected, trust)
            for each in (untouched, halfway, corrected)
        ]

    assert np.argmax(scores(0.95)) == 0 and np.argmax(scores(0.05)) == 2
    assert np.argmax(scores(0.5)) == 1
    assert all(0 <= score <= 1 for score in scores(0.5))
