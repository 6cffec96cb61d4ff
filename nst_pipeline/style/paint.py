"""Paint an object in the manner of the scene around it, by Magenta."""

from __future__ import annotations

from nst_pipeline.style.magenta import Magenta
from nst_pipeline.vision.harmonize.painting import in_palette
from nst_pipeline.vision.images.dtype import round_to_uint8
from nst_pipeline.vision.images.regions import object_box
from nst_pipeline.vision.images.resize import resize, shrink_to_fit
from nst_pipeline.vision.shapes import Matte, Rgb

CONTENT_SIDE, STYLE_SIDE = 512, 256
"""The object's region is painted at this longest side, in the style of the scene at that one: the
style network has learned from 256 pixels, and brushes finer than these show nothing of it."""
MARGIN = 0.5
"""The region reaches this far around the object, share of its longer side."""


def paint_object(composite: Rgb, matte: Matte, scene: Rgb, magenta: Magenta) -> Rgb:
    """The composite with its object in the scene's brush and palette.

    Args:
        composite: (height, width, 3) uint8 RGB.
        matte: (height, width) float32, 0..1; where it is 0, no byte changes.
        scene: the composite without the object, same size.
        magenta: the loaded model.
    """
    region = object_box(matte, MARGIN)
    if region.width == 0:
        return composite
    own, style = composite[region.slices], shrink_to_fit(scene[region.slices], STYLE_SIDE)
    content = shrink_to_fit(own, CONTENT_SIDE)
    painted = magenta.stylize([content], [style])[0]
    # Carried back as a change, so that a large object keeps detail finer than the network saw.
    change = resize(painted.astype("float32") - content, region.width, region.height)
    whole = composite.copy()
    whole[region.slices] = round_to_uint8(own + change)
    return in_palette(whole, composite, matte)
