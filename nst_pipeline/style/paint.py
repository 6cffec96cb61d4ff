"""Paint an object in the manner of the scene around it, with Magenta."""

from __future__ import annotations

from dataclasses import dataclass

from nst_pipeline.style.magenta import Magenta
from nst_pipeline.vision.harmonize.painting import fit_to_palette
from nst_pipeline.vision.images.dtype import round_to_uint8
from nst_pipeline.vision.images.regions import object_box
from nst_pipeline.vision.images.resize import resize, shrink_to_fit
from nst_pipeline.vision.shapes import Matte, Rgb


@dataclass(frozen=True)
class PaintParameters:
    """Sizes at which an object is painted."""

    content_side_px: int = 512
    """Longest side of the object's region; at a larger size, brushstrokes are too fine to see."""
    style_side_px: int = 256
    """Longest side of the scene's region: the style network was trained on 256 pixels."""
    margin: float = 0.5
    """Width of the scene around the object in the region, as a fraction of the object's longer
    side."""


def paint_object(
    composite: Rgb,
    matte: Matte,
    scene: Rgb,
    magenta: Magenta,
    *,
    parameters: PaintParameters = PaintParameters(),
) -> Rgb:
    """Repaint the object of a composite with the brush and palette of the scene.

    Parameters
    ----------
    composite
        (height, width, 3) uint8, RGB.
    matte
        (height, width) float32, 0..1; where it is 0, no byte changes.
    scene
        The composite without the object, of the same size.
    magenta
        The model, from `load_magenta`.
    parameters
        Sizes to paint at.

    Returns
    -------
    numpy.ndarray
        (height, width, 3) uint8, RGB; the composite itself if the matte is 0 everywhere.
    """
    region = object_box(matte, parameters.margin)
    if region.width == 0:
        return composite
    own = composite[region.slices]
    style = shrink_to_fit(scene[region.slices], parameters.style_side_px)
    content = shrink_to_fit(own, parameters.content_side_px)
    painted = magenta.stylize([content], [style])[0]
    # Add the change, not the result: a large object keeps detail finer than the network saw.
    change = resize(painted.astype("float32") - content, region.width, region.height)
    whole = composite.copy()
    whole[region.slices] = round_to_uint8(own + change)
    return fit_to_palette(whole, composite, matte)
