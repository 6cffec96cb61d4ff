"""Write a gallery folder, and of one that exists only what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from upath import UPath

from nst_pipeline.publish.gallery.manifest import (
    Entry,
    Manifest,
    assign_slots,
    read_manifest,
    write_manifest,
)
from nst_pipeline.publish.gallery.pages import (
    chunk_list,
    data_chunk,
    grid_item,
    index_page,
    pages_digest,
    scene_page,
    static_files,
)
from nst_pipeline.publish.gallery.previews import OpenImage, make_previews
from nst_pipeline.publish.gallery.records import GalleryScene
from nst_pipeline.storage.files import write_atomically
from nst_pipeline.storage.store import sha256

_CHUNK_SCENES = 500
"""Scenes in one data file: one new scene rewrites about 150 KB."""
_SAVE_AFTER_PICTURES = 4000
"""About a minute of work: saving the manifest of 100,000 scenes takes a second or two."""
_WORKERS = 4
"""OpenCV's codecs and the file system both let go of Python's lock."""

Tell = Callable[[str], GalleryScene]
"""From a scene's key to what the gallery shows of it."""


@dataclass(frozen=True)
class GalleryReport:
    """What a call of `write_gallery` did."""

    scenes: int
    pages_written: int
    pictures_written: int
    pages_removed: int
    unreadable: tuple[str, ...]
    """One line for each picture that could not be shown: scene, path, reason."""


@dataclass(frozen=True)
class _Updated:
    entry: Entry
    pictures_written: int
    unreadable: tuple[str, ...]


def _check_keys(keys: Iterable[str]) -> None:
    for key in keys:
        if not key or key.startswith(".") or "/" in key or "\\" in key:
            raise ValueError(f"gallery scene key {key!r} is no file name: use a partition key")


def _remove(folder: UPath, names: Sequence[str]) -> None:
    for name in names:
        (folder / name).unlink(missing_ok=True)


def _update(
    folder: UPath, scene: GalleryScene, old: Entry, title: str, open_image: OpenImage
) -> _Updated:
    """Write a scene's page, and its pictures where they changed."""
    entry, made = old, 0
    unreadable: tuple[str, ...] = ()
    if not old.images or old.images != scene.digest:
        previewed = make_previews(folder, scene, old, open_image)
        entry, unreadable = previewed.entry, previewed.unreadable
        made = len(entry.made)
        _remove(folder, sorted(set(old.made) - set(entry.made)))
    write_atomically(folder / f"scenes/{scene.key}.html", scene_page(scene, entry, title))
    return _Updated(replace(entry, item=grid_item(scene, entry)), made, unreadable)


def _gathered(
    folder: UPath, held: Manifest, pairs: Iterable[tuple[str, _Updated]]
) -> dict[str, _Updated]:
    """All updates by key; the manifest is saved on the way, so that a killed run goes on."""
    updated: dict[str, _Updated] = {}
    unsaved = 0
    for key, each in pairs:
        updated[key] = each
        unsaved += each.pictures_written
        if unsaved >= _SAVE_AFTER_PICTURES:
            entries = {name: done.entry for name, done in updated.items()}
            write_manifest(folder, Manifest(held.scenes | entries, held.files))
            unsaved = 0
    return updated


def _chunks(entries: Iterable[Entry]) -> dict[str, bytes]:
    """The grid's data files: a scene stays in its own as others come and go."""
    files: dict[int, list[Entry]] = {}
    for entry in sorted(entries, key=lambda each: each.slot):
        files.setdefault(entry.slot // _CHUNK_SCENES, []).append(entry)
    return {
        f"data/{number:03d}.js": data_chunk(each.item for each in held)
        for number, held in files.items()
    }


def _write_grid(
    folder: UPath, held: Mapping[str, str], entries: Mapping[str, Entry], title: str
) -> dict[str, str]:
    """Write what all scenes share, where it changed; returns each file's digest."""
    chunks = _chunks(entries.values())
    versions = {name: sha256(data) for name, data in chunks.items()}
    files = {
        **static_files(),
        **chunks,
        "data/chunks.js": chunk_list(versions),
        "index.html": index_page(title, versions, len(entries)),
    }
    digests = {name: sha256(data) for name, data in files.items()}
    for name, data in files.items():
        if held.get(name) != digests[name]:
            write_atomically(folder / name, data)
    _remove(folder, sorted(set(held) - set(files)))
    return digests


def _forget(folder: UPath, old: Manifest, keys: Iterable[str]) -> int:
    """Remove the files of scenes that are gone."""
    gone = old.scenes.keys() - set(keys)
    for key in gone:
        _remove(folder, [f"scenes/{key}.html", *old.scenes[key].made])
    return len(gone)


def write_gallery(
    folder: UPath,
    scenes: Mapping[str, str],
    tell: Tell,
    *,
    title: str,
    open_image: OpenImage,
    on_scene: Callable[[], None] = lambda: None,
) -> GalleryReport:
    """Write `index.html`, a page and thumbnails for each scene, and the grid's data.

    The folder opens from disk and from any web server, without a network. Of a scene whose
    digest did not change nothing is read or written; scenes that are no longer handed over are
    removed. Every file appears whole or not at all.

    Args:
        folder: the gallery's folder; made if missing.
        scenes: the key of every scene, with a digest that changes with anything it is told of.
        tell: what to show of a scene; its paths are relative to `folder`. Asked only where the
            digest changed; called from several threads, as is `open_image`.
        title: the gallery's name.
        open_image: decodes the picture at a path of a record. Where it raises an `NstError` or
            `OSError`, the picture is left out and reported.
        on_scene: called after each scene that was written, to show progress.

    Raises:
        ValueError: a key is no file name.
    """
    _check_keys(scenes)
    old = read_manifest(folder)
    ways = pages_digest(title)
    pages = {key: sha256(f"{digest} {ways}".encode()) for key, digest in scenes.items()}
    kept = {
        key: entry
        for key, entry in old.scenes.items()
        if entry.page == pages.get(key) and entry.images
    }
    due = sorted(scenes.keys() - kept.keys())
    slots = assign_slots(old.scenes, scenes)

    def update(key: str) -> _Updated:
        held = replace(old.scenes.get(key, Entry(0)), slot=slots[key], page=pages[key])
        done = _update(folder, tell(key), held, title, open_image)
        on_scene()
        return done

    with ThreadPoolExecutor(_WORKERS) as pool:
        updated = _gathered(folder, old, zip(due, pool.map(update, due), strict=True))
    entries = kept | {key: each.entry for key, each in updated.items()}
    files = _write_grid(folder, old.files, entries, title)
    removed = _forget(folder, old, entries)
    write_manifest(folder, Manifest(entries, files))
    return GalleryReport(
        scenes=len(entries),
        pages_written=len(updated),
        pictures_written=sum(each.pictures_written for each in updated.values()),
        pages_removed=removed,
        unreadable=tuple(line for each in updated.values() for line in each.unreadable),
    )
