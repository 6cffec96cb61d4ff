"""Terminal output: tables and bars for people, JSON for programs, one line for each error."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as ProgressBars
from rich.table import Table
from rich.text import Text

console = Console()
error_console = Console(stderr=True)

LIST_LIMIT = 20
"""Maximum number of rows to print of a list that grows with the collection; `--json` prints all."""

SOME_FAILED = 3
"""Exit code of a command that could not make all that it was asked for; it made the rest."""
_LINE_EVERY_SECONDS = 2.0

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


_UNSAFE = re.compile(r"[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
"""Characters that a terminal obeys or that hide others, beyond those that JSON escapes."""


def printable(text: str) -> str:
    """Spell out what a terminal would obey: names of files may contain any character.

    Examples
    --------
    >>> printable("cup\\x1b[2J\\n사진")
    'cup\\\\x1b[2J\\\\n사진'
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def print_json(value: Any) -> None:
    """Print one JSON document on standard output."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    sys.stdout.write(_UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")


def print_line(text: str) -> None:
    """Print text as one line on standard output: no markup, no highlighting, no wrapping."""
    console.print(printable(text), highlight=False, markup=False, soft_wrap=True)


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    limit: int | None = None,
) -> None:
    """Print a table on standard output.

    Parameters
    ----------
    title
        The heading.
    columns
        The names of the columns.
    rows
        The cells, one for each column, printed unchanged: square brackets are not markup.
    limit
        Print only this many rows; the heading then says how many there are.
    """
    shown = rows[:limit]
    if len(shown) < len(rows):
        title = f"{title} ({len(shown)} of {len(rows)})"
    table = Table(title=escape(printable(title)), title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in shown:
        table.add_row(*(escape(printable(str(cell))) for cell in row))
    console.print(table)


def print_error(message: str) -> None:
    """Print an error as one line on standard error."""
    error_console.print(
        f"[bold red]error:[/] {escape(printable(message))}", soft_wrap=True, highlight=False
    )


def print_note(message: str) -> None:
    """Print a note as one line on standard error."""
    error_console.print(f"note: {escape(printable(message))}", soft_wrap=True, highlight=False)


class _Count(MofNCompleteColumn):
    """How many are done; nothing for work that has no count."""

    def render(self, task: Task) -> Text:
        return Text() if task.total is None else super().render(task)


class _Lines(ProgressBars):
    """Progress as lines, for output that no terminal shows: at most one every few seconds."""

    def __init__(self, console: Console) -> None:
        super().__init__(console=console, disable=True, auto_refresh=False)
        self._printed: dict[TaskID, tuple[float, float]] = {}

    def update(self, task_id: TaskID, **changes: Any) -> None:
        """Change a task, and print a line if it is time."""
        super().update(task_id, **changes)
        self._print(task_id)

    def advance(self, task_id: TaskID, advance: float = 1) -> None:
        """Advance a task, and print a line if it is time."""
        super().advance(task_id, advance)
        self._print(task_id)

    def _print(self, task_id: TaskID) -> None:
        task, now = self._tasks[task_id], time.monotonic()
        when, last = self._printed.get(task_id, (now - _LINE_EVERY_SECONDS, 0.0))
        if task.total is None or task.completed == last:
            return
        if task.completed >= task.total or now - when >= _LINE_EVERY_SECONDS:
            self._printed[task_id] = now, task.completed
            text = f"{task.description}: {task.completed:g} of {task.total:g}"
            self.console.print(printable(text), markup=False, highlight=False, soft_wrap=True)


@contextmanager
def direct_console() -> Iterator[Console]:
    """Yield a console on standard error that stays there while Dagster sends it to its log.

    Dagster redirects the file descriptor while an asset is made.
    """
    try:
        descriptor = os.dup(sys.stderr.fileno())
    except (OSError, ValueError):  # Captured, or closed.
        yield error_console
        return
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        yield Console(file=file)


@contextmanager
def bars(console: Console = error_console) -> Iterator[ProgressBars]:
    """Show progress on standard error: bars with the remaining time, or lines if it is no terminal.

    Parameters
    ----------
    console
        Where to show it.
    """
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        _Count(),
        TimeRemainingColumn(),
    )
    with ProgressBars(*columns, console=console, transient=True) as display:
        yield display


@contextmanager
def download_bars() -> Iterator[ProgressBars]:
    """Show progress bars in bytes, with speed and remaining time, on standard error."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with ProgressBars(*columns, console=error_console, transient=True) as display:
        yield display


@contextmanager
def busy(activity: str) -> Iterator[None]:
    """Show a spinner on standard error for work that has no count."""
    with error_console.status(escape(printable(activity))):
        yield


def finish(
    done: Sequence[Mapping[str, Any]],
    failed: Mapping[str, str],
    *,
    as_json: bool,
    empty: Mapping[str, str] | None = None,
) -> None:
    """Print the result of a command on picture files.

    Parameters
    ----------
    done
        One row for each file made; all rows have the same keys.
    failed
        Error messages by file.
    as_json
        Print one JSON document instead of a table and error lines.
    empty
        Why there is nothing to make of a file, by file; that is no failure.

    Raises
    ------
    typer.Exit
        With the code `SOME_FAILED`, if a file failed.
    """
    nothing = empty or {}
    if as_json:
        print_json({"made": list(done), "empty": dict(nothing), "failed": dict(failed)})
    else:
        if done:
            columns = list(done[0])
            print_table("Made", columns, [[row[name] for name in columns] for row in done])
        for name, reason in nothing.items():
            print_note(reason if name in reason else f"{name}: {reason}")
        for name, reason in failed.items():
            print_error(reason if name in reason else f"{name}: {reason}")
    if failed:
        raise typer.Exit(SOME_FAILED)
