"""The harmonizer: tells the color change that makes a pasted object natural, and how surely.

It is a color model that a collection's own photos calibrate (`calibrate`), or the built-in one.
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
from nst_pipeline.vision.harmonize.model.describe import describe
from nst_pipeline.vision.harmonize.model.kernel_ridge import KernelRidge
from nst_pipeline.vision.harmonize.model.linear_model import LinearModel
from nst_pipeline.vision.harmonize.object_view import ObjectView, object_colors, object_view
from nst_pipeline.vision.shapes import Matte, Rgb

_BUILTIN = Path(__file__).with_name("builtin.npz")


@dataclass(frozen=True)
class Harmonizer:
    """Advises on colors.

    Attributes:
        model: a kernel model of the collection's own photos, or the built-in linear one.
        photos: how many of the collection's own it has learned from; 0 for the built-in one.
    """

    model: ColorModel
    photos: int

    def advise(self, seen: ObjectView) -> Advice:
        """The change that would make the object natural."""
        advice = self.model.advise(describe(seen), object_colors(seen))
        return Advice(keep_blacks(advice.change, seen), advice.confidence)

    def apply(self, composite: Rgb, matte: Matte) -> Rgb:
        """The composite with all of the advised change; unchanged where nothing tells.

        Args:
            composite: (height, width, 3) uint8 RGB.
            matte: (height, width) float32, 0..1; where it is 0, no byte changes.
        """
        seen = object_view(composite, matte)
        return composite if seen is None else recolor(composite, matte, self.advise(seen).change)

    def to_bytes(self) -> bytes:
        """The model as an .npz file without pickles; the same model gives the same bytes."""
        seamed, unseamed = vars(self.model.seamed), vars(self.model.unseamed)
        arrays = {f"seamed_{name}": array for name, array in seamed.items()}
        # What both share, such as a kernel's examples, is stored once.
        arrays |= {
            f"unseamed_{name}": array
            for name, array in unseamed.items()
            if array is not seamed[name]
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
    """The model that comes with the package, for collections too small for one of their own.

    Learned from 240 research photos with their objects' masks: a few thousand weights of features,
    nothing of any picture. `benchmarks/train_builtin.py` makes it.
    """
    return load(_BUILTIN)


def _predictor(arrays: Mapping[str, NDArray[Any]], part: str) -> KernelRidge | LinearModel:
    """One predictor of a file: which kind it is shows in what it holds."""
    kind = KernelRidge if "seamed_examples" in arrays else LinearModel
    names = (field.name for field in fields(kind))
    shared = {name: f"seamed_{name}" for name in names}
    own = {name: f"{part}_{name}" for name in shared}
    return kind(
        **{name: arrays[own[name] if own[name] in arrays else shared[name]] for name in shared}
    )


def from_bytes(content: bytes, *, source: str = "harmonizer") -> Harmonizer:
    """Read a model.

    Args:
        source: the file's name, for errors.

    Raises:
        NstError: the bytes are no harmonizer.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = dict(file)
        seamed, unseamed = (_predictor(arrays, part) for part in ("seamed", "unseamed"))
        return Harmonizer(ColorModel(seamed, unseamed, arrays["gate"]), int(arrays["photos"]))
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile) as error:
        raise NstError(f"{source} is no harmonizer: make it anew with `nst calibrate`") from error


def load(path: Path) -> Harmonizer:
    """Read a model from a file.

    Raises:
        NstError: the file is missing or no harmonizer.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NstError(f"harmonizer {path} cannot be read ({error.strerror})") from error
    return from_bytes(content, source=str(path))
