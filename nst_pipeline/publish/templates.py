"""The Jinja environment shared by the gallery and the batch reports."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' file:",
        "style-src 'self' file: 'unsafe-inline'",
        "img-src 'self' file: data:",
        "base-uri 'none'",
        "form-action 'none'",
    )
)
"""The pages' Content-Security-Policy: a label or a name can neither run a script nor load anything
from elsewhere. Pages that are opened from a disk have no origin: their own files are `file:`."""
_LONGEST_BAR = 24
"""Length of a full text bar, characters."""
_SECONDS_PER_MINUTE, _SECONDS_PER_HOUR = 60, 3600


def templates_folder(room: str) -> Path:
    """Folder of a room's templates; `room` is `gallery` or `report`."""
    return Path(__file__).parent / room / "templates"


def url_path(path: str) -> str:
    """Quote a path for use in a URL; slashes stay.

    Examples
    --------
    >>> url_path("../harmonized/100% cat.png")
    '../harmonized/100%25%20cat.png'
    """
    return quote(path, safe="/")


def _duration(seconds: float) -> str:
    """Format a duration in its natural unit."""
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms" if seconds >= 0.001 else "< 1 ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 2 * _SECONDS_PER_MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * _SECONDS_PER_HOUR:
        return f"{seconds / _SECONDS_PER_MINUTE:.0f} min"
    return f"{seconds / _SECONDS_PER_HOUR:.1f} h"


def _text_bar(share: float) -> str:
    """Draw a share, 0..1, as a bar of block characters."""
    return "█" * round(share * _LONGEST_BAR) or ("▏" if share else "")


def _table_cell(text: str) -> str:
    """Put text on one line and escape the character that ends a Markdown table cell."""
    return " ".join(text.split()).replace("|", "\\|")


@cache
def _environment() -> Environment:
    rooms = ("gallery", "report")
    environment = Environment(
        loader=PrefixLoader({room: FileSystemLoader(templates_folder(room)) for room in rooms}),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "cell": _table_cell,
        "duration": _duration,
        "text_bar": _text_bar,
        "url": url_path,
    }
    environment.globals["policy"] = _POLICY
    return environment


def render(template: str, **values: object) -> bytes:
    """Render a template.

    Values are escaped in `.html` templates only.

    Parameters
    ----------
    template
        Room and file name, for example `gallery/scene.html`.
    **values
        What the template refers to by name.

    Returns
    -------
    bytes
        The page, UTF-8.

    Raises
    ------
    jinja2.UndefinedError
        The template uses a value that is not given.
    """
    return _environment().get_template(template).render(**values).encode()
