"""Fingerprints: hashes of everything that determines an artifact."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping

from nst_pipeline.storage.catalog import Input


def fingerprinter(
    asset: str, code_version: str, settings: str, models: Mapping[str, str]
) -> Callable[[Iterable[Input]], str]:
    """Return a function that computes the fingerprints of one asset's artifacts.

    What all artifacts share is hashed once; each fingerprint then takes a microsecond or two.

    Parameters
    ----------
    asset
        Name of the asset.
    code_version
        Version of the code that makes it.
    settings
        The settings that determine it, as canonical JSON.
    models
        Name of a network to the digest of its weights.

    Returns
    -------
    callable
        Takes an artifact's inputs, in any order, and returns a SHA-256 as 64 hex digits.

    Examples
    --------
    >>> fingerprint = fingerprinter("stickers", "3", "{}", {})
    >>> cat, dog = Input("object_photos", "cat", "a1"), Input("object_photos", "dog", "b2")
    >>> fingerprint([cat, dog]) == fingerprint([dog, cat])
    True
    >>> fingerprint([cat]) == fingerprint([dog])
    False
    """
    shared = json.dumps([asset, code_version, settings, sorted(models.items())])
    shared_hash = hashlib.sha256(shared.encode())

    def fingerprint(inputs: Iterable[Input]) -> str:
        hashed = shared_hash.copy()
        # File names contain no zero byte, so equal bytes mean equal inputs.
        lines = (f"\0{each.asset}\0{each.key}\0{each.digest}" for each in sorted(inputs))
        hashed.update("".join(lines).encode())
        return hashed.hexdigest()

    return fingerprint
