import numpy as np

from nst_pipeline.style.optimize.color_start import match_colors
from nst_pipeline.style.optimize.problem import TransferProblem


def problem(content: np.ndarray, style: np.ndarray) -> TransferProblem:
    masks = [np.ones(picture.shape[:2], np.float32) for picture in (content, style)]
    return TransferProblem(content, masks[0], style, masks[1])


def colors(picture: np.ndarray) -> np.ndarray:
    return picture.reshape(-1, 3).astype(float)


def test_the_mean_and_the_covariance_become_those_of_the_style(photos):
    # Scaled down, so that nothing is clipped.
    content, style = (40 + photos[name][::4, ::4] * 0.5 for name in ("chelsea", "ihc"))

    matched = match_colors(problem(content, style))

    np.testing.assert_allclose(colors(matched).mean(0), colors(style).mean(0), atol=1)
    expected = np.cov(colors(style).T)
    np.testing.assert_allclose(np.cov(colors(matched).T), expected, atol=0.05 * expected.max())


def test_a_picture_in_the_colors_of_the_style_stays_as_it_is(photos):
    picture = photos["flower"][::4, ::4]

    np.testing.assert_allclose(match_colors(problem(picture, picture)), picture, atol=0.1)


def test_only_colors_within_the_masks_count(photos):
    content, style = photos["chelsea"][:60, :80].copy(), photos["ihc"][:60, :80].copy()
    mask = np.zeros((60, 80), np.float32)
    mask[10:50, 10:70] = 1
    given = TransferProblem(content, mask, style, mask)
    before = match_colors(given)

    style[mask == 0] = 0

    np.testing.assert_array_equal(match_colors(given), before)


def test_a_flat_picture_is_no_error():
    flat = np.full((8, 8, 3), 90, np.uint8)

    assert np.isfinite(match_colors(problem(flat, flat + 40))).all()
