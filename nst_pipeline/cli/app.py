"""The entry point of `nst`: registers the commands and prints known errors as one line."""

from __future__ import annotations

import errno
import os
import sqlite3
import sys
import warnings
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Annotated, TextIO

import typer

from nst_pipeline.cli.collection.export import export
from nst_pipeline.cli.collection.import_annotations import import_annotations
from nst_pipeline.cli.collection.lineage import lineage
from nst_pipeline.cli.collection.open import open_gallery
from nst_pipeline.cli.collection.prepare import models, samples
from nst_pipeline.cli.collection.report import report
from nst_pipeline.cli.collection.review import review
from nst_pipeline.cli.collection.run import retry, run
from nst_pipeline.cli.collection.status import status
from nst_pipeline.cli.collection.upkeep import gc, repair, stale, verify
from nst_pipeline.cli.collection.warm import warm
from nst_pipeline.cli.options import Command
from nst_pipeline.cli.output import print_error, print_line, print_note
from nst_pipeline.cli.pictures.calibrate import calibrate
from nst_pipeline.cli.pictures.compose import compose
from nst_pipeline.cli.pictures.cutout import cutout
from nst_pipeline.cli.pictures.harmonize import harmonize
from nst_pipeline.cli.pictures.judge import judge
from nst_pipeline.cli.pictures.stylize import stylize
from nst_pipeline.cli.pictures.sweep import sweep
from nst_pipeline.errors import NstError, RenamedSettingWarning
from nst_pipeline.pipeline.engine.stopping import STOPPED_EXIT_CODE, quit_process

_PANELS = {
    "Collection": (
        samples,
        import_annotations,
        models,
        run,
        retry,
        status,
        open_gallery,
        lineage,
        review,
        export,
        report,
    ),
    "Upkeep": (stale, verify, repair, gc, warm),
    "Single pictures": (cutout, compose, harmonize, judge, calibrate, stylize, sweep),
}

_NAMES: Mapping[Callable[..., None], str] = {import_annotations: "import", open_gallery: "open"}
"""Names of commands that Python has other uses for."""

app = typer.Typer(
    invoke_without_command=True,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for panel, commands in _PANELS.items():
    for command in commands:
        app.command(_NAMES.get(command), cls=Command, rich_help_panel=panel)(command)


def _print_version(wanted: bool) -> None:
    if wanted:
        print_line(f"nst {version('nst-pipeline')}")
        raise typer.Exit


@app.callback()
def nst(
    context: typer.Context,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            envvar="NST_DATA",
            help="Folder or URL of the collection: inboxes, results, nst.toml. Default: data.",
        ),
    ] = None,
    show_version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Make natural-looking composites of photos by neural style transfer."""
    del show_version
    if data:
        os.environ["NST_DATA"] = data
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a renamed setting as a note, any other warning as Python does."""
    if issubclass(category, RenamedSettingWarning):
        print_note(str(message))
    else:
        (file or sys.stderr).write(
            warnings.formatwarning(message, category, filename, lineno, line)
        )


_REMEDIES = {
    errno.ENOSPC: "free space, and run again; finished work is kept",
    errno.EDQUOT: "free space, and run again; finished work is kept",
    errno.EFBIG: "raise the limit on the size of files (`ulimit -f`)",
    errno.EACCES: "give yourself the right to read and write it",
    errno.EPERM: "give yourself the right to read and write it",
    errno.EROFS: "make its disk writable, or use another folder",
    errno.ENAMETOOLONG: "use a shorter name",
}


def _explain(error: OSError) -> str:
    """Say what the system refused, and what to do."""
    where = f"{error.filename}: " if error.filename else ""
    remedy = _REMEDIES.get(error.errno or 0, "correct this, and run again")
    return f"{where}{error.strerror or error}: {remedy}"


def _database_problem(error: BaseException | None) -> str | None:
    """Return what SQLite, where Dagster keeps its runs, says about its disk; else None."""
    while error is not None and not isinstance(error, sqlite3.OperationalError):
        error = error.__cause__ or error.__context__
    return None if error is None else str(error)


def main() -> None:
    """Run `nst`; an error that the user can fix is printed as one line, with exit code 1."""
    # Hides TensorFlow's start-up messages, which would bury the output.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    warnings.filterwarnings("once", category=RenamedSettingWarning)
    warnings.showwarning = _show_warning
    try:
        app(prog_name="nst")
    except NstError as error:
        print_error(str(error))
        sys.exit(1)
    except OSError as error:
        print_error(_explain(error))
        sys.exit(1)
    except Exception as error:
        problem = _database_problem(error)
        if problem is None:
            raise
        print_error(
            f"{os.environ.get('DAGSTER_HOME', '')}: Dagster's database: {problem}: free space, or "
            "give yourself the right to write it, and run again; finished work is kept"
        )
        sys.exit(1)
    except SystemExit as end:
        if end.code == STOPPED_EXIT_CODE:
            quit_process()
        raise


def run_script() -> None:
    """Run `nst` as the script does: a process that has done its work ends without a teardown."""
    try:
        main()
        code = None
    except SystemExit as end:
        code = end.code
    # Here the error is gone, and with it what its frames held, such as temporary files.
    if isinstance(code, int | None):
        quit_process(code or 0)
    sys.exit(code)
