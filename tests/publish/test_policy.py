"""No page of ours runs a script that stands in it, so that a label cannot bring one."""

import re
from pathlib import Path

import pytest

from nst_pipeline.publish.templates import templates_folder

PAGES = [
    page
    for room in ("gallery", "report")
    for page in sorted(templates_folder(room).glob("*.html"))
    if "<head>" in page.read_text("utf-8")
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_carries_the_policy_and_no_script_of_its_own(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text.index("Content-Security-Policy") < text.index("<title>")
    assert all(" src=" in tag for tag in re.findall(r"<script[^>]*>", text))
    assert not re.search(r"<[^>]+ on[a-z]+=", text)
