"""The gallery's HTML, and the data of its grid."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from nst_pipeline.publish.gallery.manifest import Entry, Shown
from nst_pipeline.publish.gallery.records import GalleryPlacement, GalleryScene

_HERE = Path(__file__).parent
_ASPECT_TOLERANCE = 0.01
"""Rounding when a picture is resized; two pictures that differ by more do not align."""


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


@cache
def _template_digest() -> str:
    sources = sorted((_HERE / "templates").iterdir())
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()


def page_digest(scene: GalleryScene, entry: Entry, gallery_title: str) -> str:
    """Changes with all that a scene's page shows."""
    parts = [asdict(scene), asdict(entry)["pictures"], entry.mask, gallery_title]
    told = json.dumps(parts, sort_keys=True) + _template_digest()
    return hashlib.sha256(told.encode()).hexdigest()


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.3f}%"


def _outline(placement: GalleryPlacement, picture: Shown) -> dict[str, str]:
    """The visible part of a placement's box in percent of the picture."""
    box = placement.box.clipped(picture.width, picture.height)
    return {
        "left": _share(box.x, picture.width),
        "top": _share(box.y, picture.height),
        "width": _share(box.width, picture.width),
        "height": _share(box.height, picture.height),
        "label": placement.label or placement.sticker,
    }


def _aligned(picture: Shown, with_: Shown) -> bool:
    ratio = picture.width / picture.height * with_.height / with_.width
    return abs(ratio - 1) <= _ASPECT_TOLERANCE


def _variants(scene: GalleryScene, entry: Entry, stage: Shown | None) -> list[dict[str, Any]]:
    pictures = ((variant, entry.pictures.get(variant.name)) for variant in scene.variants)
    return [
        {
            "name": variant.name,
            "label": variant.label,
            "path": variant.path,
            "picture": picture,
            "aligned": bool(picture and stage and _aligned(picture, stage)),
        }
        for variant, picture in pictures
    ]


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
    after = entry.pictures.get(scene.shown.name) if scene.shown else None
    variants = _variants(scene, entry, after)
    named = {variant["name"]: variant for variant in variants}
    before = named.get(scene.before)
    return (
        _templates()
        .get_template("scene.html")
        .render(
            scene=scene,
            gallery_title=gallery_title,
            before=before if before and before["aligned"] else None,
            after=named[scene.shown.name] if scene.shown and after else None,
            variants=variants,
            mask=entry.mask,
            outlines=[_outline(each, after) for each in scene.placements] if after else [],
            scores=sorted(scene.scores.items(), key=lambda item: -item[1]),
            settings=_flat(scene.settings),
        )
        .encode()
    )


def grid_item(scene: GalleryScene, entry: Entry) -> list[Any]:
    """A scene as the grid knows it; the order of the fields is that of `grid.js`."""
    picture = entry.pictures.get(scene.shown.name) if scene.shown else None
    return [
        scene.key,
        scene.title,
        scene.status,
        None if scene.score is None else round(scene.score, 4),
        scene.chosen,
        sorted({placement.label for placement in scene.placements}),
        sorted({placement.sticker for placement in scene.placements}),
        scene.made_at,
        entry.thumb[:8],
        round(picture.width / picture.height, 3) if picture else 1.5,
        f"scenes/{_url(scene.key)}.html",
        f"thumbs/{_url(scene.key)}.webp",
    ]


def data_chunk(items: Iterable[list[Any]]) -> bytes:
    """A script that hands items to the grid: scripts load from disk, where fetch does not."""
    text = json.dumps(list(items), separators=(",", ":"))
    return f"galleryItems.push(...{text});\n".encode()


def index_page(title: str, chunks: Mapping[str, str], count: int) -> bytes:
    """The grid's page; `chunks` are the data files with their digests."""
    versioned = [f"{_url(name)}?v={digest[:8]}" for name, digest in chunks.items()]
    template = _templates().get_template("index.html")
    return template.render(title=title, chunks=versioned, count=count).encode()
