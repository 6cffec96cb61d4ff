"""Digests of the files that settings name: artifacts depend on the content, not on the path."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from nst_pipeline.storage.store import sha256


@lru_cache(maxsize=8)
def _content_digest(path: Path, size: int, mtime: float) -> str:
    """Digest a file; another size or time makes the cache read it again."""
    del size, mtime
    return sha256(path.read_bytes())


def file_digests(**named: str) -> dict[str, str]:
    """Digest the files that settings name.

    Parameters
    ----------
    **named
        Values of settings, by the name that the catalog uses.

    Returns
    -------
    dict of str to str
        Digests by name, of those values that are paths of existing files.
    """
    digests = {}
    for name, value in named.items():
        path = Path(value)
        if value and path.is_file():
            stat = path.stat()
            digests[name] = _content_digest(path, stat.st_size, stat.st_mtime)
    return digests
