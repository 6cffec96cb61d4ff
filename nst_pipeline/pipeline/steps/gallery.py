"""The asset `gallery`: a static page with all scenes."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from upath import UPath

from nst_pipeline.pipeline.engine.asset import Asset, Check, GalleryPicture, define_asset
from nst_pipeline.pipeline.engine.inputs import Resolved, Resolver, from_collection, is_good
from nst_pipeline.pipeline.engine.item import Item, Made
from nst_pipeline.pipeline.engine.node import Node, with_ancestors
from nst_pipeline.pipeline.engine.progress import report_part
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.steps.composites import composites, present_row
from nst_pipeline.pipeline.steps.harmonized import harmonized
from nst_pipeline.pipeline.steps.not_used import NotUsed, find_not_used, photo_not_used
from nst_pipeline.pipeline.steps.placements import placements
from nst_pipeline.pipeline.steps.reviewed import count_review, review_state
from nst_pipeline.pipeline.steps.scene_photos import scene_photos
from nst_pipeline.pipeline.steps.sticker_library import sticker_library
from nst_pipeline.pipeline.steps.stickers import sticker_file, stickers
from nst_pipeline.publish.gallery import (
    PHOTOS_ON_PAGE,
    GalleryPlacement,
    GalleryReport,
    GalleryScene,
    LineageRow,
    Part,
    Variant,
    write_gallery,
    write_not_used,
)
from nst_pipeline.storage import artifact_files as files
from nst_pipeline.storage.batches import assign_batches, load_batches, save_batches
from nst_pipeline.storage.catalog import Input, Row, Status
from nst_pipeline.storage.keys import photo_key
from nst_pipeline.storage.records import HarmonizedRecord, Placements
from nst_pipeline.storage.review import INPUT as REVIEW
from nst_pipeline.storage.store import joint_digest, sha256
from nst_pipeline.vision.harmonize.candidates import candidate_title
from nst_pipeline.vision.harmonize.model.gate import GATE, share_to_apply
from nst_pipeline.vision.shapes import Picture

_UPSTREAM = (composites, harmonized, sticker_library)
"""The gallery shows these assets and all their ancestors that are made for each scene."""
_TITLE = "Composites"
_PART_PHOTOS = 100_000
"""Scene photos in a part of the gallery, whose grid filters and sorts them in the browser."""
_PARTS = "parts.parquet"
"""File of the gallery's folder: the part of each scene photo."""
SCENE_ASSETS = tuple(node for node in with_ancestors(_UPSTREAM) if node.inbox == "scenes")
"""Assets that the gallery shows for each scene, upstream ones first."""


def _gallery_pictures() -> Iterator[tuple[Asset, GalleryPicture]]:
    """List the gallery's pictures of a scene: before and after first, then the others."""
    others = (each for each in SCENE_ASSETS if each not in (composites, harmonized))
    for asset in (composites, harmonized, *others):
        if isinstance(asset, Asset):
            yield from ((asset, picture) for picture in asset.presentation.gallery)


_PICTURES = tuple(_gallery_pictures())


def _inputs_of_status(snapshot: Snapshot, node: Node, status: Status) -> list[Input]:
    rows = snapshot.bad_states(node)
    present = filter(rows.__contains__, snapshot.keys(node)) if rows else ()
    return [
        Input(node.name, key, f"{status}: {rows[key].fingerprint}")
        for key in present
        if rows[key].status == status
    ]


def _results_and_reasons(snapshot: Snapshot, node: Node) -> Resolver:
    """Use all good results and, because the gallery shows why, what failed, photos without
    stickers, and the user's decisions."""
    results = from_collection(snapshot, node)

    def resolve(key: str) -> Resolved:
        failed = [
            each for asset in SCENE_ASSETS for each in _inputs_of_status(snapshot, asset, "failed")
        ]
        bare = _inputs_of_status(snapshot, stickers, "empty")
        return *results(key), *failed, *bare, *_decisions(snapshot)

    return resolve


def _decisions(snapshot: Snapshot) -> Iterator[Input]:
    """Yield what was decided about each scene."""
    for key in snapshot.keys(scene_photos):
        decided = snapshot.review.scenes.get(key)
        if decided is not None:
            yield Input(REVIEW, key, sha256(repr(decided).encode()))


def _path(asset: Node, key: str, file: str) -> str:
    """Return the path of an artifact's file, relative to the gallery's folder."""
    return f"../{asset.name}/{files.file_name(key, file)}"


def _label(picture: GalleryPicture, row: Row) -> str:
    network = row.figures.get(picture.made_by)
    return f"{picture.label} ({network})" if network else picture.label


def _variants(snapshot: Snapshot, key: str) -> Iterator[Variant]:
    for asset, picture in _PICTURES:
        row = present_row(snapshot, asset, key)
        if row is not None and row.status == "ok" and picture.file in row.files:
            window, path = picture.window, _path(asset, key, picture.file)
            shown = window(snapshot, key) if window else None
            yield Variant(picture.name, _label(picture, row), path, shown)


def _notes(snapshot: Snapshot, key: str, common: Collection[str]) -> Iterator[str]:
    """Say why pictures of a scene are missing, one line each, besides what holds for all scenes."""
    for asset, picture in _PICTURES:
        row = present_row(snapshot, asset, key)
        if row is not None and row.status == "empty" and picture.explains_absence:
            note = f"{picture.label}: {row.error}"
            if note not in common:
                yield note


def _common_notes(snapshot: Snapshot) -> tuple[str, ...]:
    """Say which pictures all results lack for the same reason, such as a missing network."""
    results = snapshot.states(harmonized)
    good = {key for key in snapshot.keys(scene_photos) if is_good(results.get(key))}
    notes: dict[str, None] = {}
    for asset, picture in _PICTURES:
        states = snapshot.states(asset) if picture.explains_absence else {}
        found = [states[key] for key in good if key in states]
        reasons = {each.error for each in found}
        is_common = len(found) == len(good) and len(reasons) == 1
        if found and is_common and found[0].status == "empty":
            notes[f"{picture.label}: {found[0].error}"] = None
    return tuple(notes)


def _siblings(snapshot: Snapshot, key: str) -> tuple[str, ...]:
    """Return the scenes with artifacts of the same photo; none if there is no other."""
    made, keys = snapshot.states(scene_photos), snapshot.workspace.keys_of("scenes", photo_key(key))
    found = tuple(each for each in keys if each in made)
    return found if len(found) > 1 else ()


def _decisive(rows: list[Row | None]) -> Row | None:
    """Return the row that represents the scene: a failure, else the result, else the last row."""
    made = [row for row in rows if row is not None]
    failed = [row for row in made if row.status == "failed"]
    results = [row for row in made if row.asset == harmonized.name]
    return next(iter(failed or results or made[::-1]), None)


def _lineage(snapshot: Snapshot, rows: list[Row | None]) -> tuple[LineageRow, ...]:
    """List what the artifacts of a scene were made from, each once, photos first."""
    inputs: list[Input] = []
    for asset, row in zip(SCENE_ASSETS, rows, strict=True):
        if row is not None and isinstance(asset, Asset):
            unused = asset.presentation.unused(snapshot.workspace, row)
            inputs += [each for each in row.inputs if each not in unused]
    named = {(each.asset, each.key): each.digest for each in inputs}
    return tuple(LineageRow(asset, key, digest) for (asset, key), digest in named.items())


def why_chosen(method: str, record: HarmonizedRecord) -> str:
    """Say why a candidate became the result, in a sentence or two."""
    tone = f" The scene is {record.tone}, and so is the object." if record.tone else ""
    if method != "auto":
        return f"The setting harmonize.method is {method}.{tone}"
    if record.left_alone:
        return f"The composite is unchanged: {record.left_alone}.{tone}"
    confidence = f"Confidence that a change helps: {record.confidence:.2f}"
    if tone:
        return f"{candidate_title(record.chosen)} has the best lightness.{tone} {confidence}."
    share = share_to_apply(record.confidence)
    if share == 0:
        return f"{confidence}. This is not above {GATE.none_up_to}, so the colors stay."
    amount = "all" if share == 1 else f"{share:.0%}"
    title = candidate_title(record.chosen)
    best = f"{title} has the best color fit of {len(record.color_fit)} candidates."
    return f"{best} {confidence}, so {amount} of its change is applied."


def _scene_rows(snapshot: Snapshot, key: str) -> list[Row | None]:
    return [present_row(snapshot, asset, key) for asset in SCENE_ASSETS]


def _settings(rows: list[Row | None]) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for row in rows:
        settings |= {} if row is None else json.loads(row.settings)
    return settings


def _placements(snapshot: Snapshot, key: str) -> tuple[GalleryPlacement, ...]:
    placed = snapshot.record(Placements, placements, key)
    return tuple(GalleryPlacement(each.sticker, each.label, each.box) for each in placed)


def gallery_scene(snapshot: Snapshot, key: str, common: Collection[str] = ()) -> GalleryScene:
    """Describe a scene for the gallery; it needs at least one artifact.

    `common` are the notes that hold for all scenes, which its page leaves out.
    """
    rows = _scene_rows(snapshot, key)
    row, settings = _decisive(rows), _settings(rows)
    assert row is not None
    variants = tuple(_variants(snapshot, key))
    is_composed = any(each.name == "untouched" for each in variants)
    is_complete = row.asset == harmonized.name and row.status == "ok"
    record = snapshot.record(HarmonizedRecord, harmonized, key) if is_complete else None
    return GalleryScene(
        key=key,
        title=snapshot.workspace.scene_title(key),
        status=row.status,
        digest=joint_digest({each.asset: each.digest for each in rows if each is not None}),
        variants=variants,
        notes=tuple(_notes(snapshot, key, common)) if is_complete else (),
        mask=_path(composites, key, files.MASK) if is_composed else "",
        chosen=record.chosen if record else "",
        reason=why_chosen(settings["harmonize"]["method"], record) if record else "",
        color_fit=record.color_fit if record else {},
        confidence=record.confidence if record else None,
        naturalness=record.naturalness if record else None,
        factors=record.factors if record else {},
        placements=_placements(snapshot, key) if is_composed else (),
        lineage=_lineage(snapshot, rows),
        settings=settings,
        made_at=row.made_at.isoformat(timespec="seconds"),
        error=row.error,
        siblings=_siblings(snapshot, key),
        review=_review_text(snapshot, key),
        note=snapshot.review.of(key).note,
    )


def _review_text(snapshot: Snapshot, key: str) -> str:
    """Return where a scene is in review; empty if nothing was decided about it."""
    if not snapshot.review.of(key).decision:
        return ""
    return review_state(snapshot, key) or ""


def _review_figures(snapshot: Snapshot) -> dict[str, float]:
    """Return how far a review is; nothing if none was begun."""
    counts = count_review(snapshot)
    if not counts.begun:
        return {}
    return {
        "reviewed": counts.reviewed,
        "approved": counts.approved,
        "rejected": counts.rejected,
        "to_review": counts.to_review,
        "to_make": counts.to_make,
        "approved_share": round(counts.approved_share, 4),
    }


def gallery_scenes(
    near: Callable[[str], Snapshot], keys: Iterable[str], common: Collection[str] = ()
) -> dict[str, str]:
    """Return those of some scenes that have artifacts, with a digest of what the gallery shows.

    Computed from the catalog alone, so that no record of an unchanged scene is read.

    Parameters
    ----------
    near
        Returns a snapshot with the rows of a scene.
    keys
        Keys of the scenes.
    common
        As for `gallery_scene`.
    """
    digests = {}
    for key in keys:
        snapshot = near(key)
        rows = [row for row in _scene_rows(snapshot, key) if row is not None]
        states = [f"{row.fingerprint} {row.digest} {row.status} {row.made_at}" for row in rows]
        states += [repr(common), *_siblings(snapshot, key)]
        if key in snapshot.review.scenes:
            states.append(repr(snapshot.review.scenes[key]))
        if rows:
            digests[key] = sha256("\n".join(states).encode())
    return digests


def gallery_parts(
    snapshot: Snapshot, folder: UPath, *, photos: int = _PART_PHOTOS
) -> list[list[str]]:
    """Divide the scenes into the gallery's parts of some photos each, which they never leave."""
    keys, path = sorted(snapshot.keys(scene_photos)), folder / _PARTS
    known = load_batches(path)
    numbers = assign_batches(known, list(dict.fromkeys(map(photo_key, keys))), photos)
    if numbers != known:
        save_batches(path, numbers)
    parts: list[list[str]] = [[] for _ in range(max(numbers.values(), default=1))]
    for key in keys:
        parts[numbers[photo_key(key)] - 1].append(key)
    return parts


def _write_part(
    snapshot: Snapshot,
    folder: UPath,
    parts: Sequence[Sequence[str]],
    number: int,
    not_used: int,
    common: tuple[str, ...],
) -> GalleryReport:
    """Write one of the gallery's parts, with the rows of few scenes in memory."""
    keys = parts[number - 1]
    near = snapshot.near("scenes", keys)
    return write_gallery(
        folder,
        gallery_scenes(near, keys, common),
        lambda key: gallery_scene(near(key), key, common),
        title=_TITLE,
        part=Part(number, len(parts)),
        elsewhere={key for other in parts if other is not keys for key in other},
        not_used=not_used,
        notes=common,
        open_image=_picture_reader(folder.parent),
        on_scene=report_part("gallery pages"),
    )


def _picture_reader(artifacts: UPath) -> Callable[[str], Picture]:
    """Return a function that reads pictures by their path relative to the gallery's folder."""
    return lambda path: files.decode_picture(
        path, (artifacts / path.removeprefix("../")).read_bytes()
    )


def _write_not_used(snapshot: Snapshot, folder: UPath, not_used: NotUsed) -> None:
    """Write the page about the object photos of which scenes do not get everything."""
    keys = not_used.keys[:PHOTOS_ON_PAGE]

    def read_sticker(name: str) -> Picture:
        object_key, file = sticker_file(name)
        return snapshot.picture(stickers, object_key, file, keep=False)

    write_not_used(
        folder,
        [photo_not_used(snapshot, key, not_used) for key in keys],
        not_used.counts,
        title=_TITLE,
        read_photo=lambda key: snapshot.workspace.photo("objects", key),
        read_sticker=read_sticker,
    )


def _review_to_do(snapshot: Snapshot, row: Row) -> str:
    """Say how far a review that was begun is, as long as something is left to do."""
    del row
    counts = count_review(snapshot)
    to_do = counts.begun and counts.reviewed < counts.results
    said = [str(counts)] if to_do else []
    return "; ".join([*said, counts.problem()] if counts.problems else said)


_REVIEWED = Check(
    "reviewed",
    "Warns as long as a review that was begun is not done, and says how far it is: go on with "
    "`nst review` (docs/how-to/review.md). Also names lines of the file of decisions that cannot "
    "be read.",
    _review_to_do,
    severity="warning",
    sample_size=None,
)


@define_asset(
    phase="publish",
    inbox=None,
    group="published",
    kinds={"html"},
    upstream=_UPSTREAM,
    optional=(sticker_library,),
    inputs=_results_and_reasons,
    settings=("placement",),
    code_version="8",
    checks=(_REVIEWED,),
    ends_batch=True,
    keeps_own_files=True,
    read_by_people=True,
)
def gallery(item: Item) -> Made:
    """Write web pages of all scenes: before and after, all variants, and lineage.

    The page `not_used.html` shows the object photos of which scenes do not get everything, to draw
    boxes on them (docs/how-to/your-own-photos.md).

    Open the path below in a browser; no server is needed. The run then writes a batch report to
    `reports/`, which covers everything made since the last report.
    """
    snapshot, folder = item.snapshot, item.store.folder(gallery.name)
    not_used, common = find_not_used(snapshot), _common_notes(snapshot)
    _write_not_used(snapshot, folder, not_used)
    parts = gallery_parts(snapshot, folder)
    reports = [
        _write_part(snapshot, folder, parts, number, len(not_used.keys), common)
        for number in range(1, len(parts) + 1)
    ]
    made = {
        name: (folder / name).read_bytes()
        for name in (files.GALLERY_PAGE, files.GALLERY_NOT_USED, files.GALLERY_MANIFEST)
    }
    figures: dict[str, float | str] = {
        "scenes": sum(each.scenes for each in reports),
        "pages_written": sum(each.pages_written for each in reports),
        "photos_without_sticker": not_used.counts.bare_photos,
        "stickers_not_used": not_used.counts.stickers,
        **_review_figures(snapshot),
    }
    if problems := [each.manifest_problem for each in reports if each.manifest_problem]:
        figures["problem"] = "; ".join(problems)
    return Made(made, figures)
