"""Fingerprints: a hash of all that determines an artifact."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping

from nst_pipeline.storage.catalog import Input


def fingerprinter(
    asset: str, code_version: str, settings: str, models: Mapping[str, str]
) -> Callable[[Iterable[Input]], str]:
    """Make fingerprints of an asset's artifacts, a microsecond or two for each.

    Args:
        asset: its name.
        code_version: of the code that makes it.
        settings: all that determine it, as canonical JSON.
        models: network to the digest of its weights.

    Returns:
        A function from an artifact's inputs, of which the order means nothing, to SHA-256 over
        everything, 64 hex digits.
    """
    shared = json.dumps([asset, code_version, settings, sorted(models.items())])
    begun = hashlib.sha256(shared.encode())

    def fingerprint(inputs: Iterable[Input]) -> str:
        hashed = begun.copy()
        # No name on a disk holds a zero byte, so that equal bytes mean equal inputs.
        lines = (f"\0{each.asset}\0{each.key}\0{each.digest}" for each in sorted(inputs))
        hashed.update("".join(lines).encode())
        return hashed.hexdigest()

    return fingerprint
