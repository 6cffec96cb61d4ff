"""The harmonizer: a colour model that a collection's own photos calibrate, without a download.

Real photos are natural. Their objects are recoloured, by the colours of other objects and by a
photo editor's sliders, and the model learns to undo it from the object, its ring and the scene;
untouched photos among them teach it to leave alone what is natural, and objects pasted over
themselves, enlarged, that a hard outline alone says nothing of the colours.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nst_pipeline.errors import NstError
from nst_pipeline.vision.colour import ColourChange, LabStatistics, ring_change, statistics
from nst_pipeline.vision.composite import recompose
from nst_pipeline.vision.describe import (
    RELEVANCE,
    SEAM,
    SPREAD_FLOOR,
    VIEW_SIDE,
    View,
    describe,
    object_statistics,
    view,
)
from nst_pipeline.vision.distort import enlarge, slide, towards
from nst_pipeline.vision.kernel_ridge import KernelRidge, fit_kernel_ridge
from nst_pipeline.vision.realism import view_realism
from nst_pipeline.vision.resize import fitted
from nst_pipeline.vision.ring import object_box
from nst_pipeline.vision.shapes import Matte, Rgb

RECOLOURED_PER_PHOTO = 4
SLID_PER_PHOTO = 4
NATURAL_IMPORTANCE = 20.0
"""Weight of an untouched photo, more than of all its recoloured copies: harm is worse than a
missed gain."""
PASTED_IMPORTANCE = 5.0
"""Weight of an object of natural colours behind a pasted outline."""
PHOTOS_MIN = 20
"""With fewer photos the model knows single objects, not colours: the fallback is better."""
PHOTOS_MAX = 300
"""More photos cost time and space (the kernel grows with their square) and gain little."""
SEAM_BRAKE, BRAKE = 4.0, 7.0
"""LAB units, the usual error of a shift predicted with and without the seam: of smaller predictions
little is applied."""
REACH = 30.0
"""LAB units; no object is moved farther. Larger predictions are of objects like no other."""
GAIN_LIMIT = 2.5
"""No change of contrast beyond this factor: what is clipped does not come back."""

OWN_PLACE, FOREIGN_PLACE = 0.2, 0.5
"""Predictions of being pasted. Nineteen in twenty recoloured objects stay below 0.4, nineteen in
twenty pasted ones lie above 0.45; real composites lie between, as their outlines are finer."""

NATURAL, PASTED = 6, 7
"""Where a prediction says so, after shift and log gain of the three channels."""

_SHARED = ("centre", "scale", "examples")
_OWN = ("relevance", "weights")


def _braked(target: NDArray[np.float64], brake: float) -> NDArray[np.float64]:
    """A predicted change, shrunk where its shift is as small as its error, or too far."""
    size = np.linalg.norm(target[:3]) + 1e-9
    trust = size**2 / (size**2 + brake**2)
    return np.asarray(target * (REACH * np.tanh(trust * size / REACH) / size))


def _change(prediction: NDArray[np.float64], own: LabStatistics, brake: float) -> ColourChange:
    target = _braked(prediction[:NATURAL], brake)
    gain = np.clip(np.exp(target[3:]), 1 / GAIN_LIMIT, GAIN_LIMIT)
    return ColourChange(pivot=own.mean, gain=gain, shift=target[:3])


@dataclass(frozen=True)
class Harmonizer:
    """A colour model; `model` is None for the built-in one, the shrunk ring statistics.

    Attributes:
        model: reads all features.
        foreign: the same without the seam, for objects that come from another picture.
        photos: how many it has learned from.
    """

    model: KernelRidge | None
    foreign: KernelRidge | None
    photos: int

    def change(self, seen: View) -> ColourChange | None:
        """The colour change that would make the object natural; None where nothing tells."""
        own = object_statistics(seen)
        if self.model is None or self.foreign is None:
            ring = statistics(seen.lab, seen.ring)
            return None if ring is None else ring_change(own, ring)
        features = describe(seen)
        prediction = self.model.predict(features)
        change = _change(prediction, own, SEAM_BRAKE)
        share = (prediction[PASTED] - OWN_PLACE) / (FOREIGN_PLACE - OWN_PLACE)
        if share <= 0:
            return change
        unseamed = _change(self.foreign.predict(features), own, BRAKE)
        return change.mixed(unseamed, min(1.0, share))

    def realism(self, seen: View) -> float:
        """The trust, 0..1, that the picture is a photo as it was."""
        if self.model is None:
            return view_realism(seen)
        return float(np.clip(self.model.predict(describe(seen))[NATURAL], 0, 1))

    def apply(self, composite: Rgb, matte: Matte) -> Rgb:
        """The composite with the object's colours made natural; unchanged where nothing tells.

        Args:
            composite: (height, width, 3) uint8 RGB.
            matte: (height, width) float32, 0..1; where it is 0, no byte changes.
        """
        seen = view(composite, matte)
        change = None if seen is None else self.change(seen)
        return composite if change is None else recolour(composite, matte, change)

    def to_bytes(self) -> bytes:
        """The model as an .npz file without pickles; the same model gives the same bytes."""
        arrays, buffer = {}, io.BytesIO()
        if self.model is not None and self.foreign is not None:
            arrays = {name: getattr(self.model, name) for name in (*_SHARED, *_OWN)}
            arrays |= {f"foreign_{name}": getattr(self.foreign, name) for name in _OWN}
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
    """The built-in model for small collections: part of the way to the ring's LAB statistics."""
    return Harmonizer(None, None, 0)


def from_bytes(content: bytes, *, source: str = "harmonizer") -> Harmonizer:
    """Read a model.

    Args:
        source: the file's name, for errors.

    Raises:
        NstError: the bytes are no harmonizer.
    """
    model = foreign = None
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            photos = int(file["photos"])
            if photos:
                shared = [file[name] for name in _SHARED]
                model = KernelRidge(*shared, *(file[name] for name in _OWN))
                foreign = KernelRidge(*shared, *(file[f"foreign_{name}"] for name in _OWN))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise NstError(
            f"{source} is no harmonizer ({error}): make it anew with `nst calibrate`"
        ) from error
    return Harmonizer(model, foreign, photos)


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


@dataclass(frozen=True)
class _Example:
    """A photo at the size that statistics need, with its object's true colours."""

    image: Rgb
    matte: Matte
    truth: LabStatistics


def _example(photo: Rgb, matte: Matte) -> _Example | None:
    image, small = fitted(photo, 2 * VIEW_SIDE), fitted(matte, 2 * VIEW_SIDE)
    seen = view(image, small)
    return None if seen is None else _Example(image, small, object_statistics(seen))


def _recoloured(
    example: _Example, others: list[_Example], rng: np.random.Generator
) -> Iterator[Rgb]:
    """The picture with its object in the colours of others, and after a photo editor's sliders."""
    for index in rng.integers(len(others), size=RECOLOURED_PER_PHOTO):
        change = towards(example.truth, others[index].truth)
        yield recolour(example.image, example.matte, change)
    for _ in range(SLID_PER_PHOTO):
        yield recompose(example.image, example.matte, slide(example.image, rng))


def _target(
    now: LabStatistics, truth: LabStatistics, *, natural: bool, pasted: bool
) -> NDArray[np.float64]:
    """Shift of the mean, log ratio of the spread, whether it is a photo as it was, or pasted."""
    ratio = (truth.spread + SPREAD_FLOOR) / (now.spread + SPREAD_FLOOR)
    return np.concatenate([truth.mean - now.mean, np.log(ratio), [natural, pasted]])


_Row = tuple[NDArray[np.float64], NDArray[np.float64], float]


def _rows(example: _Example, others: list[_Example], rng: np.random.Generator) -> Iterator[_Row]:
    """Features, target and importance of the photo, its pasted copy, and both recoloured."""
    copy = _example(*enlarge(example.image, example.matte, rng))
    for kept, importance in ((example, NATURAL_IMPORTANCE), (copy, PASTED_IMPORTANCE)):
        if kept is None:
            continue
        for image in (kept.image, *_recoloured(kept, others, rng)):
            seen, unchanged = view(image, kept.matte), image is kept.image
            if seen is not None:
                pasted = kept is copy
                target = _target(
                    object_statistics(seen),
                    kept.truth,
                    natural=unchanged and not pasted,
                    pasted=pasted,
                )
                yield describe(seen), target, importance if unchanged else 1.0


def calibrate(photos: Iterable[tuple[Rgb, Matte]], *, seed: int = 0) -> Harmonizer:
    """Learn natural colours from photos with their objects' mattes.

    Args:
        photos: (height, width, 3) uint8 RGB and (height, width) float32, read one by one; those
            whose matte is empty, or leaves nothing around the object, are passed over.
        seed: of the recolourings.

    Returns:
        The fallback where there are fewer than `PHOTOS_MIN` usable photos.
    """
    examples = []
    for photo, matte in photos:
        example = _example(photo, matte)
        if example is not None:
            examples.append(example)
        if len(examples) == PHOTOS_MAX:
            break
    if len(examples) < PHOTOS_MIN:
        return fallback()
    rng = np.random.default_rng(seed)
    rows = [row for example in examples for row in _rows(example, examples, rng)]
    features, targets, importance = (np.array(column) for column in zip(*rows, strict=True))
    model = fit_kernel_ridge(features, targets, importance, RELEVANCE)
    foreign = fit_kernel_ridge(features, targets, importance, RELEVANCE * ~SEAM)
    return Harmonizer(model, replace(foreign, examples=model.examples), len(examples))
