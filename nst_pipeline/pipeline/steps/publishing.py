"""What the dataset and the gallery are told of each scene."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from upath import UPath

from nst_pipeline.pipeline.engine.graph import COMPOSITES, SCENE_PHOTOS
from nst_pipeline.pipeline.engine.item import Item
from nst_pipeline.pipeline.engine.progress import tracked
from nst_pipeline.pipeline.engine.snapshot import View
from nst_pipeline.pipeline.engine.workspace import COLLECTIONS, Collection
from nst_pipeline.publish.coco import DatasetScene
from nst_pipeline.publish.gallery import GalleryPlacement, GalleryScene, LineageRow, Variant
from nst_pipeline.publish.labels import (
    LabeledComposite,
    SceneObject,
    label_composite,
    visible_part,
)
from nst_pipeline.storage.catalog import Row
from nst_pipeline.storage.labels import Annotation, SceneLabels
from nst_pipeline.storage.sidecars.licenses import License, Licenses
from nst_pipeline.storage.store import joint_digest, sha256
from nst_pipeline.vision.compose.composite import layer_mattes
from nst_pipeline.vision.compose.visibility import visible_fraction
from nst_pipeline.vision.harmonize.model.gate import GATE, share_to_apply
from nst_pipeline.vision.images.png import decode_png
from nst_pipeline.vision.images.regions import object_mask
from nst_pipeline.vision.shapes import Box, Composite, Picture

_VARIANTS = (
    ("untouched", "Untouched", "composites", ".png"),
    ("harmonized", "Harmonized", "harmonized", ".png"),
    ("left", "Magenta, recipe left", "stylized_magenta", ".left.png"),
    ("right", "Magenta, recipe right", "stylized_magenta", ".right.png"),
    ("vgg19", "VGG19 optimization", "stylized_vgg19", ".png"),
)
_LAST = "harmonized"
_CHAIN = (
    "scene_photos",
    "placements",
    "composites",
    "model_inputs",
    "stylized_magenta",
    "stylized_vgg19",
    _LAST,
)
"""A scene's assets in the order of making; the first that failed explains the rest."""


def _pasted(item: Item, composite: Composite) -> Iterator[SceneObject]:
    """The stickers of a composite, as far as they are seen."""
    described = {each["sticker"]: each for each in item.record("placements")}
    for layer, matte in zip(composite.layers, layer_mattes(composite), strict=True):
        told = described[layer.sticker]
        photo = item.record("object_photos", key=told["object_key"])
        yield SceneObject(
            label=told["label"],
            matte=matte,
            full_box=Box(**told["box"]),
            sticker=layer.sticker,
            object_photo=told["photo"],
            object_digest=told["photo_digest"],
            object_copyright=photo.get("copyright", ""),
            visible=visible_fraction(layer, matte),
        )


def scene_labels(item: Item, composite: Composite) -> dict[str, Any]:
    """A composite's image entry and annotations for the dataset: stickers, then what was there."""
    scene, covered = item.record("scene_photos"), object_mask(composite.matte)
    before = (visible_part(found, covered) for found in item.annotated("scenes", crowds=True))
    labeled = LabeledComposite(
        key=item.key,
        file_name=f"../{_LAST}/{item.key}.png",
        width=composite.image.shape[1],
        height=composite.image.shape[0],
        scene_photo=scene["path"],
        scene_digest=scene["digest"],
        objects=(*_pasted(item, composite), *(each for each in before if each is not None)),
        copyright=scene.get("copyright", ""),
    )
    return label_composite(labeled).model_dump()


def _current(view: View, asset: str, key: str) -> Row | None:
    """A scene's row; None where there is none, or where the composite is another by now.

    A setting that fails a whole step leaves results behind that belong to what was before.
    """
    row, composite = view.rows(asset).get(key), view.rows("composites").get(key)
    if row is None or composite is None:
        return row
    made_from = {each.asset: each.digest for each in row.inputs if each.key == key}
    return row if made_from.get("composites", composite.digest) == composite.digest else None


def _licenses(view: View, collection: Collection) -> Licenses:
    photos = view.workspace.index(collection).photos.values()
    return Licenses(view.workspace.inbox(collection), (photo.path for photo in photos))


def labeled_scenes(view: View) -> Iterator[DatasetScene]:
    """The labels of every scene that has a natural result, with its scores and licenses."""
    licenses = {name: _licenses(view, name) for name in COLLECTIONS}

    def license_of(each: Annotation) -> License | None:
        photo = each.object_photo
        return licenses["objects"].of(photo, each.object_copyright) if photo else None

    composites, failures = view.rows(COMPOSITES.name), view.failures(_LAST)
    keys = view.keys(SCENE_PHOTOS)
    for key in tracked("dataset scenes", keys, len(keys)):
        row = None if key in failures else _current(view, _LAST, key)
        # Labels of an earlier version read otherwise; the next run of the scenes remakes them.
        current = key in composites and composites[key].code_version == COMPOSITES.code_version
        if row is not None and row.status == "ok" and current:
            record = view.workspace.store.record("composites", key)
            labels = SceneLabels(image=record["image"], annotations=record["annotations"])
            told, image = view.workspace.store.record(_LAST, key), labels.image
            yield DatasetScene(
                image,
                labels.annotations,
                chosen=told["chosen"],
                scores=told["scores"],
                license=licenses["scenes"].of(image.scene_photo, image.copyright),
                object_licenses=tuple(license_of(each) for each in labels.annotations),
            )


def _right_window(view: View, key: str) -> Box | None:
    """The square of the scene that the recipe `right` shows."""
    row = _current(view, "model_inputs", key)
    if row is None or row.status != "ok":
        return None
    return Box(**view.workspace.store.record("model_inputs", key)["right"]["window"])


def _variants(view: View, key: str) -> Iterator[Variant]:
    for name, label, asset, suffix in _VARIANTS:
        row = _current(view, asset, key)
        if row is not None and row.status == "ok":
            window = _right_window(view, key) if name == "right" else None
            yield Variant(name, label, f"../{asset}/{key}{suffix}", window)


def _notes(view: View, key: str) -> Iterator[str]:
    """Why a network has no picture, where the scene has others."""
    for name, label, asset, _ in _VARIANTS:
        row = _current(view, asset, key)
        if row is not None and row.status == "empty" and name != "right":
            yield f"{label}: {row.error}"


def _decisive(rows: list[Row | None]) -> Row | None:
    """The row that says how the scene stands: its first failure, or its last asset's."""
    made = [row for row in rows if row is not None]
    failed = [row for row in made if row.status == "failed"]
    return next(iter(failed or made[::-1]), None)


def _lineage(rows: list[Row | None]) -> tuple[LineageRow, ...]:
    """All that the scene's artifacts were made from, each once, photos first."""
    inputs = (each for row in rows if row is not None for each in row.inputs)
    named = {(each.asset, each.key): each.digest for each in inputs}
    return tuple(LineageRow(asset, key, digest) for (asset, key), digest in named.items())


def why_chosen(method: str, chosen: str, told: Mapping[str, Any]) -> str:
    """Why the chosen candidate became the result."""
    if method != "auto":
        return f"The setting harmonize.method asks for {method}."
    sure = f"Confidence that a change helps: {told['confidence']:.2f}"
    share = share_to_apply(told["confidence"])
    if share == 0:
        return f"{sure}. That is not above {GATE.none_up_to}: the composite is left as it is."
    much = "all" if share == 1 else f"{share:.0%}"
    best = f"{chosen} has the best score of {len(told['scores'])} candidates."
    return f"{best} {sure}, so {much} of the advised change is made."


def _scene_rows(view: View, key: str) -> list[Row | None]:
    return [_current(view, asset, key) for asset in _CHAIN]


def gallery_scene(view: View, key: str) -> GalleryScene:
    """A scene of which something was made, as the gallery shows it."""
    rows = _scene_rows(view, key)
    row = _decisive(rows)
    assert row is not None
    store = view.workspace.store
    variants = tuple(_variants(view, key))
    composed = any(each.name == "untouched" for each in variants)
    placed = store.record("placements", key) if composed else []
    natural = row.asset == _LAST and row.status == "ok"
    told = store.record(_LAST, key) if natural else {}
    chosen = str(told.get("chosen", ""))
    settings: dict[str, Any] = {}
    for each in rows:
        settings |= {} if each is None else json.loads(each.settings)
    return GalleryScene(
        key=key,
        title=view.workspace.photo_file("scenes", key).path,
        status=row.status,
        digest=joint_digest({each.asset: each.digest for each in rows if each is not None}),
        variants=variants,
        notes=tuple(_notes(view, key)) if natural else (),
        mask=f"../composites/{key}.mask.png" if composed else "",
        chosen=chosen,
        reason=why_chosen(settings["harmonize"]["method"], chosen, told) if natural else "",
        scores=told.get("scores", {}),
        confidence=told.get("confidence"),
        placements=tuple(
            GalleryPlacement(each["sticker"], each["label"], Box(**each["box"])) for each in placed
        ),
        lineage=_lineage(rows),
        settings=settings,
        made_at=row.made_at.isoformat(timespec="seconds"),
        error=row.error,
    )


def gallery_scenes(view: View) -> dict[str, str]:
    """Every scene of which something was made, with a digest of all that the gallery shows.

    The catalog's rows say it: no record is read of scenes that are as they were.
    """
    digests = {}
    for key in sorted(view.keys(SCENE_PHOTOS)):
        rows = [row for row in _scene_rows(view, key) if row is not None]
        states = (f"{row.fingerprint} {row.digest} {row.status} {row.made_at}" for row in rows)
        if rows:
            digests[key] = sha256("\n".join(states).encode())
    return digests


def gallery_folder(view: View) -> UPath:
    """Where the gallery stands, beside the artifacts that it shows."""
    return view.workspace.root / "artifacts" / "gallery"


def picture_reader(view: View) -> Callable[[str], Picture]:
    """Opens the pictures of a gallery scene, whose paths are relative to the gallery's folder."""
    artifacts = view.workspace.root / "artifacts"
    return lambda path: decode_png((artifacts / path.removeprefix("../")).read_bytes())
