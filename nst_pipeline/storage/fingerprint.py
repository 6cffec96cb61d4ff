"""Fingerprints: hashes of everything that determines an artifact."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping

from nst_pipeline.storage.catalog import Input

_BLOCK = 10_000
"""Inputs whose text is in memory at a time: the dataset has as many inputs as there are scenes."""


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
    of_texts = text_fingerprinter(asset, code_version, settings, models)

    def fingerprint(inputs: Iterable[Input]) -> str:
        ordered = sorted(inputs)
        blocks = (ordered[at : at + _BLOCK] for at in range(0, len(ordered), _BLOCK))
        return of_texts(map(inputs_text, blocks))

    return fingerprint


def inputs_text(inputs: Iterable[Input]) -> str:
    """Return what a fingerprint hashes of an artifact's inputs, whatever their order."""
    # File names contain no zero byte, so equal texts mean equal inputs.
    return "".join([f"\0{asset}\0{key}\0{digest}" for asset, key, digest in sorted(inputs)])


def text_fingerprinter(
    asset: str, code_version: str, settings: str, models: Mapping[str, str]
) -> Callable[[Iterable[str]], str]:
    """Return the function that `fingerprinter` returns, for what `inputs_text` returns.

    It takes the text in one or more pieces.
    """
    shared = json.dumps([asset, code_version, settings, sorted(models.items())])
    shared_hash = hashlib.sha256(shared.encode())

    def fingerprint(pieces: Iterable[str]) -> str:
        hashed = shared_hash.copy()
        for piece in pieces:
            hashed.update(piece.encode())
        return hashed.hexdigest()

    return fingerprint
