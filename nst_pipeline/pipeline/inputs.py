"""What each artifact is made from, resolved against the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nst_pipeline.pipeline.graph import BY_NAME, NODES, SCENE_PHOTOS, Node
from nst_pipeline.pipeline.placing import stickers_considered
from nst_pipeline.storage.catalogue import Input, Standing
from nst_pipeline.storage.store import ALL

if TYPE_CHECKING:
    from nst_pipeline.pipeline.view import View

Resolved = tuple[Input, ...] | str
"""The inputs, or the reason why they are not all there."""
Resolver = Callable[[str], Resolved]

_CALIBRATION_STICKERS_MIN = 40
"""With fewer cut-outs of its own a collection uses the built-in colour model."""
_CALIBRATION_STICKERS_MAX = 240


def _ready(row: Standing | None, asset: str) -> str:
    if row is None:
        return f"{asset} is not made yet"
    return f"{asset} failed: {row.error}" if row.status == "failed" else ""


def _from_upstream(node: Node, view: View, names: tuple[str, ...]) -> Resolver:
    """Inputs are the upstream artifacts of the same key, or those of the whole collection."""
    upstream = [(name, BY_NAME[name], view.standing(name)) for name in names]

    def resolve(key: str) -> Resolved:
        inputs = []
        for name, asset, rows in upstream:
            at = key if asset.collection == node.collection else ALL
            row = rows.get(at)
            if reason := _ready(row, name):
                return reason
            assert row is not None
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


def _from_collection(view: View, names: tuple[str, ...]) -> Resolver:
    """Inputs are all artifacts of the named assets that stand, of photos still in the inbox."""

    def resolve(key: str) -> Resolved:
        del key
        inputs = []
        for name in names:
            present = view.keys(BY_NAME[name])
            rows = view.standing(name)
            inputs += [Input(name, k, rows[k].digest) for k in present if _is_ok(rows.get(k))]
        return tuple(inputs)

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


def _is_ok(row: Standing | None) -> bool:
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
        has_sidecar = key in in_inbox and in_inbox[key].sidecar_digest
        record = workspace.store.record("scene_photos", key) if has_sidecar else None
        considered = stickers_considered(key, record, library, candidates)
        object_keys = sorted({each.object_key for each in considered})
        return *inputs, *(
            Input("stickers", k, library.photos[k].sticker_digest) for k in object_keys
        )

    return resolve


def _calibration(view: View) -> Resolver:
    """Stickers that the colour model is calibrated on; none where the collection is small.

    A calibration is kept until the collection has doubled or one of its stickers has changed:
    every harmonised picture depends on it.
    """

    def resolve(key: str) -> Resolved:
        everything = _from_collection(view, ("stickers",))(key)
        if isinstance(everything, str) or len(everything) < _CALIBRATION_STICKERS_MIN:
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
    if node.name == "gallery":
        return _gallery(view, node.upstream)
    if node.collection is None:
        return _from_collection(view, node.upstream)
    return _from_upstream(node, view, node.upstream)
