"""The gallery's HTML pages and the data files of its grid."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from nst_pipeline.publish.gallery.manifest import GridItem, PageImage, Part, SceneEntry
from nst_pipeline.publish.gallery.records import GalleryPlacement, GalleryScene, Variant
from nst_pipeline.publish.templates import render, templates_folder, url_path
from nst_pipeline.storage.artifact_files import GALLERY_PAGE
from nst_pipeline.vision.shapes import Box

_STATIC = Path(__file__).parent / "static"
_ERROR_CHARACTERS = 160
"""Length of an error message that fits into a thumbnail's place."""
_DEFAULT_ASPECT = 1.5
"""Width divided by height of a grid cell without an image."""
_DIGEST_DIGITS = 8
"""Hex digits that make a changed file's address differ."""


@dataclass(frozen=True)
class _PageVariant:
    """A variant as the scene's page shows it."""

    name: str
    label: str
    path: str
    image: PageImage | None
    """None if the image could not be read."""
    position: str
    """CSS position on the scene; empty if the variant shows the whole scene."""


@dataclass(frozen=True)
class _PageBox:
    """A placement's visible box as the scene's page shows it."""

    position: str
    label: str


@cache
def static_files() -> Mapping[str, bytes]:
    """Contents of the style sheets and scripts, by path in the gallery folder."""
    return {f"static/{path.name}": path.read_bytes() for path in sorted(_STATIC.iterdir())}


def pages_digest(gallery_title: str, part: Part) -> str:
    """Digest of what all scene pages of a part share: the templates, and the gallery's title."""
    sources = [path.read_bytes() for path in sorted(templates_folder("gallery").iterdir())]
    return hashlib.sha256(
        b"\0".join([*sources, f"{gallery_title} {part.number}".encode()])
    ).hexdigest()


def css_position(box: Box, width: int, height: int) -> str:
    """CSS that puts a box, in pixels of a photo of this size, on an image of it of any size."""
    x, y = 100 / width, 100 / height
    return (
        f"left: {box.x * x:.3f}%; top: {box.y * y:.3f}%; "
        f"width: {box.width * x:.3f}%; height: {box.height * y:.3f}%"
    )


def _page_box(placement: GalleryPlacement, frame: PageImage) -> _PageBox:
    visible = placement.box.clipped(frame.width, frame.height)
    return _PageBox(
        css_position(visible, frame.width, frame.height), placement.label or placement.sticker
    )


def _page_variant(
    variant: Variant, image: PageImage | None, frame: PageImage | None
) -> _PageVariant:
    window = variant.window
    position = css_position(window, frame.width, frame.height) if window and frame else ""
    return _PageVariant(variant.name, variant.label, variant.path, image, position)


def _initial_cut(placements: Sequence[GalleryPlacement], frame: PageImage | None) -> float:
    """Initial slider position, percent of the width: the center of the largest object."""
    if not placements or frame is None:
        return 50
    boxes = [each.box.clipped(frame.width, frame.height) for each in placements]
    largest = max(boxes, key=lambda box: box.width * box.height)
    return round(100 * (largest.x + largest.width / 2) / frame.width, 1)


def _flattened(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Nested settings as rows of dotted name and value."""
    rows: list[tuple[str, str]] = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            rows += _flattened(value, f"{prefix}{name}.")
        else:
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            rows.append((prefix + name, text))
    return rows


def scene_page(scene: GalleryScene, entry: SceneEntry, gallery_title: str, part: Part) -> bytes:
    """Render a scene's page. It works without the grid's data, and mostly without scripts.

    Parameters
    ----------
    scene
        The scene.
    entry
        Its state, with the images already written.
    gallery_title
        Shown as the link back to the grid.
    part
        The part of the gallery that the scene is in.
    """
    main = scene.main_variant
    frame = entry.pictures.get(main.name) if main else None
    variants = [
        _page_variant(each, entry.pictures.get(each.name), frame) for each in scene.variants
    ]
    visible = {each.name: each for each in variants if each.image}
    right = visible.get(main.name) if main else None
    others = [each for each in visible.values() if each is not right]
    before = visible.get(scene.before) if scene.before != scene.after else None
    return render(
        "gallery/scene.html",
        scene=scene,
        gallery_title=gallery_title,
        part=part,
        grid_page=part.file(GALLERY_PAGE),
        variants=variants,
        visible=list(visible.values()),
        left=before or next(iter(others), None),
        right=right,
        cut=_initial_cut(scene.placements, frame),
        mask=entry.mask,
        boxes=[_page_box(each, frame) for each in scene.placements] if frame else [],
        color_fit=sorted(scene.color_fit.items(), key=lambda item: -item[1]),
        factors=sorted(scene.factors.items(), key=lambda item: item[1]),
        settings=_flattened(scene.settings),
    )


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 4)


def grid_item(scene: GalleryScene, entry: SceneEntry) -> GridItem:
    """A scene's entry in the grid's data."""
    main = scene.main_variant
    image = entry.pictures.get(main.name) if main else None
    return GridItem(
        scene.key,
        scene.title,
        scene.status,
        _rounded(scene.naturalness),
        _rounded(scene.confidence),
        scene.chosen,
        labels=sorted({placement.label for placement in scene.placements}),
        stickers=sorted({placement.sticker for placement in scene.placements}),
        made_at=scene.made_at,
        thumbnail=entry.thumb[:_DIGEST_DIGITS],
        aspect=round(image.width / image.height, 3) if image else _DEFAULT_ASPECT,
        image=main.path if main else "",
        error=scene.error[:_ERROR_CHARACTERS],
        review=scene.review,
    )


def data_file(items: Iterable[GridItem]) -> bytes:
    """Render a script that adds items to the grid.

    A script, because browsers load scripts from disk but do not let `fetch` read files.
    """
    text = json.dumps(list(items), separators=(",", ":"))
    return f"galleryItems.push(...{text});\n".encode()


def _versioned(digests: Mapping[str, str]) -> list[str]:
    """Addresses that change with a file's content, so that no cache serves an old version."""
    return [f"{url_path(name)}?v={digest[:_DIGEST_DIGITS]}" for name, digest in digests.items()]


def data_file_list(digests: Mapping[str, str]) -> bytes:
    """Render the script that lists the data files for the scene pages."""
    return f"var galleryChunks = {json.dumps(_versioned(digests))};\n".encode()


def index_page(
    title: str,
    digests: Mapping[str, str],
    count: int,
    part: Part,
    not_used: int,
    notes: Sequence[str] = (),
) -> bytes:
    """Render the grid's page.

    Parameters
    ----------
    title
        The gallery's name.
    digests
        Digest of each data file, by name.
    count
        Number of scenes.
    part
        The part of the gallery that they are.
    not_used
        Number of photos on the page about what scenes do not get; 0 for no link to it.
    notes
        What holds for all scenes, one line each.
    """
    return render(
        "gallery/index.html",
        title=title,
        chunks=_versioned(digests),
        count=count,
        part=part,
        not_used=not_used,
        notes=notes,
    )
