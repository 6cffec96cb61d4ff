"""`nst`: the library's functions for one-off use."""

from nst_pipeline.cli.app import main

__all__ = ["main"]
