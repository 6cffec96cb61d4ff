"""Takes the pictures of `nst review` in docs/how-to/review.md, of the collection of `NST_DATA`.

Needs Chromium, and the packages of the group `dev`:

    NST_DATA=data python docs/make_review.py
"""

import io
import shutil
import sys
import threading
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from nst_pipeline.review.server import serve
from nst_pipeline.storage.data_root import data_root

IMAGES = Path(__file__).parent / "images"
WINDOW = {"width": 1280, "height": 800}
PAGES = {"review.webp": "", "mark.webp": "mark"}
"""Pages of the app by the file of their picture."""


def take(addresses: dict[str, str]) -> None:
    """Write a picture of each address."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, address in addresses.items():
            page = browser.new_page(viewport=WINDOW)
            page.goto(address)
            page.wait_for_load_state("networkidle")
            shown = Image.open(io.BytesIO(page.screenshot()))
            shown.save(IMAGES / name, quality=80, method=6)
            page.close()
        browser.close()


def main() -> None:
    """Serve the app, and take the pictures."""
    started = threading.Event()
    root: list[str] = []

    def start(address: str) -> None:
        root.append(address)
        started.set()

    threading.Thread(target=serve, args=(data_root(), 0, start), daemon=True).start()
    if not started.wait(60):
        sys.exit("the app has not started")
    take({name: root[0] + path for name, path in PAGES.items()})


if __name__ == "__main__":
    main()
