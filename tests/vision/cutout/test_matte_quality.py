import numpy as np
import pytest

from nst_pipeline.vision.cutout.matte_quality import MatteQualityParameters, find_matte_defect


@pytest.fixture
def sticker(disc):
    pixels = np.dstack([disc.photo, np.rint(disc.alpha * 255).astype(np.uint8)])
    return pixels[disc.box.expanded(2).slices]


def test_a_soft_matte_has_no_defect(sticker):
    assert find_matte_defect(sticker, expect_soft_edge=True) == ""


@pytest.mark.parametrize(
    ("change", "defect"),
    [
        (lambda alpha: np.where(alpha > 250, alpha, 0) // 60, "the object was lost"),
        (lambda alpha: np.full_like(alpha, 255), "the background was kept"),
        (lambda alpha: np.where(alpha > 127, 255, 0), "its edge is hard"),
    ],
)
def test_each_defect_is_described(sticker, change, defect):
    sticker[..., 3] = change(sticker[..., 3])

    assert defect in find_matte_defect(sticker, expect_soft_edge=True)


def test_a_hard_edge_is_not_a_defect_without_matting(sticker):
    sticker[..., 3] = np.where(sticker[..., 3] > 127, 255, 0)

    assert find_matte_defect(sticker, expect_soft_edge=False) == ""


def test_the_limits_are_parameters(sticker):
    strict = MatteQualityParameters(min_opaque_share=0.9)

    defect = find_matte_defect(sticker, expect_soft_edge=True, parameters=strict)

    assert defect.startswith("only ")
