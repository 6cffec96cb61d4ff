"""The harmonizer: a color model, and how it is stored.

It is calibrated on a collection's own photos (`calibrate`); small collections use the built-in one.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.errors import NstError
from nst_pipeline.vision.harmonize.blacks import keep_blacks
from nst_pipeline.vision.harmonize.color_change import recolor
from nst_pipeline.vision.harmonize.model.color_model import Advice, ColorModel
from nst_pipeline.vision.harmonize.model.features import describe
from nst_pipeline.vision.harmonize.model.kernel_ridge import KernelRidgeModel
from nst_pipeline.vision.harmonize.model.linear_model import LinearModel
from nst_pipeline.vision.harmonize.object_view import ObjectView, object_colors, object_view
from nst_pipeline.vision.shapes import Matte, Rgb

_BUILTIN = Path(__file__).with_name("builtin.npz")
_WITH_SEAM, _WITHOUT_SEAM = "seamed", "unseamed"
"""Prefixes of the two predictors' arrays in a file."""
_STORED_NAMES = {"center": "centre"}
"""Attributes with a different name in the file, whose format is older."""


def _stored_name(prefix: str, attribute: str) -> str:
    return f"{prefix}_{_STORED_NAMES.get(attribute, attribute)}"


@dataclass(frozen=True)
class Harmonizer:
    """Predicts the color change that makes an object look natural.

    Attributes
    ----------
    model
        A kernel model fitted to the collection's own photos, or the built-in linear one.
    photos
        Number of the collection's photos that it was calibrated on; 0 for the built-in one.
    """

    model: ColorModel
    photos: int

    def advise(self, view: ObjectView) -> Advice:
        """Predict the change that makes an object look natural, and the confidence in it."""
        advice = self.model.advise(describe(view), object_colors(view))
        return Advice(keep_blacks(advice.change, view), advice.confidence)

    def apply(self, composite: Rgb, matte: Matte) -> Rgb:
        """Apply the whole predicted change.

        Parameters
        ----------
        composite
            (height, width, 3) uint8 RGB.
        matte
            (height, width) float32, 0..1; where it is 0, no byte changes.

        Returns
        -------
        Rgb
            The composite itself if there is no object, or nothing around it.
        """
        view = object_view(composite, matte)
        return composite if view is None else recolor(composite, matte, self.advise(view).change)

    def to_bytes(self) -> bytes:
        """Return the model as an .npz file without pickles; equal models give equal bytes."""
        with_seam, without_seam = vars(self.model.with_seam), vars(self.model.without_seam)
        arrays = {_stored_name(_WITH_SEAM, name): array for name, array in with_seam.items()}
        # Arrays that both share, such as a kernel's examples, are stored once.
        arrays |= {
            _stored_name(_WITHOUT_SEAM, name): array
            for name, array in without_seam.items()
            if array is not with_seam[name]
        }
        buffer = io.BytesIO()
        np.savez(buffer, photos=np.int64(self.photos), gate=self.model.gate, **arrays)
        return buffer.getvalue()

    def save(self, path: Path) -> None:
        """Write the model to a file."""
        path.write_bytes(self.to_bytes())

    @property
    def digest(self) -> str:
        """SHA-256 of the saved model, hexadecimal."""
        return hashlib.sha256(self.to_bytes()).hexdigest()


@cache
def builtin() -> Harmonizer:
    """Return the model that comes with the package, for collections too small for their own.

    `benchmarks/train_builtin.py` fitted it to 240 research photos with object masks. It holds only
    the weights of features, no part of any photo.
    """
    return load(_BUILTIN)


def _predictor(arrays: Mapping[str, NDArray[Any]], prefix: str) -> KernelRidgeModel | LinearModel:
    """Read one predictor; its kind follows from the arrays."""
    kind = KernelRidgeModel if _stored_name(_WITH_SEAM, "examples") in arrays else LinearModel

    def array(attribute: str) -> NDArray[Any]:
        own = _stored_name(prefix, attribute)
        return arrays[own if own in arrays else _stored_name(_WITH_SEAM, attribute)]

    return kind(**{field.name: array(field.name) for field in fields(kind)})


def from_bytes(content: bytes, *, source: str = "harmonizer") -> Harmonizer:
    """Read a model.

    Parameters
    ----------
    content
        The bytes of a saved model.
    source
        Name of the file, for errors.

    Raises
    ------
    NstError
        The bytes are not a harmonizer.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = dict(file)
        model = ColorModel(
            _predictor(arrays, _WITH_SEAM), _predictor(arrays, _WITHOUT_SEAM), arrays["gate"]
        )
        return Harmonizer(model, int(arrays["photos"]))
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile) as error:
        raise NstError(
            f"{source} is not a harmonizer: make it again with `nst calibrate`"
        ) from error


def load(path: Path) -> Harmonizer:
    """Read a model from a file.

    Raises
    ------
    NstError
        The file is missing or not a harmonizer.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NstError(
            f"harmonizer {path} cannot be read ({error.strerror}): make it with `nst calibrate`"
        ) from error
    return from_bytes(content, source=str(path))
