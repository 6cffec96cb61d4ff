"""The command line, `nst`."""

from nst_pipeline.cli.app import main, run_script

__all__ = ["main", "run_script"]
