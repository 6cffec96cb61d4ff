"""Resolve the placements that a user wrote for a scene against the stickers of the library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from nst_pipeline.errors import SidecarError
from nst_pipeline.vision.place.choose import LibrarySticker
from nst_pipeline.vision.shapes import Placement


def sticker_names(
    stickers: Iterable[LibrarySticker], photo_paths: Mapping[str, str]
) -> dict[str, str]:
    """Index stickers by every name that a user may give them in a placements file.

    Parameters
    ----------
    stickers
        In the library's order.
    photo_paths
        Object key to the path of its photo, relative to the inbox.

    Returns
    -------
    dict of str to str
        Name to sticker id. Names are the sticker's id, its object key, and its photo's path and
        file name. If several stickers share a name, it means the first one.

    Examples
    --------
    >>> cat = LibrarySticker("cat-1f.0", "cat-1f", 90, 80, quality=0.9)
    >>> sticker_names([cat], {"cat-1f": "pets/cat.jpg"})["cat.jpg"]
    'cat-1f.0'
    """
    names: dict[str, str] = {}
    for each in stickers:
        path = photo_paths[each.object_key]
        for name in (each.sticker, each.object_key, path, path.rsplit("/", 1)[-1]):
            names.setdefault(name, each.sticker)
    return names


def resolve_placements(
    placements: Sequence[Placement],
    names: Mapping[str, str],
    *,
    source: str = "the placements file",
) -> list[Placement]:
    """Replace the names in a user's placements with sticker ids.

    Parameters
    ----------
    placements
        As read from the file; `sticker` is any name of a sticker.
    names
        Name to sticker id, from `sticker_names`.
    source
        Name of the file in error messages.

    Returns
    -------
    list of Placement
        In the order of the file.

    Raises
    ------
    SidecarError
        A name belongs to no sticker.
    """
    for each in placements:
        if each.sticker not in names:
            raise SidecarError(
                f"{source}: there is no sticker named {each.sticker!r}: give the file name of an "
                "object photo that has one, or a sticker name from the sticker library"
            )
    return [replace(each, sticker=names[each.sticker]) for each in placements]


def open_cuts(
    sticker: LibrarySticker, placement: Placement, scene_width: int, scene_height: int
) -> list[str]:
    """Find the edges of its own photo that cut an object off, and that no edge of the scene hides.

    Parameters
    ----------
    sticker
        The sticker.
    placement
        Where it is, in the scene's pixels.
    scene_width, scene_height
        Pixels.

    Returns
    -------
    list of str
        `bottom`, `left`, `right`, `top`, as the object lies on the scene.

    Examples
    --------
    >>> from nst_pipeline.vision.shapes import Box
    >>> bust = LibrarySticker("bust-1f.0", "bust-1f", 90, 80, quality=0.9, touches_bottom=True)
    >>> open_cuts(bust, Placement("bust-1f.0", Box(10, 10, 90, 80)), 200, 120)
    ['bottom']
    >>> open_cuts(bust, Placement("bust-1f.0", Box(10, 40, 90, 80)), 200, 120)
    []
    """
    left, right = sticker.touches_left, sticker.touches_right
    if placement.flip:
        left, right = right, left
    box = placement.box
    shows = {
        "bottom": sticker.touches_bottom and box.bottom < scene_height,
        "left": left and box.x > 0,
        "right": right and box.right < scene_width,
        "top": sticker.touches_top and box.y > 0,
    }
    return [edge for edge, is_open in shows.items() if is_open]
