"""The gallery's HTML, and the data of its grid."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from nst_pipeline.publish.gallery.manifest import Entry, Shown
from nst_pipeline.publish.gallery.records import GalleryPlacement, GalleryScene, Variant
from nst_pipeline.vision.shapes import Box

_HERE = Path(__file__).parent
_REASON_IN_GRID = 160
"""Letters of a failure's reason that fit into a thumbnail's place."""


def _url(path: str) -> str:
    return quote(path, safe="/")


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["url"] = _url
    return environment


@cache
def static_files() -> Mapping[str, bytes]:
    """Styles and scripts, by their path in the gallery."""
    return {
        f"static/{path.name}": path.read_bytes() for path in sorted((_HERE / "static").iterdir())
    }


def pages_digest(gallery_title: str) -> str:
    """Changes with all that every scene's page shows."""
    sources = sorted((_HERE / "templates").iterdir())
    told = [path.read_bytes() for path in sources] + [gallery_title.encode()]
    return hashlib.sha256(b"\0".join(told)).hexdigest()


def _place(box: Box, frame: Shown) -> str:
    """Where a box of the scene stands in the frame, as styles."""
    x, y = 100 / frame.width, 100 / frame.height
    return (
        f"left: {box.x * x:.3f}%; top: {box.y * y:.3f}%; "
        f"width: {box.width * x:.3f}%; height: {box.height * y:.3f}%"
    )


def _outline(placement: GalleryPlacement, frame: Shown) -> dict[str, str]:
    """The visible part of a placement's box."""
    visible = placement.box.clipped(frame.width, frame.height)
    return {"place": _place(visible, frame), "label": placement.label or placement.sticker}


def _variant(variant: Variant, picture: Shown | None, frame: Shown | None) -> dict[str, Any]:
    return {
        "name": variant.name,
        "label": variant.label,
        "path": variant.path,
        "picture": picture,
        "place": _place(variant.window, frame) if variant.window and frame else "",
    }


def _first_cut(placements: Sequence[GalleryPlacement], frame: Shown | None) -> float:
    """Where the slider stands at first, in percent: on the middle of the largest object."""
    if not placements or frame is None:
        return 50
    boxes = [each.box.clipped(frame.width, frame.height) for each in placements]
    box = max(boxes, key=lambda each: each.width * each.height)
    return round(100 * (box.x + box.width / 2) / frame.width, 1)


def _flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            rows += _flat(value, f"{prefix}{name}.")
        else:
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            rows.append((prefix + name, text))
    return rows


def scene_page(scene: GalleryScene, entry: Entry, gallery_title: str) -> bytes:
    """A scene's own page; it works without the grid, and mostly without scripts."""
    frame = entry.pictures.get(scene.shown.name) if scene.shown else None
    variants = [_variant(each, entry.pictures.get(each.name), frame) for each in scene.variants]
    visible = {each["name"]: each for each in variants if each["picture"]}
    right = visible.get(scene.shown.name) if scene.shown else None
    others = [each for each in visible.values() if each is not right]
    left = visible.get(scene.before) if scene.before != scene.after else None
    page = _templates().get_template("scene.html")
    return page.render(
        scene=scene,
        gallery_title=gallery_title,
        variants=variants,
        visible=list(visible.values()),
        left=left or next(iter(others), None),
        right=right,
        cut=_first_cut(scene.placements, frame),
        mask=entry.mask,
        outlines=[_outline(each, frame) for each in scene.placements] if frame else [],
        scores=sorted(scene.scores.items(), key=lambda item: -item[1]),
        settings=_flat(scene.settings),
    ).encode()


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 4)


def grid_item(scene: GalleryScene, entry: Entry) -> list[Any]:
    """A scene as the grid knows it; the order of the fields is that of `order.js`."""
    picture = entry.pictures.get(scene.shown.name) if scene.shown else None
    return [
        scene.key,
        scene.title,
        scene.status,
        _rounded(scene.score),
        _rounded(scene.confidence),
        scene.chosen,
        sorted({placement.label for placement in scene.placements}),
        sorted({placement.sticker for placement in scene.placements}),
        scene.made_at,
        entry.thumb[:8],
        round(picture.width / picture.height, 3) if picture else 1.5,
        scene.shown.path if scene.shown else "",
        scene.error[:_REASON_IN_GRID],
    ]


def data_chunk(items: Iterable[list[Any]]) -> bytes:
    """A script that hands items to the grid: scripts load from disk, where fetch does not."""
    text = json.dumps(list(items), separators=(",", ":"))
    return f"galleryItems.push(...{text});\n".encode()


def _versioned(chunks: Mapping[str, str]) -> list[str]:
    """The data files' addresses; a changed one has another, so that no cache gives the old."""
    return [f"{_url(name)}?v={digest[:8]}" for name, digest in chunks.items()]


def chunk_list(chunks: Mapping[str, str]) -> bytes:
    """A script that tells a scene's page which data files there are."""
    return f"var galleryChunks = {json.dumps(_versioned(chunks))};\n".encode()


def index_page(title: str, chunks: Mapping[str, str], count: int) -> bytes:
    """The grid's page; `chunks` are the data files with their digests."""
    template = _templates().get_template("index.html")
    return template.render(title=title, chunks=_versioned(chunks), count=count).encode()
