"""Judge places for stickers by how natural the composite looks in preview."""

from __future__ import annotations

from collections.abc import Callable

from nst_pipeline.settings import PlacementSettings
from nst_pipeline.style.naturalness import judge_naturalness
from nst_pipeline.vision.compose.preview import Preview
from nst_pipeline.vision.place.plan import Judge, Planned
from nst_pipeline.vision.shapes import Rgb, Rgba


def judge_in_preview(
    scene: Rgb,
    settings: PlacementSettings,
    pixels_of: Callable[[str], Rgba],
    quality_of: Callable[[str], float],
) -> Judge:
    """Return the function that rates places on a scene for `plan`.

    Parameters
    ----------
    scene
        (height, width, 3) uint8 RGB.
    settings
        How stickers are pasted.
    pixels_of, quality_of
        Return a sticker's pixels, (h, w, 4) uint8 RGB with straight alpha, and its quality, 0..1,
        given its name.

    Raises
    ------
    ModelUnavailableError
        The network of naturalness is damaged.
    """
    preview = Preview(scene, settings)

    def judge(planned: Planned) -> float:
        name = planned.placement.sticker
        picture, matte = preview.paste(planned.placement, pixels_of(name))
        if not matte.any():
            return 0.0
        found = judge_naturalness(
            picture,
            matte,
            quality=quality_of(name),
            plausibility=planned.plausibility,
            kinship=planned.kinship,
        )
        return found.probability

    return judge
