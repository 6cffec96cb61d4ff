"""Read from a page which commands it shows, in blocks and in its text."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import typer

from nst_pipeline.cli.app import app

PROGRAMS = {"docker", "git", "make", "nst", "pip", "python", "source"}
"""Words in backticks are a command if they begin with one of these."""


@dataclass(frozen=True)
class Shown:
    """A command of a shell, or a block in another language."""

    language: str
    text: str

    @property
    def name(self) -> str:
        """The command without its comment and the path of `nst`; the first line of a block."""
        if self.language != "sh":
            return f"{self.language}: {self.text.splitlines()[0]}"
        return shlex.join(shlex.split(self.text, comments=True)).replace(".venv/bin/", "")

    @property
    def own_words(self) -> set[str]:
        """The words in capitals, which readers replace by their own."""
        words = shlex.split(self.name) if self.language == "sh" else []
        return {word for word in words if re.fullmatch("[A-Z]+", word)}


def _in_block(language: str, body: str) -> list[Shown]:
    if language != "sh":
        return [Shown(language, body)] if body else []
    lines = re.sub(r"\\\n\s*", "", body).splitlines()
    return [Shown("sh", line) for line in lines if line and not line.startswith("#")]


def _is_command(span: str) -> bool:
    """Tell a command from other words, and from the mere name of one that needs options."""
    program, *arguments = re.sub(r"^(\w+=\S+ )*", "", span).split(" ")
    if Path(program).name not in PROGRAMS or not arguments:
        return False
    command = typer.main.get_command(app).commands.get(arguments[0])
    needs_options = command is not None and any(each.required for each in command.params)
    return len(arguments) > 1 or not needs_options


def _in_prose(prose: str) -> list[Shown]:
    spans = (" ".join(span.split()) for span in re.findall("`([^`]+)`", prose))
    return [Shown("sh", span) for span in spans if _is_command(span)]


def shown_in(page: str) -> list[Shown]:
    """List what a page in Markdown shows, in its order, each once."""
    parts = [*re.split(r"^```(\w*)\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL), "", ""]
    found: dict[str, Shown] = {}
    for prose, language, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        for each in [*_in_prose(prose), *_in_block(language, body)]:
            found.setdefault(each.name, each)
    return list(found.values())
