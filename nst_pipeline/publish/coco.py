"""Join the labels of all composites into one COCO dataset."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from nst_pipeline.storage.labels import Annotation, ImageEntry, VisibleObject
from nst_pipeline.storage.sidecars.licenses import License

_IDS = ("id", "image_id", "category_id")
"""Fields that come first in the file; the others follow in their models' order."""


@dataclass(frozen=True)
class DatasetScene:
    """A composite's labels, with its result and licenses."""

    image: ImageEntry
    annotations: tuple[Annotation, ...]
    chosen: str
    """The candidate that became the result."""
    color_fit: Mapping[str, float]
    """Color fit of each candidate, 0..1."""
    naturalness: float | None
    """Probability that a person takes the picture for a photograph, 0..1."""
    license: License
    """License of the scene photo."""
    object_licenses: tuple[License | None, ...]
    """License of each annotation's object photo; None for annotations of the scene photo."""


class _CocoModel(BaseModel):
    model_config = ConfigDict(frozen=True)


class CocoInfo(_CocoModel):
    """The file's `info`."""

    description: str
    version: str = "1.0"


class CocoLicense(_CocoModel):
    """An entry of `licenses`."""

    id: int
    name: str
    url: str


class CocoImage(ImageEntry):
    """An entry of `images`."""

    id: int
    chosen: str
    color_fit: dict[str, float]
    naturalness: float | None
    license: int


class CocoCategory(_CocoModel):
    """An entry of `categories`."""

    id: int
    name: str
    supercategory: str = "object"


class CocoAnnotation(VisibleObject):
    """An entry of `annotations`."""

    id: int
    image_id: int
    category_id: int
    object_license: int | None


class CocoDataset(_CocoModel):
    """A COCO dataset; its entries also have the fields of the composites' labels."""

    info: CocoInfo
    licenses: tuple[CocoLicense, ...]
    images: tuple[CocoImage, ...]
    categories: tuple[CocoCategory, ...]
    annotations: tuple[CocoAnnotation, ...]


def _numbered(names: Iterable[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(sorted(set(names)), start=1)}


def _license_ids(scenes: Iterable[DatasetScene]) -> dict[License | None, int]:
    """Number all licenses of scenes and objects, in the order of their names."""
    licenses = {scene.license for scene in scenes}
    licenses |= {each for scene in scenes for each in scene.object_licenses if each is not None}
    return {license: number for number, license in enumerate(sorted(licenses), start=1)}


def _fields(entry: BaseModel, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in names}


def join_scenes(scenes: Iterable[DatasetScene], *, description: str = "") -> CocoDataset:
    """Join the labels of all composites into a COCO dataset.

    Parameters
    ----------
    scenes
        In any order; the dataset is ordered by their keys.
    description
        Description of the dataset.

    Returns
    -------
    CocoDataset
        Ids count from 1; categories and licenses are numbered in the order of their names.
    """
    ordered = sorted(scenes, key=lambda scene: scene.image.key)
    licenses = _license_ids(ordered)
    categories = _numbered(each.label for scene in ordered for each in scene.annotations)
    images: list[CocoImage] = []
    annotations: list[CocoAnnotation] = []
    for image_id, scene in enumerate(ordered, start=1):
        images.append(
            CocoImage(
                **_fields(scene.image, ImageEntry.model_fields),
                id=image_id,
                chosen=scene.chosen,
                color_fit=dict(scene.color_fit),
                naturalness=scene.naturalness,
                license=licenses[scene.license],
            )
        )
        for each, license in zip(scene.annotations, scene.object_licenses, strict=True):
            annotations.append(
                CocoAnnotation(
                    **_fields(each, VisibleObject.model_fields),
                    id=len(annotations) + 1,
                    image_id=image_id,
                    category_id=categories[each.label],
                    object_license=licenses.get(license),
                )
            )
    return CocoDataset(
        info=CocoInfo(description=description),
        licenses=tuple(
            CocoLicense(id=number, name=license.name, url=license.url)
            for license, number in licenses.items()
            if license is not None
        ),
        images=tuple(images),
        categories=tuple(CocoCategory(id=number, name=name) for name, number in categories.items()),
        annotations=tuple(annotations),
    )


def _json_fields(entry: BaseModel) -> dict[str, Any]:
    names = type(entry).model_fields
    ids = [name for name in _IDS if name in names]
    return _fields(entry, [*ids, *(name for name in names if name not in ids)])


def coco_json(dataset: CocoDataset, *, more_images: Sequence[Mapping[str, Any]] = ()) -> bytes:
    """Encode a dataset as a COCO file; equal datasets give equal bytes.

    Parameters
    ----------
    dataset
        The dataset.
    more_images
        Entries of `images` without annotations.

    Examples
    --------
    >>> coco_json(join_scenes([], description="demo"))[:46]
    b'{"info":{"description":"demo","version":"1.0"}'
    """
    fields = _json_fields(dataset)
    fields["images"] = [*dataset.images, *more_images]
    text = json.dumps(fields, default=_json_fields, ensure_ascii=False, separators=(",", ":"))
    return text.encode()
