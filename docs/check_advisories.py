"""Look the locked packages up in a copy of an advisory database, without a network.

`python docs/check_advisories.py COPY` reads a folder or a zip file of advisories in OSV's schema,
as JSON or YAML: PyPA's advisory database as it is in Git, or OSV's `all.zip` of PyPI. It prints
each advisory that concerns a package of reference/sbom.json, which lists what requirements.lock
has, and ends with 1 if there is one.
"""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

Advisory = Mapping[str, Any]

SBOM = Path(__file__).parent / "reference" / "sbom.json"

_SUFFIXES = (".json", ".yaml", ".yml")
_ECOSYSTEM, _RANGES = "PyPI", "ECOSYSTEM"


def _texts(copy: Path) -> Iterator[tuple[str, str]]:
    """Yield the names and texts of the files that may be advisories."""
    if copy.is_dir():
        for path in sorted(copy.rglob("*")):
            if path.suffix in _SUFFIXES and path.is_file():
                yield str(path), path.read_text("utf-8")
        return
    with zipfile.ZipFile(copy) as archive:
        for name in sorted(archive.namelist()):
            if name.endswith(_SUFFIXES):
                yield name, archive.read(name).decode("utf-8")


def read_advisories(copy: Path) -> Iterator[Advisory]:
    """Read the advisories of a folder or a zip file; other files are passed over."""
    for name, text in _texts(copy):
        content = json.loads(text) if name.endswith(".json") else yaml.safe_load(text)
        if isinstance(content, dict) and "affected" in content and not content.get("withdrawn"):
            yield content


def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")


def _in_range(version: Version, events: list[Mapping[str, str]]) -> bool:
    """Whether a version lies between the event that introduces a fault and the one that ends it."""
    inside = False
    for event in sorted(events, key=lambda event: _version(next(iter(event.values())))):
        (kind, text), *_ = event.items()
        bound = _version(text)
        if kind == "introduced" and version >= bound:
            inside = True
        elif (kind == "fixed" and version >= bound) or (
            kind == "last_affected" and version > bound
        ):
            inside = False
    return inside


def _versions_named(affected: Mapping[str, Any], version: str) -> bool:
    ranges = (each for each in affected.get("ranges", []) if each.get("type") == _RANGES)
    inside = (_in_range(_version(version), each["events"]) for each in ranges)
    return version in affected.get("versions", []) or any(inside)


def concerned(advisory: Advisory, packages: Mapping[str, str]) -> set[str]:
    """Return the packages that an advisory concerns, of those given with their versions."""
    found = set()
    for affected in advisory["affected"]:
        package = affected.get("package", {})
        name = canonicalize_name(package.get("name", ""))
        is_ours = package.get("ecosystem") == _ECOSYSTEM and name in packages
        if is_ours and _versions_named(affected, packages[name]):
            found.add(name)
    return found


def audit(copy: Path, packages: Mapping[str, str]) -> tuple[int, list[str]]:
    """Return the number of advisories that were read, and a line for each that concerns us."""
    read, lines = 0, []
    for advisory in read_advisories(copy):
        read += 1
        for name in sorted(concerned(advisory, packages)):
            known_as = ", ".join([advisory["id"], *advisory.get("aliases", [])])
            said = advisory.get("summary") or advisory.get("details", "")
            lines.append(f"{name} {packages[name]}: {known_as}: {' '.join(said.split())[:200]}")
    return read, lines


def main() -> None:
    """Print what was found; end with 1 if that is anything."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).exists():
        sys.exit("Usage: python docs/check_advisories.py FOLDER_OR_ZIP_OF_ADVISORIES")
    components = json.loads(SBOM.read_text("utf-8"))["components"]
    packages = {canonicalize_name(each["name"]): each["version"] for each in components}
    read, lines = audit(Path(sys.argv[1]), packages)
    if not read:
        sys.exit(f"{sys.argv[1]} has no advisories in OSV's schema")
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.write(f"{len(lines)} of {read} advisories concern the {len(packages)} packages\n")
    sys.exit(1 if lines else 0)


if __name__ == "__main__":
    main()
