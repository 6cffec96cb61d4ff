"""Segments of even color: those that reach out of the box are rarely the object's."""

from __future__ import annotations

import warnings

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.cutout.features.colors import texture
from nst_pipeline.vision.cutout.features.kind import Clues
from nst_pipeline.vision.cutout.neighborhood import View

_SMOOTH = 2.0
"""Blur, pixels, of the pictures in which larger structures are looked for."""
_GRAIN = 0.8
"""Blur, pixels, of the picture in which details are looked for."""
_SCALES = ((30, 32), (100, 60), (300, 140))
"""Felzenszwalb's scale on the RGB picture (0..255) and smallest segment in pixels: from parts of
an object to whole ones."""
_TEXTURE_REACH = 3.0
"""Texture of a segment is measured over this many pixels."""
_MEANS = ("votes", "ellipse", "textures_box_or_around", "textures_core_or_around", "path_odds")
"""Clues that are averaged over each segment."""
_TOUCHES = 0.02
"""Share of a side along which a segment must lie to touch it."""
_NONE = 1e-4
"""Share of the box below which a segment's size does not matter."""


def _felzenszwalb(
    picture: NDArray[np.floating], scale: float, smallest: int, grain: float
) -> NDArray[np.intp]:
    from skimage.segmentation import felzenszwalb

    with warnings.catch_warnings():
        # It asks whether four channels are meant; they are: LAB and texture.
        warnings.simplefilter("ignore", RuntimeWarning)
        labels = felzenszwalb(
            picture.astype(np.float64), scale=scale, sigma=grain, min_size=smallest, channel_axis=-1
        )
    return np.asarray(labels, np.intp)


def _segmentations(view: View) -> dict[str, NDArray[np.intp]]:
    """The picture parted in different ways: by what counts as even, and how fine."""
    colors = np.asarray(cv2.GaussianBlur(view.colors, (0, 0), _SMOOTH), np.float32)
    rough = np.expm1(texture(view.colors, _TEXTURE_REACH))
    found = {
        f"parts_{scale}": _felzenszwalb(view.picture / 255.0, scale, smallest, _GRAIN)
        for scale, smallest in _SCALES
    }
    return {
        **found,
        "smooth": _felzenszwalb(colors / 100, 100, 60, 0.5),
        "rough": _felzenszwalb(np.dstack([colors, rough * 2]) / 100, 200, 80, 0.5),
        "hue": _felzenszwalb(np.dstack([colors[..., 1:] * 1.5, rough]) / 100, 150, 80, 0.5),
    }


def _along_sides(
    boxed: NDArray[np.intp], open_sides: tuple[bool, ...], count: int
) -> NDArray[np.float64]:
    """(4, segments): the share of each closed side that a segment lies along; 0 of open ones."""
    sides = (boxed[:, 0], boxed[0], boxed[:, -1], boxed[-1])
    shares = [np.bincount(side, minlength=count) / len(side) for side in sides]
    return np.where(np.array(open_sides)[:, None], 0.0, np.array(shares))


def _of_segments(view: View, labels: NDArray[np.intp], clues: Clues) -> Clues:
    boxed, count = labels[view.box.slices], int(labels.max()) + 1
    whole = np.bincount(labels.ravel(), minlength=count)
    within = np.bincount(boxed.ravel(), minlength=count)
    along = _along_sides(boxed, view.open_sides, count)

    def mean(clue: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.bincount(boxed.ravel(), clue.ravel(), count) / np.maximum(within, 1)

    by_segment = {
        "within": within / np.maximum(whole, 1),
        "reaches_out": np.log1p(whole - within) - np.log1p(within),
        "size": np.log(within / boxed.size + _NONE),
        "along_sides": along.sum(0),
        "touches_sides": (along > _TOUCHES).sum(0),
        **{name: mean(clues[name]) for name in _MEANS},
    }
    return {name: each[boxed].astype(np.float32) for name, each in by_segment.items()}


def segment_clues(view: View, clues: Clues) -> Clues:
    """What each pixel's segment does in the box, in several segmentations of the picture.

    Sources: Alexe, Deselaers, Ferrari, "What is an object?", 2010 (superpixels straddling);
    Felzenszwalb, Huttenlocher, "Efficient Graph-Based Image Segmentation", 2004; Lempitsky et
    al., "Image Segmentation with a Bounding Box Prior", 2009 (contact with the sides).
    """
    return {
        f"{kind}_{name}": clue
        for kind, labels in _segmentations(view).items()
        for name, clue in _of_segments(view, labels, clues).items()
    }
