"""Write a gallery folder; in an existing one, update only what changed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from upath import UPath

from nst_pipeline.publish.gallery.manifest import (
    WHOLE,
    DamagedManifestError,
    Manifest,
    Part,
    SceneEntry,
    assign_slots,
    read_manifest,
    write_manifest,
)
from nst_pipeline.publish.gallery.pages import (
    data_file,
    data_file_list,
    grid_item,
    index_page,
    pages_digest,
    scene_page,
    static_files,
)
from nst_pipeline.publish.gallery.previews import OpenImage, write_previews
from nst_pipeline.publish.gallery.records import GalleryScene
from nst_pipeline.storage.artifact_files import GALLERY_MANIFEST, GALLERY_PAGE
from nst_pipeline.storage.files import remove_file, write_atomically
from nst_pipeline.storage.store import sha256

_LOG = logging.getLogger(__name__)

_SCENES_PER_FILE = 500
"""Scenes in one data file: one new scene rewrites about 150 KB."""
_FILES_PER_SAVE = 4000
"""About a minute of work; saving the manifest of 100,000 scenes takes a second or two."""
_UNREADABLE_LOGGED = 20
"""Warnings logged per update; the report has all of them."""
_THREADS = 4
"""OpenCV's codecs and file access release Python's global lock."""

DescribeScene = Callable[[str], GalleryScene]
"""Return what the gallery shows of the scene with a key."""


@dataclass(frozen=True)
class GalleryReport:
    """What a call of `write_gallery` did."""

    scenes: int
    pages_written: int
    pictures_written: int
    """Thumbnails, previews and mask overlays."""
    pages_removed: int
    unreadable: tuple[str, ...]
    """One line for each image that could not be shown: scene, path, reason."""
    manifest_problem: str = ""
    """Why the existing manifest could not be used; empty if it could."""


@dataclass(frozen=True)
class _Plan:
    kept: Mapping[str, SceneEntry]
    due: Mapping[str, SceneEntry]
    """Scenes to write, in order of their keys; with the new slot and page digest."""


@dataclass(frozen=True)
class _UpdatedScene:
    entry: SceneEntry
    pictures_written: int
    unreadable: tuple[str, ...]


def _check_keys(keys: Iterable[str]) -> None:
    for key in keys:
        if not key or key.startswith(".") or "/" in key or "\\" in key:
            raise ValueError(f"gallery scene key {key!r} is not a file name: use a partition key")


def _remove(folder: UPath, names: Sequence[str]) -> None:
    for name in names:
        remove_file(folder / name)


def _read_or_restart(path: UPath) -> tuple[Manifest, str]:
    """Read the manifest; if it is damaged, return an empty one and the problem."""
    try:
        return read_manifest(path), ""
    except DamagedManifestError as error:
        problem = (
            f"{path} is damaged ({error}): all pages and images are written "
            "again; pages of scenes removed since the last update may stay in the folder"
        )
        _LOG.warning("%s", problem)
        return Manifest(), problem


def _plan(old: Manifest, scenes: Mapping[str, str], title: str, part: Part) -> _Plan:
    """Split the scenes into those that are up to date and those to write."""
    shared = pages_digest(title, part)
    pages = {key: sha256(f"{digest} {shared}".encode()) for key, digest in scenes.items()}
    kept = {
        key: entry
        for key, entry in old.scenes.items()
        if entry.page == pages.get(key) and entry.images
    }
    slots = assign_slots(old.scenes, scenes)
    due = {
        key: replace(old.scenes.get(key, SceneEntry(0)), slot=slots[key], page=pages[key])
        for key in sorted(scenes.keys() - kept.keys())
    }
    return _Plan(kept, due)


def _update_scene(
    folder: UPath,
    scene: GalleryScene,
    old: SceneEntry,
    title: str,
    part: Part,
    open_image: OpenImage,
) -> _UpdatedScene:
    """Write a scene's page, and its images if they changed."""
    updated = _UpdatedScene(old, 0, ())
    if not old.images or old.images != scene.digest:
        previews = write_previews(folder, scene, old, open_image)
        written = previews.entry.made
        updated = _UpdatedScene(previews.entry, len(written), previews.unreadable)
        _remove(folder, sorted(set(old.made) - set(written)))
    entry = updated.entry
    write_atomically(folder / f"scenes/{scene.key}.html", scene_page(scene, entry, title, part))
    return replace(updated, entry=replace(entry, item=grid_item(scene, entry)))


def _collect(
    manifest: UPath,
    old: Manifest,
    updates: Iterable[tuple[str, _UpdatedScene]],
    on_scene: Callable[[int], object],
    save_every: int,
) -> dict[str, _UpdatedScene]:
    """Collect all updates by key; save the manifest on the way, so that a killed run resumes."""
    updated: dict[str, _UpdatedScene] = {}
    unsaved = 0
    for key, update in updates:
        updated[key] = update
        on_scene(len(updated))
        unsaved += update.pictures_written
        if unsaved >= save_every:
            entries = {name: done.entry for name, done in updated.items()}
            write_manifest(manifest, Manifest({**old.scenes, **entries}, old.files))
            unsaved = 0
    return updated


def _data_files(entries: Iterable[SceneEntry], part: Part) -> dict[str, bytes]:
    """The grid's data files; a scene stays in its file as others come and go."""
    files: dict[int, list[SceneEntry]] = {}
    for entry in sorted(entries, key=lambda each: each.slot):
        files.setdefault(entry.slot // _SCENES_PER_FILE, []).append(entry)
    return {
        part.file(f"data/{number:03d}.js"): data_file(each.item for each in members if each.item)
        for number, members in files.items()
    }


def _write_shared_files(
    folder: UPath,
    old: Mapping[str, str],
    entries: Mapping[str, SceneEntry],
    title: str,
    part: Part,
    not_used: int,
    notes: Sequence[str],
) -> dict[str, str]:
    """Write the files that all scenes share where they changed, and return their digests."""
    data = _data_files(entries.values(), part)
    versions = {name: sha256(content) for name, content in data.items()}
    files = {
        **static_files(),
        **data,
        part.data_list: data_file_list(versions),
        part.file(GALLERY_PAGE): index_page(title, versions, len(entries), part, not_used, notes),
    }
    digests = {name: sha256(content) for name, content in files.items()}
    for name, content in files.items():
        if old.get(name) != digests[name]:
            write_atomically(folder / name, content)
    _remove(folder, sorted(set(old) - set(files)))
    return digests


def _remove_scenes(folder: UPath, old: Manifest, keys: Iterable[str]) -> int:
    """Remove the files of all scenes but these, and return how many scenes that were."""
    gone = old.scenes.keys() - set(keys)
    for key in gone:
        _remove(folder, [f"scenes/{key}.html", *old.scenes[key].made])
    return len(gone)


def _report(
    updated: Collection[_UpdatedScene], scenes: int, removed: int, problem: str
) -> GalleryReport:
    """Summarize an update, and log the images that could not be shown."""
    unreadable = tuple(line for each in updated for line in each.unreadable)
    for line in unreadable[:_UNREADABLE_LOGGED]:
        _LOG.warning("image left out of the gallery: %s", line)
    return GalleryReport(
        scenes=scenes,
        pages_written=len(updated),
        pictures_written=sum(each.pictures_written for each in updated),
        pages_removed=removed,
        unreadable=unreadable,
        manifest_problem=problem,
    )


def write_gallery(
    folder: UPath,
    scenes: Mapping[str, str],
    describe_scene: DescribeScene,
    *,
    title: str,
    open_image: OpenImage,
    part: Part = WHOLE,
    elsewhere: Container[str] = (),
    not_used: int = 0,
    notes: Sequence[str] = (),
    on_scene: Callable[[int, int], object] = lambda *_: None,
    save_every: int = _FILES_PER_SAVE,
) -> GalleryReport:
    """Write `index.html`, a page and thumbnails for each scene, and the grid's data.

    The folder opens from disk and from any web server, without network access. Scenes with an
    unchanged digest are neither read nor written; scenes that are no longer passed are removed.
    Every file appears whole or not at all. If the manifest is damaged, everything is written again.

    Parameters
    ----------
    folder
        The gallery folder; created if missing.
    scenes
        A digest for each scene's key. It must change with anything that `describe_scene` returns.
    describe_scene
        Returns what to show of a scene; its paths are relative to `folder`. Called only for
        changed scenes and, like `open_image`, from several threads.
    title
        The gallery's name.
    open_image
        Decodes the image at a path. An image for which it raises an `NstError` or `OSError` is
        left out and reported.
    part
        The part of the gallery that these scenes are.
    elsewhere
        Keys of scenes in other parts, whose files stay.
    not_used
        Number of photos on `write_not_used`'s page, which the grid then links to.
    notes
        What the grid's page says about all scenes, one line each.
    on_scene
        Called after each scene with the number of scenes written and the number to write.
    save_every
        Number of image files after which the manifest is saved; a killed run resumes there.

    Raises
    ------
    ValueError
        A key is not a file name.
    """
    _check_keys(scenes)
    manifest = folder / part.file(GALLERY_MANIFEST)
    old, problem = _read_or_restart(manifest)
    plan = _plan(old, scenes, title, part)

    def update(key: str) -> _UpdatedScene:
        return _update_scene(folder, describe_scene(key), plan.due[key], title, part, open_image)

    with ThreadPoolExecutor(_THREADS) as pool:
        updates = zip(plan.due, pool.map(update, plan.due), strict=True)
        updated = _collect(
            manifest, old, updates, lambda done: on_scene(done, len(plan.due)), save_every
        )
    entries = {**plan.kept, **{key: each.entry for key, each in updated.items()}}
    files = _write_shared_files(folder, old.files, entries, title, part, not_used, notes)
    stay = entries.keys() | {key for key in old.scenes if key in elsewhere}
    removed = _remove_scenes(folder, old, stay)
    write_manifest(manifest, Manifest(entries, files))
    return _report(updated.values(), len(entries), removed, problem)
