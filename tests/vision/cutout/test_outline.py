import numpy as np

from nst_pipeline.vision.cutout.outline import OutlineRefinementParameters, refine_outline


def test_the_outline_of_a_large_object_moves_to_its_edges():
    rng = np.random.default_rng(0)
    rows, columns = np.indices((400, 400))
    disc = np.hypot(rows - 200, columns - 200) < 120
    noise = rng.normal(0, 8, (400, 400, 3))
    image = np.where(disc[..., None], [200, 60, 40], [60, 90, 140]) + noise
    image = np.clip(image, 0, 255).astype(np.uint8)
    rough = np.hypot(rows - 205, columns - 197) < 122

    refined = refine_outline(image, rough)

    assert (refined ^ disc).sum() < 0.1 * (rough ^ disc).sum()


def test_a_small_object_keeps_its_outline():
    mask = np.zeros((60, 60), bool)
    mask[20:40, 20:40] = True
    image = np.random.default_rng(0).integers(0, 256, (60, 60, 3)).astype(np.uint8)

    assert refine_outline(image, mask) is mask
    refined = refine_outline(image, mask, parameters=OutlineRefinementParameters(min_size_px=10))
    assert refined is not mask
