import numpy as np
import pytest
from numpy.testing import assert_allclose
from skimage import data

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.zoo.box_prompted import (
    best_mask,
    decoder_feeds,
    encoder_input,
    load_prompted,
)
from nst_pipeline.vision.shapes import Box
from tests.style.zoo.networks import save_efficient_sam, save_salient, save_sam

CAT = data.chelsea()
"""451 x 300 pixels."""
HEAD = Box(120, 40, 200, 230)
EMBEDDING = np.zeros((1, 256, 64, 64), np.float32)


def test_sam_sees_pictures_with_a_longest_side_of_1024():
    prepared = encoder_input(CAT, "SAM")
    assert prepared.shape == (681, 1024, 3) and prepared.dtype == np.float32
    assert prepared.max() > 200


def test_efficient_sam_sees_pictures_at_their_size_between_0_and_1():
    prepared = encoder_input(CAT, "EfficientSAM")
    assert prepared.shape == (1, 3, 300, 451)
    assert_allclose(prepared[0, :, 10, 20], CAT[10, 20] / 255, rtol=1e-6)


def test_sam_gets_the_boxs_corners_in_its_own_scale():
    feeds = decoder_feeds(EMBEDDING, HEAD, CAT, "SAM")
    scale = 1024 / 451
    assert_allclose(
        feeds["point_coords"], [[[120 * scale, 40 * scale], [320 * scale, 270 * scale]]]
    )
    assert feeds["point_labels"].tolist() == [[2, 3]]
    assert feeds["orig_im_size"].tolist() == [300, 451]
    assert feeds["has_mask_input"].tolist() == [0] and not feeds["mask_input"].any()


def test_efficient_sam_gets_the_boxs_corners_in_pixels():
    feeds = decoder_feeds(EMBEDDING, HEAD, CAT, "EfficientSAM")
    assert feeds["batched_point_coords"].tolist() == [[[[120, 40], [320, 270]]]]
    assert feeds["batched_point_labels"].tolist() == [[[2, 3]]]


def test_the_mask_that_is_expected_to_be_best_is_taken():
    masks = np.stack([np.full((4, 5), level, np.float32) for level in (-9, 0, 9)])[None]
    best = best_mask(masks, np.float32([[0.5, 0.9, 0.1]]))
    assert_allclose(best, np.full((4, 5), 0.5))


@pytest.mark.parametrize(
    ("save", "family"), [(save_sam, "SAM"), (save_efficient_sam, "EfficientSAM")]
)
def test_the_object_is_found_in_the_pictures_pixels(tmp_path, save, family):
    network = load_prompted(save(tmp_path))
    assert network.family == family
    found = network.segment(CAT, HEAD)
    assert found.shape == CAT.shape[:2] and found.dtype == np.float32
    expected = np.zeros(CAT.shape[:2], bool)
    expected[HEAD.slices] = True
    assert ((found > 0.5) == expected).mean() > 0.99


def test_a_photo_is_encoded_once_for_all_its_boxes(tmp_path):
    network = load_prompted(save_sam(tmp_path))
    runs = []
    runtime = network.encoder.runtime

    class Counting:
        get_inputs = runtime.get_inputs

        def run(self, *arguments):
            runs.append(arguments)
            return runtime.run(*arguments)

    object.__setattr__(network.encoder, "runtime", Counting())
    for box in (HEAD, Box(0, 0, 50, 50)):
        network.segment(CAT, box)
    assert len(runs) == 1
    network.segment(CAT[::-1].copy(), HEAD)
    assert len(runs) == 2


def test_a_folder_without_a_decoder_is_refused(tmp_path):
    (save_sam(tmp_path) / "sam_decoder.onnx").unlink()
    with pytest.raises(ModelUnavailableError, match=r"0 files \*decoder\*\.onnx"):
        load_prompted(tmp_path)


def test_parts_of_another_kind_are_refused_with_what_they_are(tmp_path):
    save_salient(tmp_path / "encoder.onnx", 320)
    save_salient(tmp_path / "decoder.onnx", 320)
    with pytest.raises(ModelUnavailableError, match=r"picture \[1, 3, 320, 320\].*mobilesam"):
        load_prompted(tmp_path)
