"""The gallery: a static website with a grid of all scenes and a page for each."""

from nst_pipeline.publish.gallery.records import (
    GalleryPlacement,
    GalleryScene,
    LineageRow,
    Variant,
)
from nst_pipeline.publish.gallery.write import GalleryReport, write_gallery

__all__ = [
    "GalleryPlacement",
    "GalleryReport",
    "GalleryScene",
    "LineageRow",
    "Variant",
    "write_gallery",
]
