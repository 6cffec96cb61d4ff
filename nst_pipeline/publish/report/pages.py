"""A batch report as a self-contained HTML page and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from nst_pipeline.publish.report.summary import BatchSummary, ExampleResult
from nst_pipeline.publish.templates import render


def html_page(
    batch: BatchSummary, best: Sequence[ExampleResult], worst: Sequence[ExampleResult]
) -> bytes:
    """Render the report as one HTML file; styles and images are embedded."""
    return render("report/report.html", batch=batch, best=best, worst=worst)


def markdown_page(
    batch: BatchSummary, best: Sequence[ExampleResult], worst: Sequence[ExampleResult]
) -> bytes:
    """Render the report as Markdown, with the embedded images at the end of the file."""
    return render("report/report.md", batch=batch, best=best, worst=worst)
