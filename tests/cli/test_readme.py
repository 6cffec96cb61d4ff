"""The README's one-off commands, one after another, as they stand there, on the sample photos."""

import re
import shlex
from pathlib import Path

import pytest

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
SLOW = {"sweep"}
"""Takes minutes; tests/cli/test_pictures.py runs it small."""


def _commands() -> list[list[str]]:
    block = README.partition("## One-off commands")[2].partition("```sh\n")[2].partition("```")[0]
    lines = re.sub(r"\\\n", " ", block).splitlines()
    return [shlex.split(line, comments=True) for line in lines if "nst " in line]


def _is_run(words: list[str]) -> bool:
    """Whether a command can be run as it stands: words in capitals are the reader's own."""
    return words[1] not in SLOW and not any(word.isupper() for word in words)


@pytest.mark.slow
def test_the_one_off_commands_of_the_readme_work_on_the_samples(nst, home):
    assert nst("samples").returncode == 0
    ran = [words for words in _commands() if _is_run(words)]
    assert {words[1] for words in ran} >= {"cutout", "compose", "harmonize", "stylize"}
    for program, *arguments in ran:
        assert program == ".venv/bin/nst"
        done = nst(*arguments)
        assert done.returncode == 0, done.stderr
        assert (home / arguments[arguments.index("--out") + 1]).exists()
