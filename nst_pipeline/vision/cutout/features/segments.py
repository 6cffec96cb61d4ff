"""Features of evenly colored segments: a segment that leaves the box is rarely the object."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nst_pipeline.vision.cutout.features.colors import log_texture
from nst_pipeline.vision.cutout.features.maps import FeatureMap, FeatureMaps
from nst_pipeline.vision.cutout.neighborhood import Neighborhood


@dataclass(frozen=True)
class SegmentParameters:
    """Parameters of `segment_features`."""

    rgb_scales: tuple[tuple[float, int], ...] = ((30, 32), (100, 60), (300, 140))
    """Felzenszwalb's scale on the RGB image (0..255), and the smallest segment in pixels; from
    parts of an object to whole objects."""
    rgb_blur_px: float = 0.8
    """Standard deviation of the blur before the RGB segmentations."""
    lab_blur_px: float = 2.0
    """Standard deviation of the blur before the LAB segmentations, which find larger structures."""
    lab_scale: tuple[float, int] = (100, 60)
    lab_texture_scale: tuple[float, int] = (200, 80)
    chroma_texture_scale: tuple[float, int] = (150, 80)
    """Scale and smallest segment of the LAB segmentations, on LAB units divided by 100."""
    lab_segment_blur_px: float = 0.5
    """Standard deviation of Felzenszwalb's own blur, in addition to `lab_blur_px`."""
    texture_px: float = 3.0
    """Standard deviation of the window in which texture is measured."""
    texture_weight: float = 2
    """Weight of texture relative to LAB."""
    chroma_weight: float = 1.5
    """Weight of chroma relative to texture."""
    averaged_features: tuple[str, ...] = (
        "vote_mean",
        "ellipse_radius",
        "texture_box_vs_outside",
        "texture_core_vs_outside",
        "path_log_ratio",
    )
    """Features that are averaged over each segment."""
    min_contact_share: float = 0.02
    """Share of a side along which a segment must lie to touch it."""
    negligible_area_share: float = 1e-4
    """Share of the box that is added to a segment's area before its logarithm."""


def _felzenszwalb(
    image: NDArray[np.floating], scale: tuple[float, int], blur_px: float
) -> NDArray[np.intp]:
    from skimage.segmentation import felzenszwalb

    with warnings.catch_warnings():
        # scikit-image warns that four channels may be a mistake; here they are LAB and texture.
        warnings.simplefilter("ignore", RuntimeWarning)
        labels = felzenszwalb(
            image.astype(np.float64),
            scale=scale[0],
            sigma=blur_px,
            min_size=scale[1],
            channel_axis=-1,
        )
    return np.asarray(labels, np.intp)


def _segmentations(
    neighborhood: Neighborhood, parameters: SegmentParameters
) -> dict[str, NDArray[np.intp]]:
    """Segment the image by RGB at several scales, and by LAB, texture and chroma."""
    lab_image = neighborhood.lab
    lab = np.asarray(cv2.GaussianBlur(lab_image, (0, 0), parameters.lab_blur_px), np.float32)
    texture = np.expm1(log_texture(lab_image, parameters.texture_px))
    textured = np.dstack([lab, texture * parameters.texture_weight])
    chroma = np.dstack([lab[..., 1:] * parameters.chroma_weight, texture])
    blur_px = parameters.lab_segment_blur_px
    rgb = {
        f"rgb_{scale[0]}": _felzenszwalb(neighborhood.image / 255.0, scale, parameters.rgb_blur_px)
        for scale in parameters.rgb_scales
    }
    return {
        **rgb,
        "lab": _felzenszwalb(lab / 100, parameters.lab_scale, blur_px),
        "lab_texture": _felzenszwalb(textured / 100, parameters.lab_texture_scale, blur_px),
        "chroma_texture": _felzenszwalb(chroma / 100, parameters.chroma_texture_scale, blur_px),
    }


def _contact_shares(
    boxed: NDArray[np.intp], open_sides: tuple[bool, ...], count: int
) -> NDArray[np.float64]:
    """Compute the share of each side that a segment touches, (4, segments); 0 on open sides."""
    sides = (boxed[:, 0], boxed[0], boxed[:, -1], boxed[-1])
    shares = [np.bincount(side, minlength=count) / len(side) for side in sides]
    return np.where(np.array(open_sides)[:, None], 0.0, np.array(shares))


def _describe_segments(
    neighborhood: Neighborhood,
    labels: NDArray[np.intp],
    features: FeatureMaps,
    parameters: SegmentParameters,
) -> FeatureMaps:
    boxed, count = labels[neighborhood.box.slices], int(labels.max()) + 1
    total = np.bincount(labels.ravel(), minlength=count)
    inside = np.bincount(boxed.ravel(), minlength=count)
    contact = _contact_shares(boxed, neighborhood.open_sides, count)

    def mean(feature: FeatureMap) -> NDArray[np.float64]:
        return np.bincount(boxed.ravel(), feature.ravel(), count) / np.maximum(inside, 1)

    by_segment = {
        "share_inside": inside / np.maximum(total, 1),
        "log_outside_inside": np.log1p(total - inside) - np.log1p(inside),
        "log_area": np.log(inside / boxed.size + parameters.negligible_area_share),
        "side_contact": contact.sum(0),
        "sides_touched": (contact > parameters.min_contact_share).sum(0),
        **{f"mean_{name}": mean(features[name]) for name in parameters.averaged_features},
    }
    return {name: values[boxed].astype(np.float32) for name, values in by_segment.items()}


def segment_features(
    neighborhood: Neighborhood,
    features: FeatureMaps,
    *,
    parameters: SegmentParameters = SegmentParameters(),
) -> FeatureMaps:
    """Describe each pixel's segment in several segmentations of the image.

    Parameters
    ----------
    neighborhood
        The box and its surroundings.
    features
        Maps of the box; some of them are averaged over each segment.
    parameters
        Scales of the segmentations, and which features to average.

    Returns
    -------
    FeatureMaps
        For each segmentation, maps of the properties of the segment that each pixel belongs to.

    References
    ----------
    Alexe, Deselaers, Ferrari, "What is an object?", 2010 (segments that straddle the box).
    Felzenszwalb, Huttenlocher, "Efficient Graph-Based Image Segmentation", 2004.
    Lempitsky et al., "Image Segmentation with a Bounding Box Prior", 2009 (contact with the sides).
    """
    return {
        f"segment_{kind}_{name}": feature
        for kind, labels in _segmentations(neighborhood, parameters).items()
        for name, feature in _describe_segments(neighborhood, labels, features, parameters).items()
    }
