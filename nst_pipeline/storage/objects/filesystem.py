"""Object stores as fsspec's file systems, so that `UPath` reads and writes them.

obstore's own class walks folder by folder, and hands each call to another thread. This one lists
flat, a thousand objects a request, and calls the client directly.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, cast

import fsspec
from fsspec.spec import AbstractBufferedFile, AbstractFileSystem

from nst_pipeline.storage.objects.access import SCHEMES, object_at
from nst_pipeline.storage.objects.problems import explained

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ObjectStore

_PAGE = 1000
"""Objects a page, of which each costs a request."""


class _Written(io.BytesIO):
    """A new object; it appears when this is closed, unless an error ends the `with` block."""

    def __init__(self, filesystem: ObjectFileSystem, path: str) -> None:
        super().__init__()
        self._filesystem, self._path = filesystem, path

    def __exit__(self, kind: Any, *rest: Any) -> None:
        if kind is not None:
            super().close()
        self.close()

    def close(self) -> None:
        if not self.closed:
            self._filesystem.pipe_file(self._path, self.getvalue())
        super().close()


class _Ranged(AbstractBufferedFile):  # type: ignore[misc]  # fsspec has no types
    """A large object of which parts are read."""

    def _fetch_range(self, start: int, end: int) -> bytes:
        return bytes(self.fs.cat_file(self.path, start, end))


class ObjectFileSystem(AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
    """What is in the buckets of one kind of object store; folders are only parts of names."""

    scheme: ClassVar[str]

    def _at(self, path: str) -> tuple[ObjectStore, str, str]:
        """Return client, key, and URL of an object."""
        place = str(self._strip_protocol(path))
        return *object_at(self.scheme, place), f"{self.scheme}://{place}"

    def _described(self, path: str, meta: ObjectMeta) -> dict[str, Any]:
        bucket = str(self._strip_protocol(path)).partition("/")[0]
        return {
            "name": f"{bucket}/{meta['path']}",
            "type": "file",
            "size": meta["size"],
            "LastModified": meta["last_modified"],
            # Some stores quote it in one answer, and not in another.
            "ETag": (meta["e_tag"] or "").strip('"'),
        }

    def _folder(self, name: str) -> dict[str, Any]:
        return {"name": name, "type": "directory", "size": 0}

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Describe an object, or a folder that has objects."""
        store, key, url = self._at(path)
        with explained(url):
            if key:
                try:
                    return self._described(path, store.head(key))
                except FileNotFoundError:
                    pass
            if next(iter(store.list(key or None, chunk_size=1)), None) or not key:
                return self._folder(str(self._strip_protocol(path)))
        raise FileNotFoundError(2, "no such object", url)

    def _is_there(self, path: str, *kinds: str) -> bool:
        # fsspec's own takes any error for an answer, and a store that is away for an empty one.
        try:
            return self.info(path)["type"] in kinds
        except FileNotFoundError:
            return False

    def exists(self, path: str, **_: Any) -> bool:
        """Whether there is such an object, or a folder."""
        return self._is_there(path, "file", "directory")

    def isdir(self, path: str) -> bool:
        """Whether there are objects below this name."""
        return self._is_there(path, "directory")

    def isfile(self, path: str) -> bool:
        """Whether there is such an object."""
        return self._is_there(path, "file")

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        """List a folder, without what its subfolders have."""
        store, key, url = self._at(path)
        with explained(url):
            found = store.list_with_delimiter(key or None)
        bucket = str(self._strip_protocol(path)).partition("/")[0]
        entries = [self._folder(f"{bucket}/{each}") for each in found["common_prefixes"]]
        entries += [self._described(path, each) for each in found["objects"]]
        if not entries:
            entries = [self.info(path)]
        return entries if detail else [each["name"] for each in entries]

    def _listed(self, path: str, after: str | None = None) -> Iterator[ObjectMeta]:
        """List what is below a name, at any depth, in the order of the names."""
        store, key, url = self._at(path)
        with explained(url):
            for page in store.list(key or None, offset=after, chunk_size=_PAGE):
                yield from page

    def find(
        self,
        path: str,
        maxdepth: int | None = None,
        withdirs: bool = False,
        detail: bool = False,
        **_: Any,
    ) -> Any:
        """List all objects below a name; a thousand cost one request."""
        if maxdepth is not None or withdirs:
            return super().find(path, maxdepth=maxdepth, withdirs=withdirs, detail=detail)
        found = (self._described(path, each) for each in self._listed(path))
        described = {each["name"]: each for each in found}
        return described if detail else list(described)

    def sizes(self, folder: str, names: list[str]) -> dict[str, int]:
        """Return the sizes in bytes of a folder's objects by name, from the first to the last.

        Parameters
        ----------
        folder
            The folder.
        names
            What to look for, sorted; what lies between may be in the result, too.
        """
        key = self._at(folder)[1]
        top = f"{key}/" if key else ""
        found = {}
        # A list begins behind its offset, and a name without its last character is before it.
        for each in self._listed(folder, f"{top}{names[0][:-1]}"):
            name = each["path"].removeprefix(top)
            if name > names[-1]:
                break
            found[name] = each["size"]
        return found

    def etags_after(self, folder: str, name: str) -> dict[str, str]:
        """Return the ETags of a folder's objects whose names come after a name."""
        key = self._at(folder)[1]
        listed = self._listed(folder, f"{key}/{name}")
        return {each["path"].removeprefix(f"{key}/"): each["e_tag"] or "" for each in listed}

    def cat_file(
        self, path: str, start: int | None = None, end: int | None = None, **_: Any
    ) -> bytes:
        """Read an object, or a range of it."""
        store, key, url = self._at(path)
        first = start or 0
        with explained(url):
            if min(first, end or 0) < 0 or (first == 0 and end is None):
                return bytes(store.get(key).bytes())[start:end]
            if end is None:
                return bytes(store.get(key, options={"range": {"offset": first}}).bytes())
            return bytes(store.get_range(key, start=first, end=end)) if first < end else b""

    def open_ranged(self, path: str, *, whole_bytes: int) -> bytes | BinaryIO:
        """Return a small object's content; of a larger one, a file that reads what is asked for."""
        store, key, url = self._at(path)
        with explained(url):
            found = store.get(key)
            size = found.meta["size"]
            if size <= whole_bytes:
                return bytes(found.bytes())
        return cast(BinaryIO, _Ranged(self, path, cache_type="none", size=size))

    def pipe_file(self, path: str, value: bytes, **_: Any) -> None:
        """Write an object whole, in parts if it is large; readers see it complete or not at all."""
        store, key, url = self._at(path)
        with explained(url):
            store.put(key, value)

    def put_file(self, lpath: str, rpath: str, **_: Any) -> None:
        """Upload a local file, as `pipe_file` writes bytes, without reading it into memory."""
        store, key, url = self._at(rpath)
        with explained(url):
            store.put(key, Path(lpath))

    def rm_file(self, path: str) -> None:
        """Remove an object; that it is missing is no error."""
        store, key, url = self._at(path)
        with explained(url):
            store.delete(key)

    def rm(self, path: str, recursive: bool = False, **_: Any) -> None:
        """Remove an object, or all below a name."""
        below = self.find(path) if recursive else []
        for each in below or [path]:
            self.rm_file(each)

    def cp_file(self, path1: str, path2: str, **_: Any) -> None:
        """Copy an object."""
        self.pipe_file(path2, self.cat_file(path1))

    def mkdir(self, path: str, **_: Any) -> None:
        """Do nothing: a folder is there once an object's name has it."""

    def makedirs(self, path: str, **_: Any) -> None:
        """Do nothing, as `mkdir`."""

    def _open(self, path: str, mode: str = "rb", **_: Any) -> io.BytesIO:
        return io.BytesIO(self.cat_file(path)) if mode == "rb" else _Written(self, path)


def register() -> None:
    """Let this process reach object stores through these classes.

    Not done on import: in a notebook, another library's classes may be in use.
    """
    for scheme in SCHEMES:
        fields: Mapping[str, Any] = {"scheme": scheme, "protocol": scheme}
        kind = type(f"{scheme.title()}FileSystem", (ObjectFileSystem,), dict(fields))
        fsspec.register_implementation(scheme, kind, clobber=True)
