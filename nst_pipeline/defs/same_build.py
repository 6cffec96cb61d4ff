"""Refuses a worker whose code, packages, settings or clock are not those of the head.

Results of other code would pass for those of the head's, and the catalog takes the row with the
latest time for the current one. Definitions say in a tag where they were loaded, and from what; the
tag is stored with each run when it is planned, and compared on the machine that executes it.
"""

import hashlib
import os
import re
import socket
import sys
import time
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import dagster as dg
from upath import UPath

from nst_pipeline.defs.dagster_internals import planned_step_tags
from nst_pipeline.errors import NstError

BUILD_TAG = "nst/build"
"""Tag of ops: the host that loaded the definitions, and the digests of its code and settings."""
_PACKAGE = Path(__file__).parents[1]
_DISTRIBUTION = "nst-pipeline"
_WITHOUT_EFFECT = re.compile("NST_((CACHE|MODELS)$|RUN__|ALERTS__)")
"""Variables that may differ, because no result depends on them."""
MAX_SKEW_SECONDS = 5.0
"""Clocks that are kept by NTP differ by milliseconds; object stores give times in whole seconds."""


def _versions() -> list[str]:
    """Return Python's version and those of the packages that the pipeline requires."""
    found = [f"python {sys.version_info.major}.{sys.version_info.minor}"]
    for requirement in sorted(requires(_DISTRIBUTION) or ()):
        name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue  # an extra, or for another platform
    return found


def code_digest_now() -> str:
    """Digest the package's files, and the versions of what it requires, as they are now."""
    digest = hashlib.sha256("\n".join(_versions()).encode())
    for path in sorted(_PACKAGE.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(f"\n{path.relative_to(_PACKAGE)}\n".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@cache
def _code_digest() -> str:
    """Return the digest of what this process has loaded."""
    return code_digest_now()


def _settings_digest() -> str:
    """Digest the settings of the environment; the others are in the data root, which is shared."""
    names = sorted(name for name in os.environ if name.startswith("NST_"))
    kept = [f"{name}={os.environ[name]}" for name in names if not _WITHOUT_EFFECT.match(name)]
    return hashlib.sha256("\n".join(kept).encode()).hexdigest()[:16]


def this_build() -> str:
    """Return the value of `BUILD_TAG` for this process."""
    return f"{socket.gethostname()} {_code_digest()} {_settings_digest()}"


def check_build(head: str, worker: str) -> None:
    """Compare two values of `BUILD_TAG`.

    Raises
    ------
    NstError
        They are of different hosts, and differ in code or settings.
    """
    (head_host, head_code, head_settings), (host, code, settings) = head.split(), worker.split()
    if host == head_host:
        return  # An edited file counts from the next run on, as ever.
    if code != head_code:
        raise NstError(
            f"{host} has other code or packages ({code}) than {head_host}, which planned this run "
            f"({head_code}): install the same version from the same lock on both, and restart the "
            "code location"
        )
    if settings != head_settings:
        raise NstError(
            f"{host} has other settings in its environment than {head_host}, which planned this "
            "run: set the same NST_ variables on both, or none, and write settings into nst.toml"
        )


def clock_skew(root: UPath) -> float:
    """Return by how many seconds this machine's clock is ahead of the clock of the data root.

    Raises
    ------
    OSError
        Nothing can be written there.
    """
    probe = root / "catalog" / f".clock~{socket.gethostname()}~{os.getpid()}"
    probe.parent.mkdir(parents=True, exist_ok=True)
    before = time.time()
    probe.write_bytes(b"-")
    after, written = time.time(), probe.stat().st_mtime
    probe.unlink()
    return before - written if written < before else min(0.0, after - written)


def check_clock(skew_seconds: float) -> None:
    """Refuse a clock that is too far from that of the data root.

    Raises
    ------
    NstError
        The message says how far.
    """
    if abs(skew_seconds) > MAX_SKEW_SECONDS:
        side = "ahead of" if skew_seconds > 0 else "behind"
        raise NstError(
            f"the clock of {socket.gethostname()} is {abs(skew_seconds):.0f} s {side} that of the "
            "data root, so that its results would not count as the latest: set it by NTP"
        )


def check_worker(context: dg.AssetExecutionContext, root: UPath) -> None:
    """Check the machine that executes a run, if it is not the one that planned it.

    Raises
    ------
    NstError
        Its code, packages, settings or clock differ.
    """
    head = planned_step_tags(context).get(BUILD_TAG, "")
    here = this_build()
    if not head or head.split()[0] == here.split()[0]:
        return
    check_build(head, here)
    check_clock(clock_skew(root))
