"""The documentation agrees with the code: settings, columns, assets, links."""

import re
import runpy
from pathlib import Path

import pytest

from nst_pipeline.pipeline.steps import ASSETS
from nst_pipeline.storage.catalog import SCHEMA

UI_BYTES = 150_000
"""Largest screenshot: a page with ten of them still loads quickly."""
ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def _table(page: Path, heading: str) -> set[str]:
    """Return the names in the first column of the table under a heading."""
    under = page.read_text("utf-8").partition(f"{heading}\n")[2].split("\n#")[0]
    return set(re.findall(r"^\| `(\w+)` \|", under, flags=re.MULTILINE))


def test_the_settings_page_is_current():
    written = runpy.run_path(str(ROOT / "docs/make_settings.py"))
    assert written["PAGE"].read_text("utf-8") == written["settings_page"](), (
        "run `python docs/make_settings.py`"
    )


def test_the_readme_lists_every_asset():
    assert _table(ROOT / "README.md", "## What it makes") == {node.name for node in ASSETS}


def test_the_catalog_page_lists_every_column():
    page = ROOT / "docs/reference/catalog.md"
    assert _table(page, "# The catalog") == set(SCHEMA.names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_existing_files(page):
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text("utf-8"))
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (page.parent / target).exists()] == []


def test_every_screenshot_is_used_and_small():
    pictures = sorted((ROOT / "docs/images").glob("ui-*.webp"))
    shown = "".join(page.read_text("utf-8") for page in PAGES)
    assert pictures, "run `make screenshots`"
    assert [each.name for each in pictures if f"images/{each.name})" not in shown] == []
    assert [each.name for each in pictures if each.stat().st_size > UI_BYTES] == []
