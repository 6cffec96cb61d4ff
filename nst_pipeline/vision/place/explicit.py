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
