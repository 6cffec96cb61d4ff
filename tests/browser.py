"""A headless Chromium for tests of pages; what needs it is skipped where there is none."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A container's /dev/shm is often too small for a page's pictures.
    "--disable-dev-shm-usage",
)
_PATIENCE_MS = 20_000
"""How long a page may take to show what a test expects; the machine may be busy."""


def chromium_path() -> str | None:
    """The system's Chromium or Chrome; None if there is none."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


needs_browser = pytest.mark.skipif(
    chromium_path() is None, reason="no Chromium on this machine: pages are not tested"
)
"""Mark for a test, or as `pytestmark` for a file, that uses the fixture `browser`."""


# Not the session's: Playwright's event loop would be in the way of other tests' `asyncio.run`.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One headless Chromium for the tests of a file; `browser.new_page()` opens a page."""
    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium on this machine: pages are not tested")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path, headless=True, args=list(_FLAGS), chromium_sandbox=False
        )
        expect.set_options(timeout=_PATIENCE_MS)
        yield started
        started.close()
