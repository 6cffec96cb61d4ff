"""Batch reports: the artifacts of a batch, their quality, the time they took, and failures."""

from nst_pipeline.publish.report.pages import html_page, markdown_page
from nst_pipeline.publish.report.summary import (
    BatchSummary,
    ExampleResult,
    FigurePlot,
    NotUsedSummary,
    best_and_worst,
    summarize_batch,
)

__all__ = [
    "BatchSummary",
    "ExampleResult",
    "FigurePlot",
    "NotUsedSummary",
    "best_and_worst",
    "html_page",
    "markdown_page",
    "summarize_batch",
]
