"""Locked packages are looked up in a copy of an advisory database."""

import json
import runpy
import zipfile
from pathlib import Path

import pytest
import yaml

CHECK = runpy.run_path(str(Path(__file__).parents[2] / "docs/check_advisories.py"))
PACKAGES = {"pillow": "11.3.0", "numpy": "2.2.0"}


def advisory(name: str, *events: dict[str, str], **more) -> dict:
    """An advisory as OSV has it."""
    ranges = [{"type": "ECOSYSTEM", "events": list(events)}]
    affected = {"package": {"ecosystem": "PyPI", "name": name}, "ranges": ranges, "versions": []}
    return {
        "schema_version": "1.6.0",
        "id": "PYSEC-2026-1",
        "modified": "2026-01-01T00:00:00Z",
        "aliases": ["CVE-2026-1"],
        "summary": "A crafted file overflows a buffer",
        "affected": [affected | more.pop("affected", {})],
    } | more


@pytest.mark.parametrize(
    ("found", "events"),
    [
        (True, [{"introduced": "0"}]),
        (True, [{"introduced": "0"}, {"fixed": "11.3.1"}]),
        (False, [{"introduced": "0"}, {"fixed": "11.3.0"}]),
        (True, [{"introduced": "9.0"}, {"last_affected": "11.3"}]),
        (False, [{"introduced": "9.0"}, {"last_affected": "11.2"}]),
        (False, [{"introduced": "11.3.0.post1"}]),
        (True, [{"fixed": "10.1"}, {"introduced": "11.0"}, {"introduced": "0"}, {"fixed": "12"}]),
        (False, [{"introduced": "0"}, {"fixed": "10.1"}, {"introduced": "11.4"}]),
    ],
)
def test_ranges_of_versions_are_read(found, events):
    assert CHECK["concerned"](advisory("Pillow", *events), PACKAGES) == (
        {"pillow"} if found else set()
    )


def test_single_versions_are_read_and_other_registries_passed_over():
    listed = advisory("PILLOW", affected={"ranges": [], "versions": ["11.3.0"]})
    assert CHECK["concerned"](listed, PACKAGES) == {"pillow"}
    npm = {"package": {"ecosystem": "npm", "name": "pillow"}}
    assert CHECK["concerned"](advisory("", {"introduced": "0"}, affected=npm), PACKAGES) == set()


def test_folders_of_yaml_and_zips_of_json_are_read(tmp_path):
    everything = advisory("pillow", {"introduced": "0"})
    withdrawn = everything | {"withdrawn": "2026-02-01T00:00:00Z"}
    folder = tmp_path / "vulns/pillow"
    folder.mkdir(parents=True)
    (folder / "PYSEC-2026-1.yaml").write_text(yaml.safe_dump(everything))
    (folder / "PYSEC-2026-2.yaml").write_text(yaml.safe_dump(withdrawn))
    (folder / "README.md").write_text("not an advisory")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("PYSEC-2026-1.json", json.dumps(everything))
    line = "pillow 11.3.0: PYSEC-2026-1, CVE-2026-1: A crafted file overflows a buffer"
    assert CHECK["audit"](tmp_path / "vulns", PACKAGES) == (1, [line])
    assert CHECK["audit"](tmp_path / "all.zip", PACKAGES) == (1, [line])
