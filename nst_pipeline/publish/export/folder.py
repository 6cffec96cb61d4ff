"""A folder that is kept equal to a list of files, without touching anybody else's."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from upath import UPath

from nst_pipeline.errors import NstError
from nst_pipeline.storage.files import LOCAL, place_atomically

Files = Mapping[str, bytes | UPath]
"""Path in the folder to its content, or to the picture that it is."""

MANIFEST = ".nst-export.json"


@dataclass(frozen=True)
class Exported:
    """What a call of `write_export` did."""

    written: int
    kept: int
    removed: int


def _stamp(path: Path | UPath) -> str:
    """Size and time of change, the same for a file and its links and copies."""
    stat = path.stat()
    return f"{stat.st_size} {stat.st_mtime:.3f}"


def _fetch(source: UPath, path: Path) -> None:
    path.write_bytes(source.read_bytes())
    when = source.stat().st_mtime
    os.utime(path, (when, when))


def _link(source: UPath, path: Path) -> None:
    """A hard link, or a copy where the file systems differ or allow none."""
    try:
        os.link(source.path, path)
    except OSError:
        shutil.copy2(source.path, path)


class _Folder:
    def __init__(self, folder: Path, *, copy: bool) -> None:
        self._folder, self._copy = folder, copy
        self.stamps: dict[str, str] = {}
        """Of each file that an export wrote."""
        manifest = folder / MANIFEST
        if manifest.exists():
            try:
                self.stamps = dict(json.loads(manifest.read_text("utf-8")))
            except ValueError as error:
                raise NstError(
                    f"{manifest} is damaged ({error}): delete it, or export into another folder"
                ) from error

    def is_same(self, name: str, content: bytes | UPath) -> bool:
        """Whether the file is what it is to be."""
        path = self._folder / name
        if not path.is_file():
            return False
        if isinstance(content, bytes):
            return path.stat().st_size == len(content) and path.read_bytes() == content
        return _stamp(path) == _stamp(content)

    def is_ours(self, name: str) -> bool:
        """Whether the file is as an export left it, or not there."""
        path = self._folder / name
        return not path.exists() or (path.is_file() and self.stamps.get(name) == _stamp(path))

    def write(self, name: str, content: bytes | UPath) -> None:
        path = self._folder / name
        if isinstance(content, bytes):
            place_atomically(path, lambda temporary: temporary.write_bytes(content))
        elif content.protocol not in LOCAL:
            place_atomically(path, lambda temporary: _fetch(content, temporary))
        elif self._copy:
            place_atomically(path, lambda temporary: shutil.copy2(content.path, temporary))
        else:
            place_atomically(path, lambda temporary: _link(content, temporary))

    def remember(self, name: str) -> None:
        self.stamps[name] = _stamp(self._folder / name)

    def remove(self, name: str) -> bool:
        """Remove a file of an earlier export, unless somebody changed it since."""
        path, ours = self._folder / name, self.is_ours(name)
        existed = path.exists()
        if ours:
            path.unlink(missing_ok=True)
            with suppress(OSError):  # Others' files keep a folder.
                path.parent.rmdir()
        del self.stamps[name]
        return ours and existed

    def save(self) -> None:
        text = json.dumps(self.stamps, ensure_ascii=False, indent=0, sort_keys=True)
        place_atomically(
            self._folder / MANIFEST, lambda temporary: temporary.write_text(text, "utf-8")
        )


def _check(folder: Path, foreign: list[str]) -> None:
    if foreign:
        raise NstError(
            f"{folder / foreign[0]} is in the way ({len(foreign)} in all): no export wrote it, or "
            "it was changed since; move it, or export into another folder"
        )


def _follow(
    target: _Folder, files: Files, due: set[str], on_file: Callable[[], object]
) -> Exported:
    """Write what is due, remove what is no longer wanted, and remember what stands."""
    try:
        for name, content in files.items():
            if name in due:
                target.write(name, content)
            target.remember(name)
            on_file()
        removed = sum(target.remove(name) for name in sorted(target.stamps.keys() - files.keys()))
    finally:
        target.save()
    return Exported(len(due), len(files) - len(due), removed)


def write_export(
    folder: Path,
    files: Files,
    *,
    copy: bool = False,
    on_file: Callable[[], object] = lambda: None,
) -> Exported:
    """Make a folder hold these files, and none of an earlier export besides.

    What is there already is not written again. Pictures are hard links to the artifacts where
    that is possible: they take no space, and stay as they are when the artifact is made anew.

    Args:
        folder: made if missing.
        files: what it is to hold.
        copy: copy pictures instead.
        on_file: called after each file, to show progress.

    Raises:
        NstError: a file is in the way that no export wrote, or that was changed since; nothing
            was written then.
    """
    target = _Folder(folder, copy=copy)
    try:
        due = {name for name, content in files.items() if not target.is_same(name, content)}
        _check(folder, [name for name in files if name in due and not target.is_ours(name)])
        return _follow(target, files, due, on_file)
    except FileNotFoundError as error:
        raise NstError(
            f"{error.filename} is gone since the dataset was written: `nst run` makes both anew"
        ) from error
    except OSError as error:
        raise NstError(f"{folder} cannot be written ({error.strerror})") from error
