"""Make sets of cases whose truth is known and whose seam does not tell, from photos and masks.

The cases are made in memory, one at a time. The same photos and seed give the same bytes, and a
photo's changes depend on its name, not on the other photos (but for the colors of other objects).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from nst_pipeline.vision.harmonize.model.distort import move_sliders
from nst_pipeline.vision.images.color import to_lab
from nst_pipeline.vision.images.regions import object_mask
from nst_pipeline.vision.shapes import Rgb

from .cases import (
    ANOTHER_LIGHT,
    NO_SEAM,
    PARAMETERS,
    SEAMS,
    TONED,
    Case,
    Paste,
    Photo,
    enlarge,
    natural_case,
    recolored,
    recolored_case,
    relit_case,
    relit_natural_case,
    seam_cases,
    sliders_case,
    soften,
    toned_case,
)
from .looks import LIGHTS, TONES, draw_light, draw_tone


@dataclass(frozen=True)
class KeptParameters:
    """Which photos and cases are kept."""

    object_share: tuple[float, float] = (0.006, 0.6)
    """Share of the picture that an object covers."""
    error: tuple[float, float] = (150.0, 6000.0)
    """Mean squared error, 8-bit units, of a change that is neither invisible nor absurd."""
    toned_chroma: float = 5.0
    """LAB units; an object whose colors are nearer to the scene's tone has nothing to lose."""


KEPT = KeptParameters()
LIGHTS_PER_PHOTO = 2


def usable(photo: Photo) -> bool:
    """Whether the object is neither tiny nor fills the picture."""
    smallest, largest = KEPT.object_share
    return smallest <= object_mask(photo.matte).mean() <= largest


def _error(case: Case) -> float:
    assert case.truth is not None
    difference = case.composite.astype(np.float64) - case.truth
    return float((difference**2)[case.inside].mean())


def _chroma_error(case: Case) -> float:
    assert case.truth is not None
    own, true = (to_lab(each)[case.inside][:, 1:] for each in (case.composite, case.truth))
    return float(np.linalg.norm(own - true, axis=-1).mean())


def _generator(seed: int, protocol: str, photo: Photo) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(f"{protocol}/{photo.name}".encode())])


def _soft_paste(photo: Photo, rng: np.random.Generator) -> Paste:
    return soften(enlarge(photo, rng), rng.uniform(*PARAMETERS.blur_px))


def _other(photos: Sequence[Photo], index: int, rng: np.random.Generator) -> Photo:
    """Choose another photo; the only one if there is no other."""
    return photos[(index + rng.integers(1, max(len(photos), 2))) % len(photos)]


def no_telling_seam(photos: Sequence[Photo], seed: int) -> Iterator[Case]:
    """Yield each object in its natural colors, recolored, and edited with sliders."""
    smallest, largest = KEPT.error
    for index, photo in enumerate(photos):
        rng = _generator(seed, NO_SEAM, photo)
        paste = _soft_paste(photo, rng)
        yield natural_case(paste)
        changed = recolored_case(paste, _other(photos, index, rng), rng), sliders_case(paste, rng)
        yield from (case for case in changed if smallest < _error(case) < largest)


def another_light(photos: Sequence[Photo], seed: int) -> Iterator[Case]:
    """Yield each object relit with its scene, and in its own light in two of the `LIGHTS`."""
    kinds = list(LIGHTS)
    for index, photo in enumerate(photos):
        rng = _generator(seed, ANOTHER_LIGHT, photo)
        paste = _soft_paste(photo, rng)
        first = index * LIGHTS_PER_PHOTO
        chosen = [kinds[(first + turn) % len(kinds)] for turn in range(LIGHTS_PER_PHOTO)]
        lights = [draw_light(LIGHTS[kind], photo.image, rng) for kind in chosen]
        yield relit_natural_case(paste, lights[-1])
        cases = (relit_case(paste, *each) for each in zip(chosen, lights, strict=True))
        yield from (case for case in cases if _error(case) > KEPT.error[0])


def toned(photos: Sequence[Photo], seed: int) -> Iterator[Case]:
    """Yield each object in its own colors, in a scene in one of the `TONES`, in turn."""
    for index, photo in enumerate(photos):
        rng, kind = _generator(seed, TONED, photo), TONES[index % len(TONES)]
        case = toned_case(_soft_paste(photo, rng), kind, draw_tone(kind, rng))
        if _chroma_error(case) > KEPT.toned_chroma:
            yield case


def _layer_in_turn(
    index: int, paste: Paste, photos: Sequence[Photo], rng: np.random.Generator
) -> Rgb:
    """Return the object natural, recolored, or edited with sliders, in turn."""
    if index % 3 == 0:
        return paste.layer
    if index % 3 == 1:
        return recolored(paste, _other(photos, index, rng), rng)[0]
    return move_sliders(paste.layer, rng)


def seams(photos: Sequence[Photo], seed: int) -> Iterator[Case]:
    """Yield each object, natural or changed in turn, with three seams."""
    for index, photo in enumerate(photos):
        rng = _generator(seed, SEAMS, photo)
        paste = enlarge(photo, rng)
        yield from seam_cases(paste, _layer_in_turn(index, paste, photos, rng))


def made_sets(photos: Sequence[Photo], *, seed: int = 0) -> Iterator[Case]:
    """Yield the cases of all sets.

    Parameters
    ----------
    photos
        With one object each; those whose object is tiny or fills the picture are left out.
    seed
        Of all random numbers.
    """
    kept = [photo for photo in photos if usable(photo)]
    for cases_of in (no_telling_seam, another_light, toned, seams):
        yield from cases_of(kept, seed)
