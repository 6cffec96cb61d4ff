"""The command line's entry: registers the commands and turns known errors into one line."""

from __future__ import annotations

import os
import sys

import typer

from nst_pipeline.cli import collection, upkeep
from nst_pipeline.cli.compose import compose
from nst_pipeline.cli.cutout import cutout
from nst_pipeline.cli.harmonize import calibrate, harmonize
from nst_pipeline.cli.output import print_error
from nst_pipeline.cli.stylize import stylize
from nst_pipeline.cli.sweep import sweep
from nst_pipeline.errors import NstError

app = typer.Typer(
    help="Natural composites through neural style transfer.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    add_completion=False,
)
_PICTURES = (cutout, compose, stylize, sweep, harmonize, calibrate)
for command in (*collection.COMMANDS, *upkeep.COMMANDS, *_PICTURES):
    app.command()(command)


def main() -> None:
    """Run `nst`; an error that the user can put right is one line and exit code 1."""
    # TensorFlow's start-up notices would drown what matters.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        app()
    except NstError as error:
        print_error(str(error))
        sys.exit(1)
