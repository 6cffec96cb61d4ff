"""Cut objects out of photos: hard mask, soft matte, colors without the old background."""

from nst_pipeline.vision.cutout.cut_out import cut_out
from nst_pipeline.vision.cutout.sticker import crop_sticker

__all__ = ["crop_sticker", "cut_out"]
