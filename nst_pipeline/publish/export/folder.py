"""Make a folder match a list of files, without touching files that no export wrote."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from upath import UPath

from nst_pipeline.errors import NstError
from nst_pipeline.publish.export.content import (
    MANIFEST,
    Content,
    Files,
    Rendered,
    read_manifest,
    stamp,
)
from nst_pipeline.publish.export.url import ExportUrl
from nst_pipeline.storage.files import LOCAL, place_atomically


@dataclass(frozen=True)
class Exported:
    """Number of files that a call of `write_export` wrote, kept and removed."""

    written: int
    kept: int
    removed: int


def _digest(content: Rendered) -> str:
    return hashlib.sha256(content.source().encode()).hexdigest()[:16]


def _download(source: UPath, path: Path) -> None:
    path.write_bytes(source.read_bytes())
    modified = source.stat().st_mtime
    os.utime(path, (modified, modified))


def _link(source: UPath, path: Path) -> None:
    """Create a hard link, or a copy if the file systems differ or do not support links."""
    try:
        os.link(source.path, path)
    except OSError:
        shutil.copy2(source.path, path)


class _ExportFolder:
    """An export folder and the stamps of the files that exports wrote to it.

    Files are not synced to the disk: after a power cut, the next export repairs them.
    """

    def __init__(self, folder: Path, *, copy: bool) -> None:
        self._folder, self._copy = folder, copy
        self.stamps = read_manifest(folder)

    def is_current(self, name: str, content: Content) -> bool:
        """Whether the file already has this content."""
        path = self._folder / name
        if not path.is_file():
            return False
        if isinstance(content, bytes):
            return path.stat().st_size == len(content) and path.read_bytes() == content
        if isinstance(content, Rendered):
            return self.stamps.get(name) == f"{stamp(path)} {_digest(content)}"
        return stamp(path) == stamp(content)

    def may_replace(self, name: str) -> bool:
        """Whether the file is missing, or unchanged since an export wrote it."""
        path, known = self._folder / name, self.stamps.get(name, "")
        # What follows the stamp's two numbers is the digest of a source.
        unchanged = path.is_file() and known.split()[:2] == stamp(path).split()
        return not path.exists() or unchanged

    def begin(self, due: Collection[str]) -> None:
        """Do nothing: what a killed export has written is known by its content."""

    def write(self, name: str, content: Content) -> None:
        path = self._folder / name
        if isinstance(content, bytes):
            place_atomically(path, lambda temporary: temporary.write_bytes(content))
        elif isinstance(content, Rendered):
            place_atomically(path, content.fill)
        elif content.protocol not in LOCAL:
            place_atomically(path, lambda temporary: _download(content, temporary))
        elif self._copy:
            place_atomically(path, lambda temporary: shutil.copy2(content.path, temporary))
        else:
            place_atomically(path, lambda temporary: _link(content, temporary))

    def record(self, name: str, content: Content) -> None:
        """List a file as written by an export."""
        written = stamp(self._folder / name)
        made_from = f" {_digest(content)}" if isinstance(content, Rendered) else ""
        self.stamps[name] = written + made_from

    def remove(self, name: str) -> bool:
        """Remove a file of an earlier export, unless it was changed since."""
        path, removable = self._folder / name, self.may_replace(name)
        existed = path.exists()
        if removable:
            path.unlink(missing_ok=True)
            with suppress(OSError):  # The folder is not empty.
                path.parent.rmdir()
        del self.stamps[name]
        return removable and existed

    def save(self) -> None:
        """Write the list of files."""
        text = json.dumps(self.stamps, ensure_ascii=False, indent=0, sort_keys=True)
        place_atomically(
            self._folder / MANIFEST, lambda temporary: temporary.write_text(text, "utf-8")
        )


def _check_replaceable(folder: Path | UPath, blocked: list[str]) -> None:
    if blocked:
        raise NstError(
            f"{folder / blocked[0]} is in the way ({len(blocked)} files in all): no export wrote "
            "it, or it was changed since; move it, or export into another folder"
        )


def _synchronize(
    target: _ExportFolder | ExportUrl, files: Files, due: set[str], on_file: Callable[[], object]
) -> Exported:
    """Write the files that are due, remove those that are no longer listed, and save the list."""
    target.begin(due)
    try:
        for name, content in files.items():
            if name in due:
                target.write(name, content)
            target.record(name, content)
            on_file()
        removed = sum(target.remove(name) for name in sorted(target.stamps.keys() - files.keys()))
    finally:
        target.save()
    return Exported(len(due), len(files) - len(due), removed)


def write_export(
    folder: Path | UPath,
    files: Files,
    *,
    copy: bool = False,
    on_file: Callable[[], object] = lambda: None,
) -> Exported:
    """Make a folder contain these files, and no others of an earlier export.

    Files that are up to date are not written again. Images are hard links to the artifacts
    where possible: they take no space, and stay as they are when an artifact is made again.

    Parameters
    ----------
    folder
        The export folder, created if missing, or the URL of one in an object store.
    files
        What the folder is to contain.
    copy
        Copy images instead of linking them.
    on_file
        Called after each file, to show progress.

    Returns
    -------
    Exported
        Numbers of files written, kept and removed.

    Raises
    ------
    NstError
        A file is in the way that no export wrote or that was changed since (nothing is written
        then), an artifact is missing, or the folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_export(Path(folder), {"labels/a.txt": b"0 0.5 0.5 1 1"})
    Exported(written=1, kept=0, removed=0)
    """
    target = _ExportFolder(folder, copy=copy) if isinstance(folder, Path) else ExportUrl(folder)
    try:
        due = {name for name, content in files.items() if not target.is_current(name, content)}
        blocked = [name for name in files if name in due and not target.may_replace(name)]
        _check_replaceable(folder, blocked)
        return _synchronize(target, files, due, on_file)
    except FileNotFoundError as error:
        raise NstError(
            f"{error.filename} was deleted after the dataset was written: run `nst run`, which "
            "makes it again"
        ) from error
    except OSError as error:
        raise NstError(f"{folder} cannot be written ({error.strerror})") from error
