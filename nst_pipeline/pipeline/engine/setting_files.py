"""Digests of the files that settings name: another content is another cause."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from nst_pipeline.storage.store import sha256


@lru_cache(maxsize=8)
def _content_digest(path: Path, size: int, mtime: float) -> str:
    """Digest a file. Size and time tell when to read it again."""
    del size, mtime
    return sha256(path.read_bytes())


def file_digests(**named: str) -> dict[str, str]:
    """Digest the files that settings name.

    Parameters
    ----------
    **named
        Name in the catalog to the setting's value.

    Returns
    -------
    dict
        Name to digest, of those values that name a file.
    """
    digests = {}
    for name, value in named.items():
        path = Path(value)
        if value and path.is_file():
            stat = path.stat()
            digests[name] = _content_digest(path, stat.st_size, stat.st_mtime)
    return digests
