"""The harmonizer: tells the colour change that makes a pasted object natural, and how surely.

It is a colour model that a collection's own photos calibrate (`calibrate`), or the built-in one.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nst_pipeline.errors import NstError
from nst_pipeline.vision.blacks import keep_blacks
from nst_pipeline.vision.colour import ColourChange, ring_change, statistics
from nst_pipeline.vision.colour_model import Advice, ColourModel
from nst_pipeline.vision.composite import recompose
from nst_pipeline.vision.describe import View, describe, object_colours, view
from nst_pipeline.vision.kernel_ridge import KernelRidge
from nst_pipeline.vision.realism import view_realism
from nst_pipeline.vision.ring import object_box
from nst_pipeline.vision.shapes import Matte, Rgb

_SHARED = ("centre", "scale", "examples")
_OWN = ("relevance", "weights")


@dataclass(frozen=True)
class Harmonizer:
    """Advises on colours; `model` is None for the built-in rule, the shrunk ring statistics.

    Attributes:
        photos: how many the model has learned from.
    """

    model: ColourModel | None
    photos: int

    def advise(self, seen: View) -> Advice | None:
        """The change that would make the object natural; None where nothing tells."""
        colours = object_colours(seen)
        if self.model is not None:
            advice = self.model.advise(describe(seen), colours)
        else:
            ring = statistics(seen.lab, seen.ring)
            if ring is None:
                return None
            advice = Advice(ring_change(colours.own, ring), 1 - view_realism(seen))
        return Advice(keep_blacks(advice.change, seen), advice.confidence)

    def apply(self, composite: Rgb, matte: Matte) -> Rgb:
        """The composite with all of the advised change; unchanged where nothing tells.

        Args:
            composite: (height, width, 3) uint8 RGB.
            matte: (height, width) float32, 0..1; where it is 0, no byte changes.
        """
        seen = view(composite, matte)
        advice = None if seen is None else self.advise(seen)
        return composite if advice is None else recolour(composite, matte, advice.change)

    def to_bytes(self) -> bytes:
        """The model as an .npz file without pickles; the same model gives the same bytes."""
        arrays, buffer = {}, io.BytesIO()
        if self.model is not None:
            arrays = {name: getattr(self.model.seamed, name) for name in (*_SHARED, *_OWN)}
            arrays |= {f"unseamed_{name}": getattr(self.model.unseamed, name) for name in _OWN}
            arrays["gate"] = self.model.gate
        np.savez(buffer, photos=np.int64(self.photos), **arrays)
        return buffer.getvalue()

    def save(self, path: Path) -> None:
        """Write the model to a file."""
        path.write_bytes(self.to_bytes())

    @property
    def digest(self) -> str:
        """SHA-256 of the saved model, hexadecimal."""
        return hashlib.sha256(self.to_bytes()).hexdigest()


def recolour(composite: Rgb, matte: Matte, change: ColourChange) -> Rgb:
    """Make a colour change on the object alone, weighted by the matte at its soft edge."""
    part, foreground = object_box(matte).slices, composite.copy()
    foreground[part] = change.apply(composite[part])
    return recompose(composite, matte, foreground)


def fallback() -> Harmonizer:
    """The built-in rule for small collections: part of the way to the ring's LAB statistics."""
    return Harmonizer(None, 0)


def from_bytes(content: bytes, *, source: str = "harmonizer") -> Harmonizer:
    """Read a model.

    Args:
        source: the file's name, for errors.

    Raises:
        NstError: the bytes are no harmonizer.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            photos = int(file["photos"])
            if not photos:
                return fallback()
            shared = [file[name] for name in _SHARED]
            seamed = KernelRidge(*shared, *(file[name] for name in _OWN))
            unseamed = KernelRidge(*shared, *(file[f"unseamed_{name}"] for name in _OWN))
            return Harmonizer(ColourModel(seamed, unseamed, file["gate"]), photos)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise NstError(
            f"{source} is no harmonizer ({error}): make it anew with `nst calibrate`"
        ) from error


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
