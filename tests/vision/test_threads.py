"""A run's workers detect, cut out and harmonize in parallel, which must not change results."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from skimage import data

from nst_pipeline.settings import CutoutSettings, DetectionSettings, HarmonizeSettings, Settings
from nst_pipeline.style.cutout_network import load_cutout_network
from nst_pipeline.style.finding.network_finders import network_finders
from nst_pipeline.vision.cutout import cut_out
from nst_pipeline.vision.detect import detect
from nst_pipeline.vision.harmonize.harmonize import harmonize
from nst_pipeline.vision.harmonize.model.calibrate import calibrate

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def photos():
    return [data.chelsea(), data.astronaut(), data.coffee()] * 2


def _natural(photo):
    found = detect(photo, DetectionSettings(), networks=network_finders(Settings()))[0]
    network = load_cutout_network()
    cutout = cut_out(photo, found, CutoutSettings(work_side=256), network=network)
    shifted = np.where(cutout.matte[..., None] > 0.5, photo // 2 + 60, photo).astype(np.uint8)
    result = harmonize(shifted, cutout.matte, HarmonizeSettings(), harmonizer=calibrate([]))
    return found.box, cutout.matte, cutout.quality, result.image


def test_several_threads_give_the_same_results_as_one(photos):
    alone = [_natural(photo) for photo in photos[:3]] * 2
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(_natural, photos))
    for (box, matte, quality, image), (own_box, own_matte, own_quality, own_image) in zip(
        together, alone, strict=True
    ):
        assert box == own_box and quality == own_quality
        np.testing.assert_array_equal(matte, own_matte)
        np.testing.assert_array_equal(image, own_image)
