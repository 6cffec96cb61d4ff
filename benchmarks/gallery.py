"""Write a gallery of many scenes, add ten, and open it in headless Chromium.

    python benchmarks/gallery.py [--scenes 10000] [--folder DIR]

The scenes are crops of photos that come with scikit-image and scikit-learn. Without --folder, the
gallery is written to a temporary folder.

The last line of output is the table as JSON:

first_write_s      time to write the gallery
write_10_new_s     time to update it with ten new scenes
write_none_new_s   time to update it with none
first_view_s       time from navigation to the first visible thumbnails, median of three
filter_s           time from typing a filter to its result, median of three
peak_rss_mb        peak memory of this process
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from shutil import which
from statistics import median

import numpy as np
from playwright.sync_api import Page, sync_playwright
from rich.console import Console
from rich.table import Table
from upath import UPath

from nst_pipeline.publish.gallery import (
    GalleryPlacement,
    GalleryReport,
    GalleryScene,
    LineageRow,
    Variant,
    write_gallery,
)
from nst_pipeline.vision.harmonize.candidates import CANDIDATES
from nst_pipeline.vision.images.png import decode_png, encode_png
from nst_pipeline.vision.shapes import Box

NEW = 10
WIDTH, HEIGHT = 240, 160
LABELS = ("cat", "cup", "person", "motorcycle", "flower")
METHODS = tuple(each.name for each in CANDIDATES if each.applies is None)
VARIANTS = ("untouched", "left", "right", "vgg19", "harmonized")
CHROMIUM_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")
THUMBNAILS_LOADED = (
    "() => [...document.querySelectorAll('.card img')].filter(i => i.naturalWidth).length > 7"
)


def write_pictures(folder: Path, count: int) -> None:
    """Write a crop for each of the first `count` scenes, and one matte for all of them."""
    from skimage import data
    from sklearn.datasets import load_sample_images

    photos = [data.astronaut(), data.chelsea(), data.coffee(), *load_sample_images().images]
    matte = np.zeros((HEIGHT, WIDTH), np.uint8)
    matte[60:140, 80:160] = 255
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mask.png").write_bytes(encode_png(matte))
    random = np.random.default_rng(6)
    for number in range(count):
        photo = photos[number % len(photos)]
        y = random.integers(photo.shape[0] - HEIGHT)
        x = random.integers(photo.shape[1] - WIDTH)
        crop = np.ascontiguousarray(photo[y : y + HEIGHT, x : x + WIDTH])
        (folder / f"{number}.png").write_bytes(encode_png(crop))


def key_of(number: int) -> str:
    """Return a partition key like that of a photo: a name and a hash."""
    return f"holiday-photo-{number:06d}-{number * 2654435761 % 2**32:08x}"


def scene(key: str) -> GalleryScene:
    """Return a scene with as much text as a real one."""
    number = int(key.split("-")[2])
    label, sticker = LABELS[number % len(LABELS)], f"sticker-{number % 300:03d}-0f0f0f0f.0"
    fits = {
        name: round((number * 7919 * (at + 1) % 9973) / 9973, 4) for at, name in enumerate(METHODS)
    }
    chain = ("scene_photos", "placements", "composites", "stylized_magenta", "harmonizer")
    return GalleryScene(
        key,
        f"2024/holiday photo {number:06d}.jpg",
        "ok",
        digest=f"pictures of {key}",
        variants=tuple(Variant(name, name, f"../pictures/{number}.png") for name in VARIANTS),
        mask="../pictures/mask.png",
        chosen=max(fits, key=fits.__getitem__),
        reason="It has the best color fit of 5 candidates.",
        color_fit=fits,
        naturalness=(number * 37 % 101) / 100,
        confidence=(number * 31 % 101) / 100,
        placements=(GalleryPlacement(sticker, label, Box(80, 60, 80, 80)),),
        lineage=tuple(LineageRow(asset, key, f"{number:064x}") for asset in chain),
        settings={"harmonize": {"method": "auto", "strength": 1.0}},
        made_at=f"2025-01-01T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}",
    )


def timed(action: Callable[[], object]) -> float:
    """Run an action and return the seconds it took."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def write(root: Path, count: int) -> GalleryReport:
    """Write or update the gallery of the first `count` scenes."""
    return write_gallery(
        UPath(root / "gallery"),
        {key: f"state of {key}" for key in map(key_of, range(count))},
        scene,
        title="Holiday photos",
        open_image=lambda path: decode_png((root / path.removeprefix("../")).read_bytes()),
    )


def measure_browser(index: Path) -> dict[str, float]:
    """Time the grid in a browser with an empty cache."""

    def first_view(page: Page) -> None:
        page.goto(index.as_uri())
        page.wait_for_function(THUMBNAILS_LOADED)

    def filtered(page: Page) -> None:
        page.fill("[name=q]", "cup")
        page.wait_for_function(
            "() => document.querySelector('#count').textContent.includes(' of ')"
        )

    views, filters = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=which("chromium"), args=list(CHROMIUM_FLAGS)
        )
        for _ in range(3):
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            page = context.new_page()
            views.append(timed(lambda page=page: first_view(page)))
            filters.append(timed(lambda page=page: filtered(page)))
            context.close()
        browser.close()
    return {"first_view_s": median(views), "filter_s": median(filters)}


def measure(root: Path, count: int) -> dict[str, float]:
    """Measure the gallery of `count` scenes and of ten more."""
    write_pictures(root / "pictures", count + NEW)
    first = timed(lambda: write(root, count))
    new = timed(lambda: write(root, count + NEW))
    none = timed(lambda: write(root, count + NEW))
    figures = {"first_write_s": first, "write_10_new_s": new, "write_none_new_s": none}
    figures |= measure_browser(root / "gallery" / "index.html")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {name: round(value, 2) for name, value in figures.items()} | {"peak_rss_mb": round(peak)}


def main() -> None:
    """Measure; print a table, and JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, help="write the gallery to this folder and keep it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        figures = measure(arguments.folder or Path(temporary), arguments.scenes)
    table = Table("figure", "value", title=f"A gallery of {arguments.scenes:,} scenes")
    for name, value in figures.items():
        table.add_row(name, str(value))
    Console().print(table)
    print(json.dumps({"scenes": arguments.scenes, **figures}))


if __name__ == "__main__":
    main()
