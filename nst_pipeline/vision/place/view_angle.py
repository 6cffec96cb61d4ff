"""From how steeply above a camera saw an object: in a scene, it must be seen alike."""

from __future__ import annotations

import numpy as np

from nst_pipeline.vision.images.regions import object_mask
from nst_pipeline.vision.place.layout import Layout
from nst_pipeline.vision.place.perspective import fit_perspective, usual_plane
from nst_pipeline.vision.place.support import HANGING, SURFACES_OF
from nst_pipeline.vision.place.things import Thing
from nst_pipeline.vision.shapes import Matte

_EDGE = 0.985
"""Of the photo's height: an object whose lowest row is below it may go on outside."""


def view_angle(layout: Layout, thing: Thing, matte: Matte) -> float | None:
    """Return the angle, degrees, at which a camera looked down on an object's foot.

    0 is at the horizon, 90 straight from above.

    Parameters
    ----------
    layout
        Of the object's own photo.
    thing
        What the object is.
    matte
        (height, width) float32, 0..1, in the object's own photo.

    Returns
    -------
    float or None
        None if the photo does not tell: there is no object, its foot may be outside, or nothing is
        seen of what carries such things.

    References
    ----------
    Lalonde, Hoiem, Efros, Rother, Winn, Criminisi, "Photo Clip Art", SIGGRAPH 2007.
    """
    rows = np.flatnonzero(object_mask(matte).any(1))
    if not rows.size or (foot := (int(rows[-1]) + 1) / len(matte)) > _EDGE:
        return None
    fits = {each: layout.fit(SURFACES_OF[each]) for each in thing.stands_on if each not in HANGING}
    if not fits:
        return None
    support = max(fits, key=lambda each: float(fits[each].mean()))
    plane = fit_perspective(layout, fits[support], prior=usual_plane(support))
    return None if plane is None else round(float(plane.angle(foot)), 2)
