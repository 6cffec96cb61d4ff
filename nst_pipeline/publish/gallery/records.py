"""Input of the gallery, as plain values and paths, without image data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nst_pipeline.vision.shapes import Box


@dataclass(frozen=True)
class Variant:
    """One image of a scene."""

    name: str
    """Identifier that can be part of a file name: `untouched`, `left`, `vgg19`."""
    label: str
    """Name shown on pages."""
    path: str
    """Path relative to the gallery folder, not URL-quoted."""
    window: Box | None = None
    """Part of the scene that the image shows, scene pixels; None if it shows the whole scene."""


@dataclass(frozen=True)
class GalleryPlacement:
    """A sticker on a scene; `box` is in scene pixels."""

    sticker: str
    label: str
    box: Box


@dataclass(frozen=True)
class LineageRow:
    """One input of the result."""

    asset: str
    key: str
    digest: str


@dataclass(frozen=True)
class GalleryScene:
    """Everything that the gallery shows of one scene."""

    key: str
    title: str
    """Path of the scene photo in its inbox."""
    status: str
    digest: str
    """Digest of all variants and the mask; images are read again only if it changes."""
    variants: tuple[Variant, ...] = ()
    before: str = "untouched"
    """Variant on the left of the slider when the page opens."""
    after: str = "harmonized"
    """Variant on the right of the slider when the page opens; also the grid's thumbnail."""
    notes: tuple[str, ...] = ()
    """Why variants are missing, one line each."""
    mask: str = ""
    """Path of the matte, relative to the gallery folder; empty if there is none."""
    chosen: str = ""
    """The candidate that became the result."""
    reason: str = ""
    """Why it was chosen, in a sentence or two."""
    color_fit: Mapping[str, float] = field(default_factory=dict)
    """Color fit of each candidate, 0..1; higher is better."""
    confidence: float | None = None
    """Probability that the change is an improvement, 0..1."""
    naturalness: float | None = None
    """Probability that a person takes the result for a photograph, 0..1."""
    factors: Mapping[str, float] = field(default_factory=dict)
    """Of naturalness, 0..1: the probability that each does not give the result away."""
    placements: tuple[GalleryPlacement, ...] = ()
    lineage: tuple[LineageRow, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Settings by section; values are JSON values."""
    made_at: str = ""
    """ISO 8601 time."""
    siblings: tuple[str, ...] = ()
    """Keys of all composites of the same photo, this one included; empty if it is the only one."""
    review: str = ""
    """Where the result is in review: `approved`, ...; empty if nothing was decided about it."""
    note: str = ""
    """The user's note."""
    error: str = ""

    @property
    def main_variant(self) -> Variant | None:
        """The variant that represents the scene: `after`, or else the first; None if none."""
        named = (variant for variant in self.variants if variant.name == self.after)
        return next(named, self.variants[0] if self.variants else None)
