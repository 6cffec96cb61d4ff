"""The command line, `nst`."""

from nst_pipeline.cli.app import main

__all__ = ["main"]
