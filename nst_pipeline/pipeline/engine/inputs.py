"""What each artifact is made from, resolved against the catalog."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nst_pipeline.pipeline.engine.graph import BY_NAME, NODES, SCENE_PHOTOS, Node
from nst_pipeline.pipeline.engine.workspace import COLLECTIONS
from nst_pipeline.pipeline.steps.placing import stickers_considered
from nst_pipeline.storage.catalog import ArtifactState, Input
from nst_pipeline.storage.keys import ALL
from nst_pipeline.storage.sidecars.licenses import license_digests

if TYPE_CHECKING:
    from nst_pipeline.pipeline.engine.snapshot import View

Resolved = tuple[Input, ...] | str
"""The inputs, or the reason why they are not all there."""
Resolver = Callable[[str], Resolved]

_CALIBRATION_STICKERS_MIN = 40
"""With fewer cut-outs of its own a collection uses the built-in color model."""
_CALIBRATION_STICKERS_MAX = 240


def _from_upstream(node: Node, view: View, names: tuple[str, ...]) -> Resolver:
    """Inputs are the upstream artifacts of the same key, or those of the whole collection."""
    upstream = [
        (
            name,
            BY_NAME[name].collection != node.collection,
            view.standing(name),
            view.failures(name),
        )
        for name in names
    ]

    def resolve(key: str) -> Resolved:
        inputs = []
        for name, whole, rows, failures in upstream:
            at = ALL if whole else key
            row = rows.get(at)
            if at in failures:
                return failures[at]
            if row is None:
                return f"{name} is not made yet"
            inputs.append(Input(name, at, row.digest))
        return tuple(inputs)

    return resolve


def _from_inbox(node: Node, view: View) -> Resolver:
    """A photo's record is made from the file and what the user laid beside it."""
    assert node.collection is not None
    collection, photos = node.collection, view.workspace.index(node.collection).photos

    def resolve(key: str) -> Resolved:
        photo = photos.get(key)
        if photo is None:
            return f"no readable photo of this key is in {view.workspace.inbox(collection)}"
        file = Input(collection, photo.path, photo.digest)
        if not photo.sidecar_digest:
            return (file,)
        return file, Input(f"{collection} sidecars", photo.path, photo.sidecar_digest)

    return resolve


def _standing_inputs(view: View, name: str) -> list[Input]:
    """All artifacts of an asset that stand, of photos still in the inbox."""
    rows, present = view.standing(name), view.keys(BY_NAME[name])
    return [Input(name, k, rows[k].digest) for k in present if _is_ok(rows.get(k))]


def _from_collection(view: View, names: tuple[str, ...]) -> Resolver:
    """Inputs are all artifacts of the named assets that stand, with nothing failed before them."""

    def resolve(key: str) -> Resolved:
        del key
        every = (each for name in names for each in _standing_inputs(view, name))
        return tuple(each for each in every if each.key not in view.failures(each.asset))

    return resolve


def _gallery(view: View, names: tuple[str, ...]) -> Resolver:
    """The gallery also shows what failed: pictures that are out of date, and why."""
    made, keys = _from_collection(view, names), view.keys(SCENE_PHOTOS)
    assets = [node.name for node in NODES if node.collection == "scenes"]

    def resolve(key: str) -> Resolved:
        failed = [
            Input(name, k, f"failed: {rows[k].fingerprint}")
            for name in assets
            for k in keys
            if k in (rows := view.standing(name)) and rows[k].status == "failed"
        ]
        return *made(key), *failed

    return resolve


def _dataset(view: View, names: tuple[str, ...]) -> Resolver:
    """The dataset also tells the photos' licenses, as the user laid them into the inboxes."""
    made = _from_collection(view, names)

    def resolve(key: str) -> Resolved:
        said = []
        for collection in COLLECTIONS:
            photos = view.workspace.index(collection).photos.values()
            inbox = view.workspace.inbox(collection)
            digests = license_digests(inbox, (photo.path for photo in photos))
            said += [Input(f"{collection} licenses", *each) for each in digests.items()]
        return *made(key), *said

    return resolve


def _is_ok(row: ArtifactState | None) -> bool:
    return row is not None and row.status == "ok"


def _placements(node: Node, view: View) -> Resolver:
    """A scene's placements depend on the few stickers that are candidates for it.

    The library as a whole is no input: a new sticker remakes only the scenes it is chosen for.
    """
    workspace = view.workspace
    scene = _from_upstream(node, view, ("scene_photos",))
    library, in_inbox = view.library, workspace.index("scenes").photos
    if library is None:
        return lambda _: "sticker_library is not made yet"
    candidates = library.candidates(view.settings.placement)

    def resolve(key: str) -> Resolved:
        inputs = scene(key)
        if isinstance(inputs, str):
            return inputs
        photo = in_inbox.get(key)
        has_sidecar = photo is not None and photo.sidecar_digest
        record = workspace.store.record("scene_photos", key) if has_sidecar else None
        digest = "" if photo is None else photo.digest
        considered = stickers_considered(key, digest, record, library, candidates)
        object_keys = sorted({each.object_key for each in considered})
        return *inputs, *(
            Input("stickers", k, library.photos[k].sticker_digest) for k in object_keys
        )

    return resolve


def _calibration(view: View) -> Resolver:
    """Stickers that the color model is calibrated on; none where the collection is small.

    A calibration is kept until the collection has doubled or one of its stickers has changed:
    every harmonized picture depends on it. That a photo fails now is no such change.
    """

    def resolve(key: str) -> Resolved:
        del key
        everything = _standing_inputs(view, "stickers")
        if len(everything) < _CALIBRATION_STICKERS_MIN:
            return ()
        before = view.rows("harmonizer").get(ALL)
        kept = before.inputs if before is not None and before.status == "ok" else ()
        full = min(len(everything), _CALIBRATION_STICKERS_MAX)
        if kept and set(kept) <= set(everything) and full < 2 * len(kept):
            return kept
        return tuple(sorted(everything, key=lambda each: each.digest)[:full])

    return resolve


def inputs_of(node: Node, view: View) -> Resolver:
    """How the inputs of a node's artifacts are found."""
    if node.name in ("object_photos", "scene_photos"):
        return _from_inbox(node, view)
    if node.name == "placements":
        return _placements(node, view)
    if node.name == "harmonizer":
        return _calibration(view)
    if node.name == "dataset":
        return _dataset(view, node.upstream)
    if node.name == "gallery":
        return _gallery(view, node.upstream)
    if node.collection is None:
        return _from_collection(view, node.upstream)
    return _from_upstream(node, view, node.upstream)
