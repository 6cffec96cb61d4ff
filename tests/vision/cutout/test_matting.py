import numpy as np

from nst_pipeline.vision.cutout.matting import (
    MattingParameters,
    estimate_foreground,
    estimate_matte,
    make_trimap,
)


def test_the_trimap_is_certain_away_from_the_outline(disc):
    mask = disc.alpha > 0.5

    trimap = make_trimap(mask)

    assert set(np.unique(trimap)) == {0, 0.5, 1}
    assert mask[trimap == 1].all()
    assert not mask[trimap == 0].any()


def test_a_wider_band_leaves_more_unknown(disc):
    mask = disc.alpha > 0.5

    narrow = make_trimap(mask) == 0.5
    wide = make_trimap(mask, parameters=MattingParameters(band_share=0.1)) == 0.5

    assert wide[narrow].all()
    assert wide.sum() > narrow.sum()


def test_the_matte_follows_the_antialiased_edge(disc):
    matte = estimate_matte(disc.photo, disc.alpha > 0.5)

    hard = (disc.alpha > 0.5).astype(np.float32)
    assert matte.dtype == np.float32
    assert np.abs(matte - disc.alpha).sum() < np.abs(hard - disc.alpha).sum()


def test_without_a_known_background_the_matte_is_the_mask():
    mask = np.ones((20, 20), bool)
    mask[0, 0] = False

    matte = estimate_matte(np.zeros((20, 20, 3), np.uint8), mask)

    assert np.array_equal(matte, mask.astype(np.float32))


def test_edge_colors_lose_the_old_background(disc):
    edge = (disc.alpha > 0.2) & (disc.alpha < 0.8)
    truth = np.array([230, 130, 30])
    before = np.abs(disc.photo[edge] - truth).mean()

    colors = estimate_foreground(disc.photo, disc.alpha.astype(np.float32))

    assert np.abs(colors[edge] - truth).mean() < before / 3
