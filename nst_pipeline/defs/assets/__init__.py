"""The asset graph."""

from nst_pipeline.defs.assets.harmony import harmonized, harmonizer
from nst_pipeline.defs.assets.objects import detections, object_photos, sticker_library, stickers
from nst_pipeline.defs.assets.published import dataset, gallery
from nst_pipeline.defs.assets.scenes import composites, placements, scene_photos
from nst_pipeline.defs.assets.stylized import model_inputs, stylized_magenta, stylized_vgg19

ASSETS = [
    object_photos,
    detections,
    stickers,
    sticker_library,
    scene_photos,
    placements,
    composites,
    model_inputs,
    stylized_magenta,
    stylized_vgg19,
    harmonizer,
    harmonized,
    dataset,
    gallery,
]
