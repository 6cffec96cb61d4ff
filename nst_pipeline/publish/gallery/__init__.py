"""The gallery: a static website with a grid of all scenes, a page for each, and one of objects
that no scene gets."""

from nst_pipeline.publish.gallery.manifest import Part
from nst_pipeline.publish.gallery.not_used import (
    PHOTOS_ON_PAGE,
    NotUsedCounts,
    PhotoNotUsed,
    TriedObject,
    write_not_used,
)
from nst_pipeline.publish.gallery.records import (
    GalleryPlacement,
    GalleryScene,
    LineageRow,
    Variant,
)
from nst_pipeline.publish.gallery.write import GalleryReport, write_gallery

__all__ = [
    "PHOTOS_ON_PAGE",
    "GalleryPlacement",
    "GalleryReport",
    "GalleryScene",
    "LineageRow",
    "NotUsedCounts",
    "Part",
    "PhotoNotUsed",
    "TriedObject",
    "Variant",
    "write_gallery",
    "write_not_used",
]
