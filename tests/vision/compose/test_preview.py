import numpy as np
from skimage import data

from nst_pipeline.settings import PlacementSettings
from nst_pipeline.vision.compose.composite import compose
from nst_pipeline.vision.compose.preview import Preview, PreviewParameters
from nst_pipeline.vision.images.resize import shrink_to_fit
from nst_pipeline.vision.shapes import Box, Placement

SCENE = data.rocket()
STICKER = np.dstack([data.coffee(), np.full(data.coffee().shape[:2], 255, np.uint8)])
PLACE = Placement("cup", Box(100, 150, 240, 160), flip=False)


def test_a_preview_is_the_composite_made_smaller():
    settings = PlacementSettings(shadow=0, bounce=0)
    whole = compose(SCENE, [(PLACE, STICKER)])
    preview = Preview(SCENE, settings, PreviewParameters(side_px=320))
    picture, matte = preview.paste(PLACE, STICKER)
    expected = shrink_to_fit(whole.image, 320)
    assert picture.shape == expected.shape and matte.shape == picture.shape[:2]
    assert abs(float(matte.mean()) - float(whole.matte.mean())) < 0.01
    assert np.abs(picture.astype(int) - expected).mean() < 3


def test_a_small_scene_keeps_its_size():
    picture, _ = Preview(SCENE, PlacementSettings()).paste(PLACE, STICKER)
    assert picture.shape == SCENE.shape
