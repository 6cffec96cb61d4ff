"""How commands speak: tables and bars for people, JSON for programs, one line for errors."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

console = Console()
errors = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table on standard output."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    console.print(table)


def print_error(message: str) -> None:
    """One line on standard error."""
    errors.print(f"[bold red]error:[/] {_escaped(message)}", soft_wrap=True, highlight=False)


def print_note(message: str) -> None:
    """One line on standard error that is no failure."""
    errors.print(f"note: {_escaped(message)}", soft_wrap=True, highlight=False)


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")


@contextmanager
def bars() -> Iterator[Progress]:
    """Progress bars with the time left, on standard error so that output stays clean."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=errors, transient=True) as progress:
        yield progress


@contextmanager
def busy(doing: str) -> Iterator[None]:
    """Say on standard error what takes a while and cannot be counted, as long as it takes."""
    with errors.status(_escaped(doing)):
        yield


def finish(done: Sequence[Mapping[str, Any]], failed: Mapping[str, str], *, as_json: bool) -> None:
    """Say what a folder command made; exit with 1 if a file failed."""
    if as_json:
        print_json({"made": list(done), "failed": dict(failed)})
    else:
        if done:
            columns = list(done[0])
            print_table("Made", columns, ([row[name] for name in columns] for row in done))
        for name, reason in failed.items():
            print_error(reason if name in reason else f"{name}: {reason}")
    if failed:
        raise typer.Exit(1)
