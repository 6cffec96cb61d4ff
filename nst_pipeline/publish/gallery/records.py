"""What the gallery is told about a scene: plain values, no pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nst_pipeline.vision.shapes import Box


@dataclass(frozen=True)
class Variant:
    """One picture of a scene; `path` is relative to the gallery folder, as on disk."""

    name: str
    """Short and fit for a file name: `untouched`, `left`, `vgg19`."""
    label: str
    """What people read."""
    path: str
    window: Box | None = None
    """The part of the scene that it shows, in the scene's pixels; None: all of it."""


@dataclass(frozen=True)
class GalleryPlacement:
    """A sticker on the scene, in the scene's own pixels."""

    sticker: str
    label: str
    box: Box


@dataclass(frozen=True)
class LineageRow:
    """One thing that the result was made from."""

    asset: str
    key: str
    digest: str


@dataclass(frozen=True)
class GalleryScene:
    """A scene as the gallery shows it.

    `digest` stands for the bytes of all variants and the mask: pictures are opened again only
    when it changes. `before` and `after` name the variants that the page compares at first; the
    grid shows `after`.
    """

    key: str
    title: str
    """The photo's path, as people know it."""
    status: str
    digest: str
    variants: tuple[Variant, ...] = ()
    before: str = "untouched"
    after: str = "harmonized"
    notes: tuple[str, ...] = ()
    """Why variants are missing, a line for each."""
    mask: str = ""
    """Path of the matte, relative to the gallery folder; empty if there is none."""
    chosen: str = ""
    """The candidate that became the result."""
    reason: str = ""
    """Why it did, in a sentence or two."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """Candidate to realism score, 0..1; higher is better."""
    confidence: float | None = None
    """How sure it was that a change helps, 0..1."""
    placements: tuple[GalleryPlacement, ...] = ()
    lineage: tuple[LineageRow, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    made_at: str = ""
    """ISO time; it sorts."""
    error: str = ""

    @property
    def score(self) -> float | None:
        """The result's own score, if it was scored."""
        return self.scores.get(self.chosen)

    @property
    def shown(self) -> Variant | None:
        """The variant that stands for the scene in the grid."""
        named = (variant for variant in self.variants if variant.name == self.after)
        return next(named, self.variants[0] if self.variants else None)
