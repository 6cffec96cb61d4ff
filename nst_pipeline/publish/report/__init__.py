"""A report of a batch: what was made, how long it took, how good it is, and what failed."""

from nst_pipeline.publish.report.batch import Batch, Shown, summarize, to_show
from nst_pipeline.publish.report.pages import html_page, markdown_page

__all__ = ["Batch", "Shown", "html_page", "markdown_page", "summarize", "to_show"]
