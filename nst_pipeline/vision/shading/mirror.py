"""Decide whether a sticker is mirrored, so that its light comes from the scene's side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from nst_pipeline.vision.shading.object_side import object_side
from nst_pipeline.vision.shading.text import may_show_text
from nst_pipeline.vision.shapes import Placement, Rgba

_LETTERED = (
    "ambulance, baby bottle, book, bookcase, bottle, bottlecap, bus, camera, car, carton, "
    "cash machine, cassette, cassette player, cell phone, church, cinema, clock, compass, "
    "computer, crossword puzzle, envelope, fire truck, gas pump, golf cart, keyboard, laptop, "
    "library, mailbox, menu, microwave, motor home, motorcycle, mouse, music player, odometer, "
    "oven, packet, parking meter, printer, radio, refrigerator, remote, restaurant, ruler, scale, "
    "scoreboard, screenshot, ship, shop, sign, slide rule, slot machine, sports ball, stop sign, "
    "street sign, sundial, tape player, telephone, train, tram, truck, tv, uniform, van, "
    "vending machine, washing machine, watch"
)
_LOPSIDED = (
    "accordion, airplane, banjo, boat, guitar, harp, organ, piano, saxophone, scissors, "
    "traffic light, violin"
)
NEVER_MIRRORED = frozenset(f"{_LETTERED}, {_LOPSIDED}".split(", "))
"""Labels of things that carry letters or figures, or whose left differs from their right."""


@dataclass(frozen=True)
class MirrorParameters:
    """How certain both sides must be."""

    scene: float = 0.5
    """Confidence in the scene's side."""
    sticker: float = 0.6
    """Confidence in the sticker's side."""


def _name(side: float) -> str:
    return "left" if side < 0 else "right"


def match_light(
    placement: Placement,
    sticker: Rgba,
    label: str,
    scene_side: Callable[[], float],
    *,
    parameters: MirrorParameters = MirrorParameters(),
) -> tuple[Placement, str]:
    """Mirror a sticker if its light clearly comes from the other side than the scene's.

    Parameters
    ----------
    placement
        As planned.
    sticker
        (height, width, 4) uint8, RGB with straight alpha, not mirrored.
    label
        The kind of object; empty if unknown. Things that carry letters, or whose sides differ, are
        never mirrored, nor are stickers that may show writing.
    scene_side
        Returns the side from which the scene is lit, -1 (left) to 1 (right); it is called only if
        the sticker's own side is certain, which few are.
    parameters
        How certain both sides must be.

    Returns
    -------
    placement
        With `flip` changed, or as it was.
    reason
        Why it was changed; empty if it was not.

    Examples
    --------
    >>> import numpy as np
    >>> from nst_pipeline.vision.shapes import Box
    >>> ball = np.full((64, 64, 4), 255, np.uint8)
    >>> ball[..., :3] = np.linspace(220, 40, 64)[None, :, None]
    >>> placed, why = match_light(Placement("ball", Box(0, 0, 64, 64)), ball, "", lambda: 1.0)
    >>> placed.flip, why
    (True, 'mirrored: it was lit from the left, the scene is lit from the right')
    """
    own = object_side(sticker)
    if abs(own) < parameters.sticker:
        return placement, ""
    turned = replace(placement, flip=not placement.flip)
    if turned.flip and (label.lower() in NEVER_MIRRORED or may_show_text(sticker)):
        return placement, ""
    shown, side = -own if placement.flip else own, scene_side()
    if abs(side) < parameters.scene or shown * side > 0:
        return placement, ""
    verb = "mirrored" if turned.flip else "not mirrored"
    where = f"it was lit from the {_name(shown)}, the scene is lit from the {_name(side)}"
    return turned, f"{verb}: {where}"
