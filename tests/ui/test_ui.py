"""What people do in the Dagster UI, by clicking; each test continues where the last one ended."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, TimeoutError, expect
from upath import UPath

from nst_pipeline.pipeline.engine.workspace import open_workspace
from nst_pipeline.pipeline.steps import ASSETS
from tests.browser import needs_browser

from .conftest import UI_MS, WINDOW, Ui

pytestmark = needs_browser

Shoot = Callable[[Page, str], None]
expect.set_options(timeout=UI_MS)
CHECKS = ("quarantine", "not_empty", "opens", "background_untouched", "no_worse_than_untouched")
LOOK_MS = 8_000
RUN_MS = 180_000
"""How long a run may take to start and end; the daemon checks every 30 seconds."""


def open_asset(page: Page, ui: Ui, asset: str, view: str = "overview", **more: str) -> None:
    query = "&".join(f"{name}={value}" for name, value in {"view": view, **more}.items())
    page.goto(f"{ui.url}/assets/{asset}?{query}")


def scene_keys(ui: Ui) -> list[str]:
    return list(open_workspace(UPath(ui.data)).index("scenes").photos)


def key_of(ui: Ui, start: str) -> str:
    return next(key for key in scene_keys(ui) if key.startswith(start))


def reload_until_seen(page: Page, text: str) -> None:
    """Reload a partition's page, which does not update itself, until it shows the text."""
    seen = page.get_by_text(text).first
    deadline = time.monotonic() + RUN_MS / 1000
    while time.monotonic() < deadline:
        page.reload()
        try:
            seen.wait_for(timeout=LOOK_MS)
        except TimeoutError:
            continue
        return
    expect(seen).to_be_visible(timeout=LOOK_MS)


def launch(page: Page, button: str) -> None:
    page.get_by_role("button", name=button).click()
    expect(page.get_by_text("Partition selection")).to_be_hidden()


def open_launch_dialog(page: Page, ui: Ui) -> None:
    page.goto(f"{ui.url}/locations/nst_pipeline/jobs/scenes_job")
    page.get_by_role("button", name="Materialize all…").click()
    expect(page.get_by_text("Partition selection")).to_be_visible()


def show_picture(page: Page) -> None:
    """Open the first picture on the page, and check that the browser can draw it."""
    page.get_by_text("[Show Markdown]").first.click()
    picture = page.locator("img[src^='data:image/webp']")
    expect(picture).to_be_visible()
    assert picture.evaluate("each => each.naturalWidth") > 300


def test_the_ui_starts_without_a_warning(ui: Ui):
    assert "Warning" not in ui.log.read_text()


def test_runs_of_the_command_line_are_on_overview_and_with_their_job(ui: Ui, page: Page):
    page.goto(f"{ui.url}/overview")
    for job in ("objects_job", "library_job"):
        expect(page.get_by_text(job, exact=True).first).to_be_visible()
    page.goto(f"{ui.url}/locations/nst_pipeline/jobs/objects_job/runs")
    expect(page.get_by_text("Success", exact=True)).to_be_visible()


def test_the_catalog_says_what_each_asset_is(ui: Ui, page: Page, shoot: Shoot):
    page.set_viewport_size({"width": 1280, "height": 1100})  # all of them at once
    page.goto(f"{ui.url}/assets")
    for node in ASSETS:
        expect(page.locator(f"a[href='/assets/{node.name}']").first).to_be_visible()
    shoot(page, "ui-catalog")
    page.set_viewport_size(WINDOW)
    open_asset(page, ui, "harmonized")
    expect(page.get_by_text("The natural result")).to_be_visible()
    expect(page.get_by_text("ops:")).to_be_visible()
    shoot(page, "ui-asset")


def test_one_partition_is_materialized_and_its_picture_is_shown(ui: Ui, page: Page, shoot: Shoot):
    key = key_of(ui, "pavement")
    open_launch_dialog(page, ui)
    page.get_by_text("Select a partition or create one").click()
    page.get_by_text(key).first.click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Launch 1 run")).to_be_enabled()
    shoot(page, "ui-launch-one")
    launch(page, "Launch 1 run")
    open_asset(page, ui, "harmonized", "partitions", partition=key)
    reload_until_seen(page, "[Show Markdown]")
    for figure in ("gain", "confidence", "seconds", "candidates", "inputs"):
        expect(page.get_by_text(figure, exact=True).first).to_be_visible()
    link = page.get_by_text(f"/gallery/scenes/{key}.html").first
    expect(link).to_be_visible()
    shoot(page, "ui-result")
    show_picture(page)
    shoot(page, "ui-picture")


def test_a_backfill_is_launched_and_finishes(ui: Ui, page: Page, shoot: Shoot):
    open_launch_dialog(page, ui)
    page.get_by_role("button", name="All", exact=True).click()
    shoot(page, "ui-launch-all")
    launch(page, "Launch backfill")
    page.goto(f"{ui.url}/runs?view=backfills")
    expect(page.get_by_text("3 partitions")).to_be_visible()
    expect(page.get_by_text("Success", exact=True)).to_be_visible(timeout=RUN_MS)
    shoot(page, "ui-backfill")
    open_asset(page, ui, "harmonized", "checks", checkDetail="background_untouched")
    for check in CHECKS:
        expect(page.get_by_text(check, exact=True).first).to_be_visible()
    expect(page.get_by_text("Succeeded")).to_have_count(len(CHECKS))
    open_asset(page, ui, "harmonized", "checks", checkDetail="quarantine")
    expect(page.get_by_text("look at first", exact=True)).to_be_visible()
    shoot(page, "ui-checks")
    show_picture(page)
    shoot(page, "ui-batch")


def test_the_sensor_picks_up_a_new_photo(ui: Ui, page: Page, shoot: Shoot):
    ui.drop()
    page.goto(f"{ui.url}/automation")
    for name in ("inbox_sensor", "nightly"):
        expect(page.get_by_text(name, exact=True)).to_be_visible()
    shoot(page, "ui-automation")
    page.goto(f"{ui.url}/locations/nst_pipeline/sensors/inbox_sensor")
    expect(page.get_by_text("Running")).to_be_visible()
    # Dagster's switch hides its input element.
    page.get_by_role("checkbox").dispatch_event("click")
    expect(page.get_by_text(re.compile(r"\d runs? requested")).first).to_be_visible(timeout=RUN_MS)
    shoot(page, "ui-sensor")
    open_asset(page, ui, "harmonized", "partitions", partition=key_of(ui, "launch-pad"))
    reload_until_seen(page, "[Show Markdown]")


def test_the_dataset_describes_its_columns_and_the_gallery_opens(ui: Ui, page: Page, shoot: Shoot):
    published = ui.data / "artifacts/gallery/index.html"
    deadline = time.monotonic() + RUN_MS / 1000
    while not published.exists():
        assert time.monotonic() < deadline, "the sensor's last run should write the gallery"
        page.wait_for_timeout(500)
    open_asset(page, ui, "dataset")
    expect(page.get_by_text("annotation_id")).to_be_visible()
    expect(page.get_by_text("object_split").first).to_be_visible()
    shoot(page, "ui-dataset")
    page.goto(published.as_uri())
    expect(page.get_by_text("garage").first).to_be_visible()
    shoot(page, "gallery")


def test_the_launchpad_offers_the_choices_of_a_setting(ui: Ui, page: Page, shoot: Shoot):
    # Before the scenes are made, Dagster would ask for confirmation first.
    open_asset(page, ui, "harmonized")
    materialize = page.get_by_role("button", name="Materialize…")
    materialize.locator("xpath=following::button[1]").click()
    page.get_by_role("menuitem", name="Open launchpad").click()
    expect(page.get_by_text("Scaffold missing config")).to_be_visible()
    page.locator(".CodeMirror").first.click()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.insert_text(
        "ops:\n  harmonized:\n    config:\n      harmonize:\n        strength: 0.8\n        look: "
    )
    page.keyboard.press("Control+Space")
    for choice in ("auto", "photo", "painting"):
        expect(page.get_by_text(choice, exact=True).first).to_be_visible()
    shoot(page, "ui-launchpad")


@pytest.mark.parametrize("asset", ["harmonized", "gallery"])
def test_nothing_looks_out_of_date(ui: Ui, page: Page, asset: str):
    open_asset(page, ui, asset)
    expect(page.get_by_text("Latest check results")).to_be_visible()
    expect(page.get_by_text("Unsynced")).to_have_count(0)
