"""An object out of its photo: hard mask, soft matte, colors without the old background."""

from nst_pipeline.vision.cutout.cut_out import cut_out
from nst_pipeline.vision.cutout.sticker import sticker_pixels

__all__ = ["cut_out", "sticker_pixels"]
