"""Accessibility of the gallery: names of controls, contrast, focus order, phones, motion."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser import needs_browser

pytestmark = needs_browser

Open = Callable[..., Page]
PAGES = ("index.html", "scenes/46 trip-photo 46.jpg.html", "scenes/47 trip-photo 47.jpg.html")
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
CONTRAST = Path(__file__).with_name("contrast.js").read_text("utf-8")
CONTROLS = {"button", "link", "combobox", "slider", "searchbox", "checkbox", "img", "image"}


@pytest.fixture(params=PAGES)
def page_url(request: pytest.FixtureRequest, gallery_disk: str) -> str:
    return f"{gallery_disk}/{request.param}"


def with_everything_open(page: Page) -> Page:
    """Mark a favorite, and open the boxes, the settings and the list of shortcuts."""
    star = page.locator(".star, #favorite").first
    if star.count():
        star.evaluate("star => star.click()")
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    page.keyboard.press("b")
    page.keyboard.press("?")
    return page


def names(page: Page) -> list[tuple[str, str]]:
    """Role and name of every control and image in the accessibility tree."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    visible = [node for node in nodes if not node["ignored"]]
    pairs = ((node["role"]["value"], node.get("name", {}).get("value", "")) for node in visible)
    return [(role, name) for role, name in pairs if role in CONTROLS]


def test_every_image_has_alt_text_and_every_control_a_name(page_url: str, open_page: Open):
    page = open_page(page_url)
    assert page.locator("img:not([alt])").count() == 0
    controls = names(page)
    assert len(controls) > 2
    assert [pair for pair in controls if not pair[1].strip()] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(page_url: str, open_page: Open, scheme: str):
    page = with_everything_open(open_page(page_url, color_scheme=scheme))
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == {"light": "rgb(247, 247, 247)", "dark": "rgb(20, 20, 20)"}[scheme]
    assert page.evaluate(CONTRAST) == []


def test_the_contrast_check_detects_gray_on_gray(gallery_disk: str, open_page: Open):
    page = open_page(f"{gallery_disk}/index.html")
    page.add_style_tag(content=".masthead p { color: #999 }")
    assert [text for text, _, _ in page.evaluate(CONTRAST)] == ["48 scenes"]


@pytest.mark.parametrize("width", [320, 390, 768])
def test_pages_do_not_scroll_sideways(page_url: str, open_page: Open, width: int):
    page = open_page(page_url, has_touch=True, viewport={"width": width, "height": 844})
    more = page.locator("#more")
    if more.is_visible():
        more.click()
        assert page.locator("[name=sort]").is_visible()
    html = page.locator("html")
    assert html.evaluate("html => html.scrollWidth - html.clientWidth") <= 0


def test_touch_targets_are_large_enough(gallery_disk: str, open_page: Open):
    page = open_page(f"{gallery_disk}/index.html", **PHONE)
    for selector in (".star", "#more", "[name=q]"):
        box = page.locator(selector).first.bounding_box()
        assert min(box["width"], box["height"]) >= 32, selector


def test_tab_order_follows_the_page_and_focus_is_visible(gallery_disk: str, open_page: Open):
    page = open_page(f"{gallery_disk}/{PAGES[1]}")
    page.wait_for_selector("#next")
    order = []
    for _ in range(9):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.id"))
        outline = page.evaluate(
            "(e => getComputedStyle(e.id === 'cut' ? e.parentElement : e).outlineStyle)"
            "(document.activeElement)"
        )
        assert outline == "solid", order
    assert order == [
        *("back", "next", "help-button", "cut", "left-choice", "favorite"),
        *("", "", "full"),
    ]


def test_reduced_motion_turns_transitions_off(gallery_disk: str, open_page: Open):
    moves = "getComputedStyle(document.querySelector('.card img')).transitionDuration"
    for motion, duration in (("no-preference", "0.15s"), ("reduce", "0s")):
        page = open_page(f"{gallery_disk}/index.html", reduced_motion=motion)
        assert page.evaluate(moves) == duration
