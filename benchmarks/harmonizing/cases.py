"""Make single cases: an object pasted over itself, changed or in a scene that is changed.

The object is enlarged and its outline soft, so the scene does not go on across the outline, as it
does where an object is changed in its place and the seam tells what was changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from nst_pipeline.vision.compose.composite import recompose
from nst_pipeline.vision.harmonize.color_change import lab_statistics
from nst_pipeline.vision.harmonize.model.distort import move_sliders, transfer_statistics
from nst_pipeline.vision.images.color import to_lab
from nst_pipeline.vision.images.regions import object_box, object_mask
from nst_pipeline.vision.shapes import Mask, Matte, Rgb

from .looks import Light, Tone

NO_SEAM, ANOTHER_LIGHT, TONED, SEAMS = "no telling seam", "another light", "toned", "seams"
RECOLORED, SLIDERS, NATURAL = "recolored", "sliders", "natural"
SEAM_KINDS = ("perfect", "soft", "hard")


@dataclass(frozen=True)
class CaseParameters:
    """Ranges of the pastes and of the changes."""

    scale: tuple[float, float] = (1.06, 1.14)
    """Factor by which an object is enlarged."""
    blur_px: tuple[float, float] = (0.6, 1.6)
    """Standard deviation of the Gaussian that softens its outline."""
    recolored_share: tuple[float, float] = (0.4, 1.0)
    """Share of the way to another object's colors."""
    recolored_gain: tuple[float, float] = (0.5, 2.0)
    """Limits of the change of contrast on that way."""


PARAMETERS = CaseParameters()


@dataclass(frozen=True)
class Photo:
    """A photo, the matte of its object, and a name that seeds its changes."""

    name: str
    image: Rgb
    matte: Matte


@dataclass(frozen=True)
class Case:
    """A composite to harmonize.

    Attributes
    ----------
    protocol
        The set that it belongs to.
    kind
        What was done to the object or the scene.
    name
        Of the photo.
    composite, matte
        What a method gets.
    truth
        The picture that it should make, if that is known.
    source, source_matte
        The photo that the object comes from and its matte there, if they are known: their light is
        that of the object.
    """

    protocol: str
    kind: str
    name: str
    composite: Rgb
    matte: Matte
    truth: Rgb | None = None
    source: Rgb | None = None
    source_matte: Matte | None = None

    @property
    def inside(self) -> Mask:
        """The object's pixels."""
        return object_mask(self.matte)


@dataclass(frozen=True)
class Paste:
    """A photo, the same photo enlarged, and the matte of the object in the enlarged one."""

    photo: Photo
    layer: Rgb
    matte: Matte

    def case(self, protocol: str, kind: str, scene: Rgb, layer: Rgb, true_layer: Rgb) -> Case:
        """Paste a layer on a scene; the object is that of the photo, in the photo's light."""
        composite, truth = (recompose(scene, self.matte, each) for each in (layer, true_layer))
        photo = self.photo
        return Case(
            protocol, kind, photo.name, composite, self.matte, truth, photo.image, photo.matte
        )


def _in_8_bits(matte: cv2.typing.MatLike) -> Matte:
    """Round a matte as a file does, so that it ends where the picture's change ends."""
    return np.asarray(np.rint(np.clip(matte, 0, 1) * 255) / 255, np.float32)


def enlarge(photo: Photo, rng: np.random.Generator) -> Paste:
    """Enlarge a photo about the foot of its object, which goes on standing there."""
    box, scale = object_box(photo.matte), rng.uniform(*PARAMETERS.scale)
    foot = np.array([box.x + box.width / 2, box.bottom])
    matrix = np.column_stack([np.eye(2) * scale, (1 - scale) * foot])
    size = photo.matte.shape[::-1]
    layer = cv2.warpAffine(
        photo.image, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    matte = cv2.warpAffine(photo.matte, matrix, size, flags=cv2.INTER_LINEAR)
    return Paste(photo, np.asarray(layer, np.uint8), _in_8_bits(matte))


def soften(paste: Paste, blur_px: float) -> Paste:
    """Blur the outline."""
    return replace(paste, matte=_in_8_bits(cv2.GaussianBlur(paste.matte, (0, 0), blur_px)))


def recolored(paste: Paste, other: Photo, rng: np.random.Generator) -> tuple[Rgb, Rgb]:
    """Move the colors of layer and photo so that the object's come toward another's."""
    own = lab_statistics(to_lab(paste.layer), object_mask(paste.matte))
    wanted = lab_statistics(to_lab(other.image), object_mask(other.matte))
    change = transfer_statistics(own, wanted)
    limited = replace(change, gain=np.clip(change.gain, *PARAMETERS.recolored_gain))
    change = limited.scaled(rng.uniform(*PARAMETERS.recolored_share))
    return change.apply(paste.layer), change.apply(paste.photo.image)


def natural_case(paste: Paste) -> Case:
    """Paste the object in its own colors: nothing is wrong."""
    return paste.case(NO_SEAM, NATURAL, paste.photo.image, paste.layer, paste.layer)


def recolored_case(paste: Paste, other: Photo, rng: np.random.Generator) -> Case:
    """Paste the object in another one's colors, from a copy of the photo that has them, too."""
    layer, source = recolored(paste, other, rng)
    case = paste.case(NO_SEAM, RECOLORED, paste.photo.image, layer, paste.layer)
    return replace(case, source=source)


def sliders_case(paste: Paste, rng: np.random.Generator) -> Case:
    """Paste the object from a copy of the photo that was edited with sliders."""
    both = np.concatenate([paste.layer, paste.photo.image])
    layer, source = np.split(move_sliders(both, rng), 2)
    case = paste.case(NO_SEAM, SLIDERS, paste.photo.image, layer, paste.layer)
    return replace(case, source=source)


def relit_case(paste: Paste, kind: str, light: Light) -> Case:
    """Show the scene in another light, and the object in its own."""
    scene, true_layer = light.on(paste.photo.image), light.on(paste.layer)
    return paste.case(ANOTHER_LIGHT, kind, scene, paste.layer, true_layer)


def relit_natural_case(paste: Paste, light: Light) -> Case:
    """Show scene and object in the same light: nothing is wrong."""
    scene, layer = light.on(paste.photo.image), light.on(paste.layer)
    return replace(paste.case(ANOTHER_LIGHT, NATURAL, scene, layer, layer), source=scene)


def toned_case(paste: Paste, kind: str, tone: Tone) -> Case:
    """Show the scene in one tone, and the object in its own colors."""
    scene, true_layer = tone.on(paste.photo.image), tone.on(paste.layer)
    return paste.case(TONED, kind, scene, paste.layer, true_layer)


def seam_cases(paste: Paste, layer: Rgb) -> Iterator[Case]:
    """Paste the same layer with a perfect, a soft and a hard seam."""
    hard = replace(paste, matte=object_mask(paste.matte).astype(np.float32))
    pastes = (paste, soften(paste, PARAMETERS.blur_px[1]), hard)
    for kind, each in zip(SEAM_KINDS, pastes, strict=True):
        case = each.case(SEAMS, kind, each.photo.image, layer, paste.layer)
        yield replace(case, source=None, source_matte=None)
