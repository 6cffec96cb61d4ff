"""The entry point of `nst`: registers the commands and prints known errors as one line."""

from __future__ import annotations

import os
import sys

import typer

from nst_pipeline.cli.collection.export import export
from nst_pipeline.cli.collection.lineage import lineage
from nst_pipeline.cli.collection.prepare import models, samples
from nst_pipeline.cli.collection.report import report
from nst_pipeline.cli.collection.run import retry, run
from nst_pipeline.cli.collection.status import status
from nst_pipeline.cli.collection.upkeep import gc, stale, verify
from nst_pipeline.cli.output import print_error
from nst_pipeline.cli.pictures.calibrate import calibrate
from nst_pipeline.cli.pictures.compose import compose
from nst_pipeline.cli.pictures.cutout import cutout
from nst_pipeline.cli.pictures.harmonize import harmonize
from nst_pipeline.cli.pictures.stylize import stylize
from nst_pipeline.cli.pictures.sweep import sweep
from nst_pipeline.errors import NstError

app = typer.Typer(
    help="Natural composites through neural style transfer.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    add_completion=False,
)
_PANELS = {
    "Collection": (samples, models, run, retry, status, lineage, export, report),
    "Upkeep": (stale, verify, gc),
    "Single pictures": (cutout, compose, harmonize, calibrate, stylize, sweep),
}
for panel, commands in _PANELS.items():
    for command in commands:
        app.command(rich_help_panel=panel)(command)


def main() -> None:
    """Run `nst`; an error that the user can fix is printed as one line, with exit code 1."""
    # TensorFlow's start-up messages would bury the output.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        app()
    except NstError as error:
        print_error(str(error))
        sys.exit(1)
