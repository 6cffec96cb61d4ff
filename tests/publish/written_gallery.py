"""A gallery written to a temporary folder, and its pages as a browser parses them."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
from upath import UPath

from nst_pipeline.publish.gallery import (
    GalleryPlacement,
    GalleryReport,
    GalleryScene,
    LineageRow,
    Variant,
    write_gallery,
)
from nst_pipeline.vision.images.png import decode_png, encode_png
from nst_pipeline.vision.shapes import Box


class Page(HTMLParser):
    """A page as a browser parses it: elements with their attributes, and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data):
        self.text += data

    def links(self) -> list[str]:
        wanted = ("src", "href", "data-src", "data-full")
        found = (each.get(name) for _, each in self.elements for name in wanted)
        return [link for link in found if link and not link.startswith("data:")]


class Gallery:
    """A gallery folder with its artifacts, and a count of opened images."""

    def __init__(self, root: Path) -> None:
        self.root, self.folder, self.opened = root, root / "gallery", 0
        self.described: list[str] = []
        (root / "art").mkdir()
        self.folder.mkdir()

    def scene(self, key: str, **changes: object) -> GalleryScene:
        names = {"untouched": "Untouched", "right": "Magenta, right", "harmonized": "Harmonized"}
        scene = GalleryScene(
            key,
            f"{key}.jpg",
            "ok",
            digest=f"digest of {key}",
            variants=tuple(
                Variant(name, label, f"../art/{key}.{name}.png") for name, label in names.items()
            ),
            mask=f"../art/{key}.mask.png",
            chosen="ring",
            reason="ring has the best color fit of 2 candidates.",
            color_fit={"untouched": 0.4, "ring": 0.75},
            naturalness=0.75,
            factors={"size": 0.6, "cutout": 0.9},
            confidence=0.9,
            placements=(GalleryPlacement("cat-1", "cat", Box(20, 10, 30, 20)),),
            lineage=(LineageRow("stickers", "cat-1", "abcdef0123456789"),),
            settings={"harmonize": {"method": "auto"}},
        )
        return replace(scene, **changes)

    def paint(self, scene: GalleryScene, size: tuple[int, int] = (60, 90), gray: int = 90) -> None:
        for variant in scene.variants:
            height, width = (40, 40) if variant.name == "right" else size
            picture = np.full((height, width, 3), gray, np.uint8)
            (self.folder / variant.path).write_bytes(encode_png(picture))
        matte = np.zeros(size, np.uint8)
        matte[10:30, 20:50] = 255
        (self.folder / scene.mask).write_bytes(encode_png(matte))

    def open_image(self, path: str) -> np.ndarray:
        self.opened += 1
        return decode_png((self.folder / path).read_bytes())

    def write(self, *scenes: GalleryScene, **changes: Any) -> GalleryReport:
        self.opened, self.described = 0, []
        known = {scene.key: scene for scene in scenes}

        def describe(key: str) -> GalleryScene:
            self.described.append(key)
            return known[key]

        options = {"title": "Demo", "open_image": self.open_image} | changes
        folder = options.pop("folder", UPath(self.folder))
        return write_gallery(
            folder, {key: repr(scene) for key, scene in known.items()}, describe, **options
        )

    def page(self, name: str) -> Page:
        return Page((self.folder / name).read_text("utf-8"))

    def items(self) -> list[list]:
        scripts = sorted((self.folder / "data").glob("[0-9]*.js"))
        texts = [
            re.fullmatch(r"galleryItems\.push\(\.\.\.(.*)\);\n", s.read_text()) for s in scripts
        ]
        return [item for text in texts for item in json.loads(text[1])]

    def stamps(self) -> dict[str, int]:
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return {str(path.relative_to(self.folder)): path.stat().st_ino for path in files}
