"""The image's recipe agrees with the project; no Docker is needed to see that."""

import importlib.util
import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
import typer
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from nst_pipeline.cli.app import app

ROOT = Path(__file__).parents[2]
TEXT = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text("utf-8"))
STEPS = [
    (line.split(maxsplit=1)[0], line.split(maxsplit=1)[1])
    for line in TEXT.splitlines()
    if line and not line.startswith("#")
]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def _arguments(name: str) -> list[str]:
    return [arguments for step, arguments in STEPS if step == name]


def _pins(lock: str) -> dict[str, str]:
    """The versions in a lock by package."""
    text = (ROOT / lock).read_text("utf-8")
    return dict(re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==(\S+)", text, re.MULTILINE))


def _environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for env in _arguments("ENV") for pair in shlex.split(env))


def test_what_is_copied_exists_and_is_sent_to_docker():
    copies = [each for each in _arguments("COPY") if not each.startswith("--from")]
    sources = [source for each in copies for source in each.split()[:-1]]
    assert sources
    sent = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text("utf-8"), re.MULTILINE)
    assert [each for each in sources if not (ROOT / each).exists()] == []
    assert [s for s in sources if not any(fnmatch(s, each) for each in sent)] == []
    assert set(sent) == set(sources), "what is not copied need not be sent"


def test_the_image_has_a_python_that_the_project_supports():
    (version,) = {re.match(r"python:([\d.]+)-", each).group(1) for each in _arguments("FROM")}
    assert version in SpecifierSet(PROJECT["requires-python"])
    lock_made_for = re.search(r"--python-version ([\d.]+)", (ROOT / "Makefile").read_text())
    assert version == lock_made_for.group(1)


def test_the_commands_of_the_image_exist():
    commands = typer.main.get_command(app).commands
    (entrypoint,), (default,) = _arguments("ENTRYPOINT"), _arguments("CMD")
    assert json.loads(entrypoint) == ["nst"] and json.loads(default)[0] in commands
    used = re.findall(r"/nst (\w+) (--\w+)", " ".join(_arguments("RUN")))
    assert used
    for command, option in used:
        assert option in {flag for each in commands[command].params for flag in each.opts}


def test_the_lock_has_what_the_project_requires():
    locked = _pins("requirements.lock")
    extra = PROJECT["optional-dependencies"]["postgres"]
    required = [Requirement(each) for each in (*PROJECT["dependencies"], *extra)]
    wrong = [r for r in required if locked.get(r.name.lower()) not in r.specifier]
    assert wrong == [], "run `make lock`"


def test_tests_run_with_the_versions_that_are_installed():
    assert _pins("requirements.lock").items() <= _pins("requirements-dev.lock").items()
    assert _pins("requirements.lock").items() <= _pins("requirements-ray.lock").items()


def test_the_services_share_the_volumes_and_are_offered_to_this_machine_only():
    (volumes,) = _arguments("VOLUME")
    for service in COMPOSE["services"].values():
        assert [each.rpartition(":")[2] for each in service["volumes"]] == json.loads(volumes)
        assert all(each.startswith("127.0.0.1:") for each in service.get("ports", ()))
        command = service.get("entrypoint", ["python", "-m", "nst_pipeline"])
        assert command[:2] == ["python", "-m"] and importlib.util.find_spec(command[2])
    environment = _environment()
    assert [environment["NST_DATA"], environment["DAGSTER_HOME"]] == json.loads(volumes)
    planned, value = (ROOT / ".env").read_text("utf-8").split()[-1].split("=")
    assert environment[planned] == value


def test_hadolint_has_no_complaint():
    hadolint = shutil.which("hadolint", path=Path(sys.executable).parent)
    if hadolint is None:
        pytest.skip("no hadolint here: `make setup-dev` installs it")
    done = subprocess.run(
        [hadolint, str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
