import pytest
from jinja2 import UndefinedError

from nst_pipeline.publish.gallery.manifest import WHOLE
from nst_pipeline.publish.templates import render, templates_folder, url_path


def test_a_value_that_a_template_lacks_is_an_error():
    with pytest.raises(UndefinedError, match="title"):
        render("gallery/index.html", chunks=[], count=0)


def test_html_is_escaped():
    page = render(
        "gallery/index.html",
        title="<b>cats & dogs</b>",
        chunks=[],
        count=2,
        part=WHOLE,
        not_used=0,
        notes=[],
    )
    assert b"<title>&lt;b&gt;cats &amp; dogs&lt;/b&gt;</title>" in page


@pytest.mark.parametrize(
    ("path", "url"),
    [("../a/b.png", "../a/b.png"), ("100% #1?.png", "100%25%20%231%3F.png")],
)
def test_urls_keep_slashes_and_quote_the_rest(path: str, url: str):
    assert url_path(path) == url


@pytest.mark.parametrize("room", ["gallery", "report"])
def test_each_room_has_templates(room: str):
    assert [path.name for path in templates_folder(room).iterdir() if path.suffix == ".html"]
