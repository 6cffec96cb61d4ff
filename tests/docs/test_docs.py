"""The documentation agrees with the code: settings, columns, assets, commands, modules, links."""

import importlib.util
import re
import runpy
import shlex
from pathlib import Path

import pytest
import typer

from nst_pipeline.cli.app import app
from nst_pipeline.pipeline.steps import ASSETS
from nst_pipeline.settings import Settings
from nst_pipeline.storage.catalog import SCHEMA

UI_BYTES = 150_000
"""Largest screenshot: a page with ten of them still loads quickly."""
ROOT = Path(__file__).parents[2]
PAGES = [
    *(
        ROOT / name
        for name in ("README.md", "CHANGELOG.md", "data/README.md", "training/README.md")
    ),
    *sorted((ROOT / "docs").rglob("*.md")),
]
CURRENT_PAGES = [page for page in PAGES if page.name != "CHANGELOG.md"]
"""The changelog also names what no longer exists."""


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _table(page: Path, heading: str) -> set[str]:
    """Return the names in the first column of the table under a heading."""
    under = page.read_text("utf-8").partition(f"{heading}\n")[2].split("\n#")[0]
    return set(re.findall(r"^\| `(\w+)` \|", under, flags=re.MULTILINE))


def _commands(page: Path) -> list[list[str]]:
    """Return the words of each `nst` command with options, in code blocks and in text."""
    text = page.read_text("utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)
    lines = re.sub(r"\\\n", " ", "\n".join(blocks)).splitlines()
    inline = re.findall(r"`([^`\n]+)`", text)
    split = (shlex.split(re.sub(r"[\[\]]", "", each), comments=True) for each in [*lines, *inline])
    found = []
    for words in split:
        names = [word.rpartition("/")[2] for word in words]
        if "nst" in names:
            found.append(words[names.index("nst") + 1 :])
    return found


def _unknown_words(words: list[str]) -> list[str]:
    """Return the options, or the command, that `nst` does not have."""
    group = typer.main.get_command(app)
    command = next((group.commands[word] for word in words if word in group.commands), None)
    if command is None and words and not words[0].startswith("-"):
        return words[:1]
    params = [*group.params, *(command.params if command else ())]
    known = {"--help", "-h", *(flag for param in params for flag in param.opts)}
    return [word for word in words if word.startswith("-") and word not in known]


def _anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), flags=re.MULTILINE)
    plain = (re.sub(r"[^\w\s-]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


def test_the_settings_page_is_current():
    written = runpy.run_path(str(ROOT / "docs/make_settings.py"))
    assert written["PAGE"].read_text("utf-8") == written["settings_page"](), (
        "run `python docs/make_settings.py`"
    )


def test_the_readme_lists_every_asset():
    assert _table(ROOT / "README.md", "## What it makes") == {node.name for node in ASSETS}


def test_the_catalog_page_lists_every_column():
    page = ROOT / "docs/reference/catalog.md"
    assert _table(page, "# The catalog") == set(SCHEMA.names)


@pytest.mark.parametrize("page", CURRENT_PAGES, ids=_name)
def test_every_command_and_option_exists(page):
    unknown = {" ".join(words): _unknown_words(words) for words in _commands(page)}
    assert {command: words for command, words in unknown.items() if words} == {}


@pytest.mark.parametrize("page", CURRENT_PAGES, ids=_name)
def test_every_setting_exists(page):
    sections = {name: field.default for name, field in Settings.model_fields.items()}
    names = "|".join(sections)
    named = re.findall(rf"`({names})\.([a-z_0-9]+)", page.read_text("utf-8"))
    files = {"md", "py", "toml", "npz", "json"}
    missing = [
        f"{section}.{name}"
        for section, name in named
        if name not in type(sections[section]).model_fields and name not in files
    ]
    assert missing == []


@pytest.mark.parametrize("page", CURRENT_PAGES, ids=_name)
def test_every_module_script_and_target_exists(page):
    text = page.read_text("utf-8")
    modules = set(re.findall(r"^from (nst_pipeline[\w.]*) import", text, flags=re.MULTILINE))
    assert [each for each in modules if importlib.util.find_spec(each) is None] == []
    scripts = set(re.findall(r"(?:benchmarks|docs)/\w+\.py", text))
    assert [each for each in scripts if not (ROOT / each).exists()] == []
    targets = set(re.findall(r"(?:`|^|=\S+ )make ([a-z-]+)", text, flags=re.MULTILINE))
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert [each for each in targets if f"\n{each}:" not in makefile] == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_lead_to_existing_files_and_headings(page):
    targets = re.findall(r"\]\(([^)\s]*)\)", page.read_text("utf-8"))
    local = [target.partition("#") for target in targets if "://" not in target]
    files = [(page.parent / path if path else page, anchor) for path, _, anchor in local]
    assert [str(path) for path, _ in files if not path.exists()] == []
    assert [f"{path}#{name}" for path, name in files if name and name not in _anchors(path)] == []


def test_every_screenshot_is_used_and_small():
    pictures = sorted((ROOT / "docs/images").glob("ui-*.webp"))
    shown = "".join(page.read_text("utf-8") for page in PAGES)
    assert pictures, "run `make screenshots`"
    assert [each.name for each in pictures if f"images/{each.name})" not in shown] == []
    assert [each.name for each in pictures if each.stat().st_size > UI_BYTES] == []
