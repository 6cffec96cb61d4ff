import numpy as np
import pytest
from numpy.testing import assert_allclose

from nst_pipeline.errors import ModelUnavailableError, SettingError
from nst_pipeline.settings import HarmonizeSettings, Settings
from nst_pipeline.style.proposals import proposals_for
from nst_pipeline.style.zoo.harmonizer import (
    harmonizer_feeds,
    harmonizer_network,
    recognize_harmonizer,
)
from nst_pipeline.style.zoo.signature import read_signature
from nst_pipeline.vision.harmonize.harmonize import harmonize
from nst_pipeline.vision.harmonize.model.harmonizer import builtin
from tests.style.zoo.networks import (
    save_harmonizer,
    save_joint_harmonizer,
    save_pct_net,
    save_salient,
)

FAMILIES = [
    (save_harmonizer, "two inputs"),
    (save_joint_harmonizer, "four channels"),
    (save_pct_net, "PCT-Net"),
]
COMPOSITE = np.random.default_rng(1).integers(100, 180, (300, 400, 3)).astype(np.uint8)
MATTE = np.zeros((300, 400), np.float32)
MATTE[100:200, 100:250] = 1


@pytest.mark.parametrize(("save", "family"), FAMILIES)
def test_a_family_is_recognized_by_its_inputs(tmp_path, save, family):
    assert recognize_harmonizer(read_signature(save(tmp_path / "net.onnx"))) == family


@pytest.mark.parametrize("save", [save for save, _ in FAMILIES])
def test_the_picture_has_the_networks_own_size(tmp_path, save):
    after = harmonizer_network(str(save(tmp_path / "net.onnx")))(COMPOSITE, MATTE)
    assert after.shape == ((300, 400, 3) if save is save_pct_net else (64, 64, 3))
    assert after.dtype == np.uint8


def test_pct_net_sees_the_picture_small_and_at_most_at_1024_pixels(tmp_path):
    signature = read_signature(save_pct_net(tmp_path / "net.onnx"))
    large = np.zeros((1500, 2000, 3), np.uint8)
    feeds = harmonizer_feeds(signature, "PCT-Net", large, np.zeros((1500, 2000), np.float32))
    assert {name: feed.shape for name, feed in feeds.items()} == {
        "image_lr": (1, 3, 256, 256),
        "mask_lr": (1, 1, 256, 256),
        "image_fullres": (1, 3, 768, 1024),
        "mask_fullres": (1, 1, 768, 1024),
    }


def test_a_network_of_any_size_gets_multiples_of_32(tmp_path):
    signature = read_signature(save_harmonizer(tmp_path / "net.onnx", "any"))
    feeds = harmonizer_feeds(signature, "two inputs", COMPOSITE, MATTE)
    assert feeds["composite"].shape == (1, 3, 288, 384)
    assert feeds["mask"].shape == (1, 1, 288, 384)


def test_colors_and_masks_lie_between_0_and_1(tmp_path):
    signature = read_signature(save_joint_harmonizer(tmp_path / "net.onnx"))
    plain = np.full_like(COMPOSITE, (255, 51, 0))
    [both] = harmonizer_feeds(signature, "four channels", plain, MATTE).values()
    assert_allclose(both[0, :, 32, 32], [1, 0.2, 0, 1], rtol=1e-6)
    assert_allclose(both[0, :, 2, 2], [1, 0.2, 0, 0], rtol=1e-6)


@pytest.mark.parametrize("save", [save for save, _ in FAMILIES])
def test_the_change_is_carried_to_full_size_inside_the_object_only(tmp_path, save):
    path = str(save(tmp_path / "net.onnx"))
    chosen = HarmonizeSettings(method="network", network=path, color_only=True)
    proposals = proposals_for(COMPOSITE, MATTE, Settings(harmonize=chosen))
    result = harmonize(COMPOSITE, MATTE, chosen, harmonizer=builtin(), proposals=proposals)
    assert result.chosen == "network"
    assert (result.image[MATTE == 0] == COMPOSITE[MATTE == 0]).all()
    inside = np.s_[110:190, 110:240]
    change = result.image[inside].astype(float) - COMPOSITE[inside]
    assert change.mean() == pytest.approx(0.25 * COMPOSITE[inside].mean(), rel=0.06)
    # The composite's own detail survives, although the network saw a small picture.
    detail = [picture[inside].astype(float).std() for picture in (result.image, COMPOSITE)]
    assert detail[0] == pytest.approx(detail[1], rel=0.25)


def test_the_network_is_asked_only_on_request(tmp_path):
    settings = Settings(harmonize=HarmonizeSettings(network="pct-net"))
    assert "network" not in proposals_for(COMPOSITE, MATTE, settings)


def test_the_method_without_a_network_names_the_setting():
    chosen = HarmonizeSettings(method="network")
    proposals = proposals_for(COMPOSITE, MATTE, Settings(harmonize=chosen))
    with pytest.raises(SettingError, match=r"harmonize\.network is empty"):
        proposals["network"]()


def test_a_network_of_another_signature_is_one_line(tmp_path):
    path = save_salient(tmp_path / "net.onnx", 320)
    with pytest.raises(ModelUnavailableError, match=r"net\.onnx does not take.*pct-net$"):
        harmonizer_network(str(path))
