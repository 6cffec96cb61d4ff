"""Find the objects of a photo: run the finders in order until one finds something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nst_pipeline.settings import DetectionSettings
from nst_pipeline.vision.detect.boxes import drop_duplicates, scale_box
from nst_pipeline.vision.detect.finders import FINDERS, Finder, FinderInput, NetworkFinders
from nst_pipeline.vision.images.resize import resize_mask, shrink_to_fit
from nst_pipeline.vision.shapes import Detection, Rgb

WORK_SIDE_PX = 640
"""Photos are reduced to this longest side first; objects worth a sticker stay large enough."""
MAX_OBSTACLES = 20
"""At most this many objects of a scene count as obstacles."""


def _in_photo(found: Detection, reduced: Rgb, photo: Rgb) -> Detection:
    """Convert a detection from the reduced photo's pixels to the photo's."""
    height, width = photo.shape[:2]
    box = scale_box(found.box, width / reduced.shape[1], height / reduced.shape[0])
    mask = None if found.mask is None else resize_mask(found.mask, width, height)
    return replace(found, box=box.clipped(width, height), mask=mask)


def _share(found: Detection, photo: Rgb) -> float:
    """Return the part of the photo that a box covers."""
    return float(found.box.width * found.box.height / np.prod(photo.shape[:2]))


def _run(finder: Finder, search: FinderInput, photo: Rgb) -> list[Detection]:
    found = finder.find(search)
    return found if finder.user_given else [_in_photo(one, search.photo, photo) for one in found]


def detect(
    photo: Rgb,
    settings: DetectionSettings,
    given: Sequence[Detection] = (),
    *,
    networks: NetworkFinders | None = None,
) -> list[Detection]:
    """Find the objects of a photo.

    Parameters
    ----------
    photo
        (height, width, 3) uint8 RGB.
    settings
        Finders, most trusted first; the lowest score; the number of objects.
    given
        The user's own boxes and masks, in the photo's pixels; the method `sidecar` returns them.
    networks
        Functions for the methods that run a network, made by
        `nst_pipeline.style.finding.network_finders`. Without its function, such a method finds
        nothing.

    Returns
    -------
    list of Detection
        The objects of the first finder that found any, best first, without duplicates, in the
        photo's pixels. Empty if nothing was found. A finder that found only what is small in the
        photo (`Finder.deciding_share`) gives way to the next one. The user's own objects are never
        limited to `settings.max_objects`.

    Raises
    ------
    ValueError
        The settings name a network, but `networks` has none for the method `dnn`.
    ModelUnavailableError
        The network cannot be used.

    Examples
    --------
    >>> import numpy as np
    >>> photo = np.full((120, 160, 3), 230, np.uint8)
    >>> photo[30:90, 50:110] = (200, 40, 40)
    >>> from nst_pipeline.vision.shapes import Box
    >>> mine = Detection(Box(50, 30, 60, 60), "square", 1.0, "sidecar")
    >>> detect(photo, DetectionSettings(methods=["sidecar"]), [mine]) == [mine]
    True
    """
    networks = networks or {}
    if settings.dnn_model and "dnn" in settings.methods and "dnn" not in networks:
        raise ValueError("detection.dnn_model is set: pass networks=network_finders(settings)")
    search = FinderInput(shrink_to_fit(photo, WORK_SIDE_PX), given, networks)
    small: list[Detection] = []
    for method in settings.methods:
        finder = FINDERS[method]
        found = _run(finder, search, photo)
        sure = drop_duplicates(one for one in found if one.score >= settings.min_score)
        if sure and finder.user_given:
            return sure
        if any(_share(one, photo) >= finder.deciding_share for one in sure):
            return sure[: settings.max_objects]
        small += sure
    return small[: settings.max_objects]


def find_obstacles(
    scene: Rgb,
    settings: DetectionSettings,
    given: Sequence[Detection] = (),
    *,
    networks: NetworkFinders | None = None,
) -> list[Detection]:
    """Find the objects of a scene that stickers must not cover.

    Parameters
    ----------
    scene, settings, given, networks
        As in `detect`. Finders without obstacles (`Finder.finds_obstacles`) are skipped, and
        `MAX_OBSTACLES` replaces `settings.max_objects`.

    Returns
    -------
    list of Detection
        In the scene's pixels, best first.

    Raises
    ------
    ValueError, ModelUnavailableError
        As in `detect`.
    """
    methods = [name for name in settings.methods if FINDERS[name].finds_obstacles]
    every = settings.model_copy(update={"max_objects": MAX_OBSTACLES, "methods": methods})
    return detect(scene, every, given, networks=networks)
