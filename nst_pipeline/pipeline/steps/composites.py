"""The asset `composites`, and the check `background_untouched`."""

from __future__ import annotations

from collections.abc import Iterator

from nst_pipeline.pipeline.engine.asset import Check, GalleryPicture, Presentation, define_asset
from nst_pipeline.pipeline.engine.item import Item, Made
from nst_pipeline.pipeline.engine.node import Node
from nst_pipeline.pipeline.engine.photos import annotated_objects, noted
from nst_pipeline.pipeline.engine.pictures import beside_photo, in_turn, single_picture
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.steps.object_photos import object_photos
from nst_pipeline.pipeline.steps.placements import placements
from nst_pipeline.pipeline.steps.scene_photos import OPENS, scene_photos
from nst_pipeline.pipeline.steps.stickers import sticker_file, stickers
from nst_pipeline.publish.labels import (
    LabeledComposite,
    SceneObject,
    label_composite,
    visible_part,
)
from nst_pipeline.storage import artifact_files as files
from nst_pipeline.storage.catalog import Row
from nst_pipeline.storage.labels import SceneLabels
from nst_pipeline.storage.records import (
    CompositeRecord,
    LayerRecord,
    PhotoRecord,
    Placements,
    ScenePhotoRecord,
)
from nst_pipeline.storage.store import Content
from nst_pipeline.vision.compose.composite import compose, layer_mattes
from nst_pipeline.vision.compose.visibility import count_background_changes, visible_fraction
from nst_pipeline.vision.harmonize.tone import tone_shadows
from nst_pipeline.vision.images.dtype import to_float, to_uint8
from nst_pipeline.vision.images.regions import object_mask
from nst_pipeline.vision.shading.scene_light import scene_light
from nst_pipeline.vision.shapes import Composite, Matte

_LABELED_ASSET = "harmonized"
"""The asset with the dataset's pictures. A composite's labels also hold for its harmonized
picture."""


def read_matte(item: Item) -> Matte:
    """Read the composite's matte, (height, width) float32, 0..1."""
    return to_float(item.picture(composites, files.MASK))


def present_row(snapshot: Snapshot, node: Node, key: str) -> Row | None:
    """Return a scene's row of an asset; None if it has none or one made from an old composite.

    A setting that fails a whole asset leaves results of the previous composites behind.
    """
    row, composite = snapshot.rows(node).get(key), snapshot.rows(composites).get(key)
    if row is None or composite is None:
        return row
    made_from = {each.asset: each.digest for each in row.inputs if each.key == key}
    is_present = made_from.get(composites.name, composite.digest) == composite.digest
    return row if is_present else None


def _changed_background(snapshot: Snapshot, row: Row) -> str:
    """Return a complaint if pixels outside the object and its shadow differ from the scene."""
    store = snapshot.store
    scene = snapshot.workspace.photo("scenes", row.key)
    result = store.picture(row.asset, row.key)
    mask, shadow = (
        store.picture(composites.name, row.key, name) for name in (files.MASK, files.SHADOW)
    )
    if scene.shape != result.shape:
        return "its size differs from its scene's"
    count = count_background_changes(scene, result, mask, shadow)
    return (
        f"{count} pixels outside the object and its shadow differ from the scene" if count else ""
    )


BACKGROUND_UNTOUCHED = Check(
    "background_untouched",
    "Fails if a pixel outside the object and its shadow differs from the scene. This is a bug of "
    "the pipeline: please report it.",
    _changed_background,
)


def _pasted(item: Item, placed: Placements, composite: Composite) -> Iterator[SceneObject]:
    """Describe the stickers of a composite, with the visible part of each."""
    described = {each.sticker: each for each in placed}
    for layer, matte in zip(composite.layers, layer_mattes(composite), strict=True):
        record = described[layer.sticker]
        photo = item.record(PhotoRecord, object_photos, key=record.object_key)
        yield SceneObject(
            label=record.label,
            matte=matte,
            full_box=record.box,
            opacity=float(layer.pixels[..., 3].max()) / 255,
            sticker=layer.sticker,
            object_photo=record.photo,
            object_digest=record.photo_digest,
            object_copyright=photo.copyright,
            visible=visible_fraction(layer, matte),
        )


def _labels(item: Item, placed: Placements, composite: Composite, notes: list[str]) -> SceneLabels:
    """Label a composite for the dataset: its stickers, then the scene's own annotations."""
    scene = item.record(ScenePhotoRecord, scene_photos)
    covered = object_mask(composite.matte, opacity=1)  # what lies behind glass stays visible
    annotated = annotated_objects(item, "scenes", crowds=True, note=notes.append)
    still_visible = (visible_part(each, covered) for each in annotated)
    pasted = _pasted(item, placed, composite)
    labeled = LabeledComposite(
        key=item.key,
        file_name=f"../{_LABELED_ASSET}/{files.file_name(item.key, files.PICTURE)}",
        width=composite.image.shape[1],
        height=composite.image.shape[0],
        scene_photo=scene.path,
        scene_digest=scene.digest,
        objects=(*pasted, *(each for each in still_visible if each is not None)),
        copyright=scene.copyright,
    )
    return label_composite(labeled)


def _compose(item: Item, placed: Placements) -> Composite:
    """Paste the stickers on the scene, with their shadows and the light from the ground."""
    scene, settings, layers = item.photo("scenes"), item.settings.placement, []
    for each in placed:
        object_key, name = sticker_file(each.sticker)
        layers.append((each.placement(), item.picture(stickers, name, object_key)))
    casts = settings.shadow > 0 and settings.cast_shadow != "off"
    sunlit = scene_light(scene, settings.cast_shadow).sunlit if casts else None
    composite = compose(
        scene, layers, shadow=settings.shadow, sunlit=sunlit, bounce=settings.bounce
    )
    return tone_shadows(composite, scene)


@define_asset(
    phase="scenes",
    inbox="scenes",
    group="scenes",
    kinds={"opencv"},
    upstream=(scene_photos, placements),
    settings=("placement",),
    code_version="8",
    checks=(OPENS, BACKGROUND_UNTOUCHED),
    presentation=Presentation(
        pictures=in_turn(
            beside_photo("scenes", "scene and composite"), single_picture("mask", files.MASK)
        ),
        gallery=(GalleryPicture("untouched", "Untouched", files.PICTURE),),
    ),
)
def composites(item: Item) -> Made:
    """Paste the stickers on the scene in their own colors, with their shadows.

    In a black-and-white or toned scene, the shadows have its tone; the objects get it later.
    `object_share` is the share of the picture that the objects cover. The mask shows only the
    objects; a separate file holds their shadows.
    """
    placed = item.record(Placements, placements)
    composite = _compose(item, placed)
    if not composite.layers:
        return Made(empty="every sticker lies outside the scene")
    notes: list[str] = []
    labels = _labels(item, placed, composite, notes)
    made: dict[str, Content] = {
        files.PICTURE: composite.image,
        files.MASK: to_uint8(composite.matte),
        files.SHADOW: to_uint8(composite.shadow),
        files.RECORD: CompositeRecord(
            layers=tuple(LayerRecord.of(each) for each in composite.layers),
            image=labels.image,
            annotations=labels.annotations,
        ),
        **{files.layer(n): each.pixels for n, each in enumerate(composite.layers)},
    }
    used = tuple(item.as_input(stickers, each.object_key) for each in placed)
    share = float((composite.matte > 0).mean())
    return Made(made, {"object_share": share, **noted(notes)}, used=used)
