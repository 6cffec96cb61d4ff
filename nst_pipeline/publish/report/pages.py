"""A batch's report as a page of its own, and as text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from nst_pipeline.publish.report.batch import Batch, Histogram, Shown

_PER_TEXT_BAR = 24
"""Characters of the longest bar in the text."""
_SECONDS_PER_MINUTE, _SECONDS_PER_HOUR = 60, 3600


def _duration(seconds: float) -> str:
    """A time in the unit that suits it."""
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms" if seconds >= 0.001 else "< 1 ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 2 * _SECONDS_PER_MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * _SECONDS_PER_HOUR:
        return f"{seconds / _SECONDS_PER_MINUTE:.0f} min"
    return f"{seconds / _SECONDS_PER_HOUR:.1f} h"


def _bars(histogram: Histogram) -> list[dict[str, Any]]:
    """Each part of the range with its share of the fullest."""
    most, parts = max(histogram.counts), len(histogram.counts)
    return [
        {
            "from": number / parts,
            "to": (number + 1) / parts,
            "count": count,
            "share": count / most if most else 0.0,
        }
        for number, count in enumerate(histogram.counts)
    ]


def _text_bar(share: float) -> str:
    return "█" * round(share * _PER_TEXT_BAR) or ("▏" if share else "")


def _one_line(text: str) -> str:
    """What stands in a Markdown table's cell, without ending it."""
    return " ".join(text.split()).replace("|", "\\|")


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "bars": _bars,
        "cell": _one_line,
        "duration": _duration,
        "text_bar": _text_bar,
    }
    return environment


def _page(name: str, batch: Batch, best: Sequence[Shown], worst: Sequence[Shown]) -> bytes:
    template = _templates().get_template(name)
    return template.render(batch=batch, best=best, worst=worst).encode()


def html_page(batch: Batch, best: Sequence[Shown], worst: Sequence[Shown]) -> bytes:
    """One file that needs no other: styles and pictures are in it."""
    return _page("report.html", batch, best, worst)


def markdown_page(batch: Batch, best: Sequence[Shown], worst: Sequence[Shown]) -> bytes:
    """The same as Markdown, its pictures at the end, so that the text reads without them."""
    return _page("report.md", batch, best, worst)
