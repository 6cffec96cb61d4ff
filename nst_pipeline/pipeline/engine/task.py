"""An artifact that is to be made."""

from __future__ import annotations

from dataclasses import dataclass

from nst_pipeline.storage.catalog import Input


@dataclass(frozen=True)
class Task:
    """A key of an asset, and all that determines the artifact."""

    key: str
    inputs: tuple[Input, ...]
    fingerprint: str
    empty: str = ""
    """Why there is nothing to be made: something upstream is an empty result."""
