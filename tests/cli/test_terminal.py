"""Names of files and messages reach the terminal as text: they cannot command it."""

import json

from nst_pipeline.cli.output import (
    bars,
    print_error,
    print_json,
    print_line,
    print_note,
    print_table,
    printable,
)

NAME = "cup[/b]\x1b]0;title\x07\x1b[2J\x9b\u202egnp\nerror: no\ud800"


def _raw(text: str) -> set[str]:
    return {each for each in text if not each.isprintable() and each != "\n"}


def test_escapes_and_markup_are_spelled_out(capfd):
    print_line(NAME)
    print_error(NAME)
    print_note(NAME)
    print_table(NAME, ("file",), [[NAME]])
    shown = capfd.readouterr()
    assert not _raw(shown.out + shown.err)
    assert shown.out.count("cup[/b]") == 3 and shown.err.count("cup[/b]") == 2
    assert len(shown.err.splitlines()) == 2


def test_json_holds_the_same_text_without_raw_escapes(capfd):
    print_json({"file": NAME})
    shown = capfd.readouterr().out
    assert not _raw(shown)
    assert json.loads(shown) == {"file": NAME}


def test_progress_that_no_terminal_shows_is_printed_in_lines(capfd):
    with bars() as display:
        for _ in display.track(range(3), description="cutting out"):
            pass
        unknown = display.add_task("working", total=None)
        display.update(unknown, completed=1)
    assert capfd.readouterr().err.splitlines() == ["cutting out: 1 of 3", "cutting out: 3 of 3"]


def test_letters_of_all_scripts_are_kept():
    assert printable("사진 1 é.jpg") == "사진 1 é.jpg"
