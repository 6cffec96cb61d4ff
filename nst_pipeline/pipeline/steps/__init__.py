"""The assets, one file each, with everything that concerns the asset.

To add an asset, write its file and list it here.
"""

from nst_pipeline.pipeline.engine.asset import Asset
from nst_pipeline.pipeline.steps.composites import composites
from nst_pipeline.pipeline.steps.dataset import dataset
from nst_pipeline.pipeline.steps.detections import detections
from nst_pipeline.pipeline.steps.gallery import gallery
from nst_pipeline.pipeline.steps.harmonized import harmonized
from nst_pipeline.pipeline.steps.harmonizer import harmonizer
from nst_pipeline.pipeline.steps.model_inputs import model_inputs
from nst_pipeline.pipeline.steps.object_photos import object_photos
from nst_pipeline.pipeline.steps.placements import placements
from nst_pipeline.pipeline.steps.scene_photos import scene_photos
from nst_pipeline.pipeline.steps.sticker_library import sticker_library
from nst_pipeline.pipeline.steps.stickers import stickers
from nst_pipeline.pipeline.steps.stylized_magenta import stylized_magenta
from nst_pipeline.pipeline.steps.stylized_vgg19 import stylized_vgg19

ASSETS: tuple[Asset, ...] = (
    object_photos,
    detections,
    stickers,
    sticker_library,
    harmonizer,
    scene_photos,
    placements,
    composites,
    model_inputs,
    stylized_magenta,
    stylized_vgg19,
    harmonized,
    dataset,
    gallery,
)
"""All assets, each after its upstream assets."""

BY_NAME = {asset.name: asset for asset in ASSETS}
