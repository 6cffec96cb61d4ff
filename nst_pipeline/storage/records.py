"""The JSON records of artifacts, each with one model.

A file without a field `schema` has schema version 1. To change a record, raise its
`schema_version`, which `dump_record` then writes, and convert older files in `parse_record`.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Generic, Literal, TypeVar, cast

from PIL import Image, PngImagePlugin
from pydantic import (
    BaseModel,
    ConfigDict,
    RootModel,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
)

from nst_pipeline.errors import DamagedRecordError
from nst_pipeline.storage.labels import Annotation, ImageEntry, RunLengths
from nst_pipeline.vision.shapes import (
    Box,
    Detection,
    Guess,
    Placement,
    Rgba,
    StickerLayer,
    ToneKind,
)

PROVENANCE = "nst:provenance"
"""Keyword of the PNG text chunk that holds a sticker's record."""
_VERSION = "schema"


def _without_empty(name: str, values: dict[str, Any]) -> dict[str, Any]:
    """Leave a field without a value out, so that records without it keep their bytes.

    A measured 0.0 is a value.
    """
    if values.get(name) or isinstance(values.get(name), float):
        return values
    return {k: v for k, v in values.items() if k != name}


class Record(BaseModel):
    """A record that is a JSON object."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    schema_version: ClassVar[int] = 1


Element = TypeVar("Element")


class RecordList(RootModel[tuple[Element, ...]], Generic[Element]):
    """A record that is a JSON list."""

    model_config = ConfigDict(frozen=True)
    schema_version: ClassVar[int] = 1

    def __iter__(self) -> Iterator[Element]:  # type: ignore[override]  # BaseModel iterates fields
        return iter(self.root)

    def __len__(self) -> int:
        return len(self.root)

    def __getitem__(self, index: int) -> Element:
        return self.root[index]


AnyRecord = TypeVar("AnyRecord", bound=Record | RecordList[Any])


class PhotoRecord(Record):
    """A validated photo. `sidecars` is the joint digest of the user's files beside it."""

    path: str
    sidecars: str
    digest: str
    width: int
    height: int
    megapixels: float
    format: str
    mode: str
    orientation: int
    copyright: str = ""
    """EXIF copyright notice; the file has no such field if there is none."""

    @model_serializer(mode="wrap")
    def _without_empty_copyright(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return _without_empty("copyright", dump(self))


class ScenePhotoRecord(PhotoRecord):
    """A validated scene photo, with the user's own placements; None if the user gave none."""

    placements: tuple[Placement, ...] | None


class DetectionRecord(Record):
    """An object that was found in a photo."""

    box: Box
    label: str
    score: float
    source: str
    mask: RunLengths | None
    guess: Guess | None = None
    """What a classifier takes it for; the file has no such field if the label was given."""
    height_m: float | None = None
    """Real height that the user gave, meters; the file has no such field if there is none."""

    @model_serializer(mode="wrap")
    def _without_missing(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return _without_empty("height_m", _without_empty("guess", dump(self)))

    @classmethod
    def of(cls, detection: Detection) -> DetectionRecord:
        """Describe a detection."""
        return cls(
            box=detection.box,
            label=detection.label,
            score=round(float(detection.score), 6),
            source=detection.source,
            mask=None if detection.mask is None else RunLengths.of(detection.mask),
            guess=detection.guess,
            height_m=detection.height_m,
        )

    def detection(self) -> Detection:
        """Return the detection that this record describes."""
        mask = None if self.mask is None else self.mask.mask()
        return Detection(
            self.box,
            self.label,
            self.score,
            self.source,
            mask,
            guess=self.guess,
            height_m=self.height_m,
        )


class Detections(RecordList[DetectionRecord]):
    """All objects that were found in a photo."""


class StickerRecord(Record):
    """A sticker. `box` is x, y, width, height in the photo's pixels; `lab` is its mean color."""

    sticker: str
    label: str
    source: str
    score: float
    quality: float
    lab: tuple[float, float, float] | None
    cut_by: tuple[str, ...]
    """The edges of the photo that cut the object off."""
    box: tuple[int, int, int, int]
    photo: str
    photo_digest: str
    photo_size: tuple[int, int]
    light: tuple[float, ...] | None = None
    """Light around the object in its photo; the file has no such field if it could not be read."""
    height_m: float | None = None
    """As in `DetectionRecord`."""
    footing: float | None = None
    """How well what is under its feet in its photo carries such a thing, 0..1; the file has no such
    field if nothing can be said."""
    surfaces: tuple[float, ...] | None = None
    """Share of each of `SURFACES` around the object in its photo; no such field if unknown."""
    kind: str = ""
    """Whether it is a `person`, `vehicle` or `animal`; no such field if it is none."""
    view: float | None = None
    """Angle, degrees, at which the camera looked down on its foot; no such field if unknown."""
    habitats: tuple[float, ...] | None = None
    """How sure it is that its photo shows each of `HABITATS`, 0..1; no such field if unknown."""

    @model_serializer(mode="wrap")
    def _without_unknown(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        values: dict[str, Any] = dump(self)
        for name in ("light", "height_m", "footing", "surfaces", "kind", "view", "habitats"):
            values = _without_empty(name, values)
        return values


class Stickers(RecordList[StickerRecord]):
    """All stickers of a photo."""


class PlacementRecord(Record):
    """A sticker on a scene.

    The record contains `sticker_digest` so that the composite is made again when the sticker
    changes. `turned` says why it was mirrored; the file has no such field if it was not.
    `plausibility`, 0..1, and `why` say what speaks for the place; the user's own have no `why`.
    `kinship`, 0..1, says how alike the scene and the sticker's own photo are; the file has no such
    field for the user's own placements. `hangs` is as in `Placement`; the file has no such field if
    the sticker stands.
    """

    sticker: str
    box: Box
    flip: bool
    object_key: str
    label: str
    photo: str
    photo_digest: str
    sticker_digest: str
    turned: str = ""
    plausibility: float = 1.0
    why: str = ""
    kinship: float | None = None
    hangs: bool = False

    @model_serializer(mode="wrap")
    def _without_empty_reasons(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        values: dict[str, Any] = dump(self)
        for name in ("turned", "why", "kinship", "hangs"):
            values = _without_empty(name, values)
        return values

    def placement(self) -> Placement:
        """Return the placement that this record describes."""
        return Placement(self.sticker, self.box, self.flip, self.hangs)


class Placements(RecordList[PlacementRecord]):
    """All placements on a scene."""


class LayerRecord(Record):
    """An unblended layer of a composite: its sticker, and its box on the scene."""

    sticker: str
    box: Box

    @classmethod
    def of(cls, layer: StickerLayer) -> LayerRecord:
        """Describe a layer."""
        return cls(sticker=layer.sticker, box=layer.box)


class CompositeRecord(Record):
    """A composite's layers, and its labels for the dataset."""

    layers: tuple[LayerRecord, ...]
    image: ImageEntry
    annotations: tuple[Annotation, ...]


class RecipeRecord(Record):
    """How a recipe's content was taken from the composite.

    `window` is the part of the composite that it shows; `low` and `high` are the values, 0..255,
    that were normalized to 0 and 1.
    """

    window: Box
    low: float
    high: float


class ModelInputsRecord(Record):
    """Both recipes."""

    left: RecipeRecord
    right: RecipeRecord

    def of_recipe(self, recipe: Literal["left", "right"]) -> RecipeRecord:
        """Return one recipe's record."""
        return self.left if recipe == "left" else self.right


class Losses(RecordList[float]):
    """The loss after each step of an optimization."""


class OptimizedRecord(Record):
    """The network that optimized pictures, and their losses by name in `vgg19.pictures`."""

    network: str
    losses: dict[str, Losses]


class HarmonizedRecord(Record):
    """The candidate that became the result, all color fits, the confidence, the scene's tone."""

    chosen: str
    color_fit: dict[str, float]
    confidence: float
    naturalness: float
    """Probability that a person takes the result for a photograph."""
    factors: dict[str, float]
    """Of naturalness: the probability that each does not give the result away."""
    tone: ToneKind | None = None
    """The scene's and the objects'; the file has no such field if the scene has no tone."""
    left_alone: str = ""
    """Why the composite could not be judged; the file has no such field if it could."""

    @model_serializer(mode="wrap")
    def _without_empty_fields(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return _without_empty("left_alone", _without_empty("tone", dump(self)))


def dump_record(record: Record | RecordList[Any]) -> bytes:
    """Write a record as JSON with sorted keys: equal records give equal bytes.

    Examples
    --------
    >>> dump_record(Losses((2.5, 1.0)))
    b'[\\n 2.5,\\n 1.0\\n]'
    """
    value = record.model_dump(mode="json")
    if record.schema_version > 1:
        value = {_VERSION: record.schema_version} | value
    return json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1).encode()


def parse_record(kind: type[AnyRecord], data: bytes, name: str) -> AnyRecord:
    """Read a record.

    Parameters
    ----------
    kind
        The record's model.
    data
        The file's content.
    name
        The file's name, for error messages.

    Returns
    -------
    AnyRecord
        An instance of `kind`.

    Raises
    ------
    DamagedRecordError
        The content is not such a record, or has a version that this code does not know.
    """
    try:
        value = json.loads(data)
        version = value.pop(_VERSION, 1) if isinstance(value, dict) else 1
        if version != kind.schema_version:
            raise DamagedRecordError(
                f"{name} has schema version {version}, but this nst_pipeline reads "
                f"{kind.schema_version}: update nst_pipeline, or delete the file and run `nst run`"
            )
        return cast(AnyRecord, kind.model_validate(value))
    except (ValueError, ValidationError) as error:
        reason = str(error).partition("\n")[0]
        raise DamagedRecordError(
            f"{name} is damaged ({reason}): delete it and run `nst run`, which makes it again"
        ) from error


def read_provenance(path: Path) -> StickerRecord | None:
    """Read the record of a sticker's PNG; None if the file has none that this version reads."""
    with Image.open(path) as picture:
        described = getattr(picture, "text", {}).get(PROVENANCE)
    try:
        return None if described is None else StickerRecord.model_validate_json(described)
    except ValidationError:
        return None


def sticker_png(pixels: Rgba, provenance: StickerRecord) -> bytes:
    """Encode a sticker as PNG, with its provenance as JSON in a text chunk."""
    text = PngImagePlugin.PngInfo()
    described = json.dumps(provenance.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
    text.add_itxt(PROVENANCE, described)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", pnginfo=text)
    return file.getvalue()
