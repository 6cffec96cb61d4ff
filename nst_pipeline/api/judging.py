"""`nst.judge`: how natural a composite looks."""

from __future__ import annotations

from nst_pipeline.api.inputs import MaskLike, PictureLike, open_colors, open_matte
from nst_pipeline.settings import Settings
from nst_pipeline.style.naturalness import judge_naturalness
from nst_pipeline.vision.naturalness.factors import Naturalness


def judge(picture: PictureLike, mask: MaskLike, *, settings: Settings | None = None) -> Naturalness:
    """Judge how natural a composite looks, and what gives it away.

    Parameters
    ----------
    picture
        A composite or a photo: a path, an array (height, width, 3) uint8 RGB, or a PIL picture.
    mask
        Of the object, of the picture's size: a path or PIL picture, white on the object, or an
        array (height, width), bool, uint8 0..255 or float 0..1.
    settings
        `ingest.max_megapixels` limits files.

    Returns
    -------
    Naturalness
        `probability` that a person takes the picture for a photograph, 0..1; `factors`, the
        probabilities that the cut-out, the size, and so on, do not give it away; and the `worst`.

    Raises
    ------
    NstError
        A picture cannot be read, or the mask shows no object or no background.
    """
    chosen = settings or Settings()
    colors = open_colors(picture, chosen)
    return judge_naturalness(colors, open_matte(mask, colors, chosen))
