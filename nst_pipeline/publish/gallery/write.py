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
    data_chunk,
    grid_item,
    index_page,
    page_digest,
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
    page_written: bool
    pictures_written: int
    unreadable: tuple[str, ...]


def _check_keys(scenes: Sequence[GalleryScene]) -> None:
    keys = [scene.key for scene in scenes]
    if len(set(keys)) != len(keys):
        raise ValueError("two gallery scenes have the same key: hand over each scene once")
    for key in keys:
        if not key or key.startswith(".") or "/" in key or "\\" in key:
            raise ValueError(f"gallery scene key {key!r} is no file name: use a partition key")


def _remove(folder: UPath, names: Sequence[str]) -> None:
    for name in names:
        (folder / name).unlink(missing_ok=True)


def _update(
    folder: UPath, scene: GalleryScene, old: Entry, title: str, open_image: OpenImage
) -> _Updated:
    entry, made = old, 0
    unreadable: tuple[str, ...] = ()
    if not old.images or old.images != scene.digest:
        previewed = make_previews(folder, scene, old, open_image)
        entry, unreadable = previewed.entry, previewed.unreadable
        made = len(entry.made)
        _remove(folder, sorted(set(old.made) - set(entry.made)))
    digest = page_digest(scene, entry, title)
    changed = digest != old.page
    if changed:
        write_atomically(folder / f"scenes/{scene.key}.html", scene_page(scene, entry, title))
    return _Updated(replace(entry, page=digest), changed, made, unreadable)


def _gathered(
    folder: UPath,
    old: Manifest,
    pairs: Iterable[tuple[GalleryScene, _Updated]],
    on_scene: Callable[[], None],
) -> dict[str, _Updated]:
    """All updates by key; the manifest is saved on the way, so that a killed run goes on."""
    updated: dict[str, _Updated] = {}
    unsaved = 0
    for scene, each in pairs:
        updated[scene.key] = each
        unsaved += each.pictures_written
        if unsaved >= _SAVE_AFTER_PICTURES:
            entries = {key: done.entry for key, done in updated.items()}
            write_manifest(folder, Manifest(old.scenes | entries, old.files))
            unsaved = 0
        on_scene()
    return updated


def _chunks(scenes: Sequence[GalleryScene], entries: Mapping[str, Entry]) -> dict[str, bytes]:
    """The grid's data files: a scene stays in its own as others come and go."""
    rows: dict[int, list[tuple[int, GalleryScene]]] = {}
    for scene in scenes:
        slot = entries[scene.key].slot
        rows.setdefault(slot // _CHUNK_SCENES, []).append((slot, scene))
    return {
        f"data/{number:03d}.js": data_chunk(
            grid_item(scene, entries[scene.key])
            for _, scene in sorted(rows[number], key=lambda row: row[0])
        )
        for number in sorted(rows)
    }


def _write_grid(
    folder: UPath,
    held: Mapping[str, str],
    scenes: Sequence[GalleryScene],
    entries: Mapping[str, Entry],
    title: str,
) -> dict[str, str]:
    """Write what all scenes share, where it changed; returns each file's digest."""
    chunks = _chunks(scenes, entries)
    versions = {name: sha256(data) for name, data in chunks.items()}
    index = index_page(title, versions, len(scenes))
    files = {**static_files(), **chunks, "index.html": index}
    digests = {name: sha256(data) for name, data in files.items()}
    for name, data in files.items():
        if held.get(name) != digests[name]:
            write_atomically(folder / name, data)
    _remove(folder, sorted(set(held) - set(files)))
    return digests


def _forget(folder: UPath, old: Manifest, keys: set[str]) -> int:
    """Remove the files of scenes that are gone."""
    gone = [(key, entry) for key, entry in old.scenes.items() if key not in keys]
    for key, entry in gone:
        _remove(folder, [f"scenes/{key}.html", *entry.made])
    return len(gone)


def write_gallery(
    folder: UPath,
    scenes: Sequence[GalleryScene],
    *,
    title: str,
    open_image: OpenImage,
    on_scene: Callable[[], None] = lambda: None,
) -> GalleryReport:
    """Write `index.html`, a page and thumbnails for each scene, and the grid's data.

    The folder opens from disk and from any web server, without a network. Of a scene whose
    record did not change nothing is written and no picture opened; scenes that are no longer
    handed over are removed. Every file appears whole or not at all.

    Args:
        folder: the gallery's folder; made if missing.
        scenes: all scenes of the gallery; their paths are relative to `folder`.
        title: the gallery's name.
        open_image: decodes the picture at a path of a record; called from several threads.
            Where it raises an `NstError` or `OSError`, the picture is left out and reported.
        on_scene: called after each scene, to show progress.

    Raises:
        ValueError: a key is there twice or is no file name.
    """
    _check_keys(scenes)
    old = read_manifest(folder)
    slots = assign_slots(old.scenes, (scene.key for scene in scenes))

    def update(scene: GalleryScene) -> _Updated:
        held = replace(old.scenes.get(scene.key, Entry(0)), slot=slots[scene.key])
        return _update(folder, scene, held, title, open_image)

    with ThreadPoolExecutor(_WORKERS) as pool:
        pairs = zip(scenes, pool.map(update, scenes), strict=True)
        updated = _gathered(folder, old, pairs, on_scene)
    entries = {key: each.entry for key, each in updated.items()}
    files = _write_grid(folder, old.files, scenes, entries, title)
    removed = _forget(folder, old, set(entries))
    write_manifest(folder, Manifest(entries, files))
    return GalleryReport(
        scenes=len(scenes),
        pages_written=sum(each.page_written for each in updated.values()),
        pictures_written=sum(each.pictures_written for each in updated.values()),
        pages_removed=removed,
        unreadable=tuple(line for each in updated.values() for line in each.unreadable),
    )
