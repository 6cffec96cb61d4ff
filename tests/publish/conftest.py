"""A gallery of real photos for browser tests, opened from disk and from a web server."""

from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from unicodedata import normalize

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Request
from upath import UPath

from nst_pipeline.publish.gallery import (
    GalleryPlacement,
    GalleryScene,
    LineageRow,
    Variant,
    write_gallery,
)
from nst_pipeline.vision.images.png import decode_png, encode_png
from nst_pipeline.vision.shapes import Box
from tests.publish.written_gallery import Gallery

NASTY = (
    "<script>document.title='broken'</script>.jpg",
    '" onerror="document.title=1.jpg',
    "it's a 'photo' & more.jpg",
    "100% #1?&q=x.jpg",
    "صورة ١.jpg",
    # Decomposed, as in a macOS file name.
    normalize("NFD", "사진 🐈 1.jpg"),
)
SCENES = 48
SIZE = (200, 300)


def _scene(number: int) -> GalleryScene:
    label = ("cat", "dog", "cup")[number % 3]
    title = NASTY[number] if number < len(NASTY) else f"trip/photo {number}.jpg"
    # Keys are file names: they may hold anything but a slash.
    key = f"{number} {title}".replace("/", "-")
    if number == SCENES - 1:
        return GalleryScene(key, title, "failed", "none", error=f"{title} is truncated")
    names = {"untouched": "Untouched", "harmonized": "Harmonized", "right": "Magenta, recipe right"}
    part = {"right": Box(150, 50, 100, 100)}
    naturalness = round(number / 50, 2)
    return GalleryScene(
        key,
        title,
        "ok",
        "pictures",
        tuple(
            Variant(name, label, f"../art/{number}.{name}.png", part.get(name))
            for name, label in names.items()
        ),
        mask="../art/mask.png",
        chosen=("ring", "model")[number % 2],
        reason="It has the best color fit of 3 candidates.",
        color_fit={"untouched": 0.1, "ring": 0.8, "model": 0.8},
        naturalness=naturalness,
        factors={"size": 0.4, "cutout": 0.9},
        confidence=round(1 - number / 100, 2),
        placements=(GalleryPlacement(f"{label}-0a1b2c3d.0", label, Box(150, 50, 100, 100)),),
        lineage=(LineageRow("stickers", f"{label}-0a1b2c3d", "abcdef0123456789"),),
        settings={"harmonize": {"method": "auto"}},
        made_at=f"2025-01-01T00:00:{number:02d}",
    )


def _paint(art: Path) -> None:
    from skimage import data

    height, width = SIZE
    for number in range(SCENES):
        photo = cv2.resize(data.chelsea() if number % 2 else data.coffee(), (width, height))
        warm = np.clip(photo * np.array([1.2, 1.0, 0.7]), 0, 255).astype(np.uint8)
        part = np.ascontiguousarray(warm[50:150, 150:250])
        for name, picture in (("untouched", photo), ("harmonized", warm), ("right", part)):
            (art / f"{number}.{name}.png").write_bytes(encode_png(picture))
    matte = np.zeros(SIZE, np.uint8)
    matte[60:140, 160:240] = 255
    (art / "mask.png").write_bytes(encode_png(matte))


@pytest.fixture(scope="package")
def gallery_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """48 scenes with naturalness n / 50 and confidence 1 - n / 100; the last one failed."""
    root = tmp_path_factory.mktemp("collection")
    (root / "art").mkdir()
    _paint(root / "art")
    scenes = {each.key: each for each in map(_scene, range(SCENES))}
    folder = root / "gallery"
    report = write_gallery(
        UPath(folder),
        dict.fromkeys(scenes, "first"),
        scenes.__getitem__,
        title="Demo",
        open_image=lambda path: decode_png((root / path.removeprefix("../")).read_bytes()),
    )
    assert report.unreadable == ()
    return folder


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        del format, args


@pytest.fixture(scope="package")
def gallery_served(gallery_folder: Path) -> Iterator[str]:
    """The gallery's address on a local web server."""
    handler = partial(_Quiet, directory=gallery_folder.parent)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/gallery"
        server.shutdown()


@pytest.fixture(params=["disk", "server"])
def gallery_url(request: pytest.FixtureRequest, gallery_folder: Path, gallery_served: str) -> str:
    """The gallery's address, on disk and on a web server."""
    return gallery_folder.as_uri() if request.param == "disk" else gallery_served


@pytest.fixture
def gallery_disk(gallery_folder: Path) -> str:
    """The gallery's address on disk."""
    return gallery_folder.as_uri()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open an address in a new browser context, 1440 x 900 by default; errors fail the test."""
    contexts, errors = [], []

    def note(request: Request) -> None:
        # Requests aborted by leaving a page are not failures.
        if request.failure != "net::ERR_ABORTED":
            errors.append(f"{request.url}: {request.failure}")

    def open_(url: str, **options: object) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}} | options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("requestfailed", note)
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto(url)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not errors


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    """An empty gallery folder."""
    return Gallery(tmp_path)


@pytest.fixture
def painted(gallery: Gallery) -> Callable[..., GalleryScene]:
    """Make a scene and write its images."""

    def make(key: str, **changes: object) -> GalleryScene:
        scene = gallery.scene(key, **changes)
        gallery.paint(scene)
        return scene

    return make
