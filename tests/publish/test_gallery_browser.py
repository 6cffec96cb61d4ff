"""The gallery as headless Chromium shows it, opened from disk; left out where there is none."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from upath import UPath

from nst_pipeline.publish.gallery import GalleryPlacement, GalleryScene, Variant, write_gallery
from nst_pipeline.vision.shapes import Box

CHROMIUM = shutil.which("chromium")
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--window-size=1200,900", "--virtual-time-budget=3000"),
    "--dump-dom",
]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium: browser tests left out")


def scene(number: int) -> GalleryScene:
    label = "cat" if number % 2 else "dog"
    return GalleryScene(
        f"s{number}",
        f"<script>document.title='broken'</script>{number}.jpg",
        "ok",
        "digest",
        (Variant("harmonized", "Harmonised", f"{number}.png"),) if number < 3 else (),
        chosen="ring",
        scores={"ring": number / 1000},
        placements=(GalleryPlacement(f"{label}-1", label, Box(1, 1, 2, 2)),),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gallery")
    write_gallery(
        UPath(folder),
        [scene(number) for number in range(1000)],
        title="Demo",
        open_image=lambda path: np.full((60, 90, 3), 128, np.uint8),
    )
    return folder


def seen(page: Path, profile: Path, anchor: str = "") -> str:
    """The page's document after its scripts have run."""
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", page.as_uri() + anchor]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def titles(document: str) -> list[int]:
    return [int(number) for number in re.findall(r'title="[^"]*?(\d+)\.jpg"', document)]


def test_of_a_thousand_scenes_only_those_in_view_exist(folder: Path, tmp_path: Path):
    document = seen(folder / "index.html", tmp_path)
    assert "1,000 scenes</p>" in document
    assert "<title>Demo</title>" in document
    shown = titles(document)
    assert 10 < len(shown) < 60
    assert shown == list(range(999, 999 - len(shown), -1))


def test_the_address_filters_and_sorts(folder: Path, tmp_path: Path):
    document = seen(folder / "index.html", tmp_path, "#q=11.jpg&label=cat&sort=worst")
    assert "10 of 1,000 scenes</p>" in document
    assert titles(document)[:3] == [11, 111, 211]


def test_a_scene_page_runs_no_script_from_a_name(folder: Path, tmp_path: Path):
    document = seen(folder / "scenes" / "s1.html", tmp_path)
    assert "broken'&lt;/script&gt;1.jpg · Demo</title>" in document
    assert 'id="after"' in document
