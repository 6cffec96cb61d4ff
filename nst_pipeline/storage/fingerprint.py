"""Fingerprints: a hash of all that determines an artifact."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

from nst_pipeline.storage.catalogue import Input


def fingerprint(
    asset: str,
    code_version: str,
    inputs: Iterable[Input],
    settings: str,
    models: Mapping[str, str],
) -> str:
    """SHA-256 over asset, code version, input digests, settings (JSON) and model digests.

    Inputs count as a set: their order means nothing.
    """
    determining = [
        asset,
        code_version,
        sorted((each.asset, each.key, each.digest) for each in inputs),
        settings,
        sorted(models.items()),
    ]
    return hashlib.sha256(json.dumps(determining).encode()).hexdigest()
