"""The object photos with objects that no scene gets, for the gallery's page about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow.compute as pc

from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.steps.composites import composites
from nst_pipeline.pipeline.steps.detections import detections
from nst_pipeline.pipeline.steps.object_photos import object_photos
from nst_pipeline.pipeline.steps.sticker_library import read_library, unusable_stickers
from nst_pipeline.pipeline.steps.stickers import sticker_file, sticker_id, stickers
from nst_pipeline.publish.gallery import NotUsedCounts, PhotoNotUsed, TriedObject
from nst_pipeline.storage import artifact_files as files
from nst_pipeline.storage.records import (
    DetectionRecord,
    Detections,
    PhotoRecord,
    StickerRecord,
    Stickers,
)
from nst_pipeline.storage.store import joint_digest
from nst_pipeline.style.finding.labels import UNNAMED

_YOURS = "sidecar"
"""Source of the user's own boxes and masks."""
_NOTHING_LEFT = "nothing was left after cutting it out"


@dataclass(frozen=True)
class NotUsed:
    """What no scene gets, from the catalog and the library's table alone."""

    keys: tuple[str, ...]
    """Keys of the photos: those of which scenes get nothing first, then by path."""
    stickers: Mapping[str, str]
    """Why no scene gets a sticker, by its name."""
    bare: Mapping[str, str]
    """Why a photo has no sticker, by its key."""

    @property
    def counts(self) -> NotUsedCounts:
        """How much that is."""
        return NotUsedCounts(len(self.keys), len(self.bare), len(self.stickers))


def _placed_by_user(snapshot: Snapshot) -> set[str]:
    """Return the keys of the object photos on scenes with files of the user beside them."""
    scenes = snapshot.workspace.index("scenes").photos
    keys = [key for key, photo in scenes.items() if photo.sidecar_digest]
    table = snapshot.workspace.catalog.columns(composites.name, ("inputs",), keys)
    inputs = pc.list_flatten(table["inputs"])
    is_sticker = pc.equal(pc.struct_field(inputs, "asset"), stickers.name)
    return set(pc.struct_field(inputs, "key").filter(is_sticker).to_pylist())


def find_not_used(snapshot: Snapshot) -> NotUsed:
    """Find the stickers that no scene gets, and the photos without any.

    A photo that only the user's own placements use is used.
    """
    library, paths = snapshot.once(read_library), snapshot.workspace.index("objects").photos
    every = [each for each in library.stickers if each.object_key in paths] if library else []
    refused = unusable_stickers(every, snapshot.settings.placement)
    used = {each.object_key for each in every if each.sticker not in refused}
    yours = _placed_by_user(snapshot) - used if refused else set()
    unusable = {name: why for name, why in refused.items() if sticker_file(name)[0] not in yours}
    states = snapshot.states(stickers)
    bare = {
        key: states[key].error for key in paths if key in states and states[key].status == "empty"
    }
    keys = {sticker_file(each)[0] for each in unusable} | bare.keys()
    ordered = sorted(keys, key=lambda key: (key in used, paths[key].path))
    return NotUsed(tuple(ordered), unusable, bare)


def _tried(found: DetectionRecord, sticker: StickerRecord | None, not_used: NotUsed) -> TriedObject:
    # What a classifier or nobody named is named again from a better box.
    is_named = found.guess is None and found.label not in UNNAMED
    return TriedObject(
        box=found.box,
        label=found.label if is_named else "",
        title=found.label,
        quality=sticker.quality if sticker else None,
        reason=not_used.stickers.get(sticker.sticker, "") if sticker else _NOTHING_LEFT,
        cut_out=sticker.sticker if sticker else "",
    )


def photo_not_used(snapshot: Snapshot, key: str, not_used: NotUsed) -> PhotoNotUsed:
    """Describe one of the photos of which scenes do not get everything."""
    state = snapshot.states(stickers)[key]
    found = snapshot.record(Detections, detections, key)
    made = snapshot.record(Stickers, stickers, key) if files.RECORD in state.files else Stickers(())
    by_name = {each.sticker: each for each in made}
    photo = snapshot.record(PhotoRecord, object_photos, key)
    return PhotoNotUsed(
        key=key,
        path=photo.path,
        digest=joint_digest({object_photos.name: photo.digest, stickers.name: state.digest}),
        width=photo.width,
        height=photo.height,
        objects=tuple(
            _tried(each, by_name.get(sticker_id(key, number)), not_used)
            for number, each in enumerate(found)
        ),
        is_yours=any(each.source == _YOURS for each in found),
        reason=not_used.bare.get(key, ""),
    )
