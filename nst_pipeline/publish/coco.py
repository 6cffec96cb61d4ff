"""Join the labels of all composites into one COCO dataset."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, count
from typing import Any, NamedTuple

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


class LabeledImage(NamedTuple):
    """An image and its annotations."""

    image: CocoImage
    annotations: tuple[CocoAnnotation, ...]


@dataclass(frozen=True)
class CocoDataset:
    """A COCO dataset, whose images and annotations may be too many for memory.

    Attributes
    ----------
    info, licenses, categories
        As in the file.
    entries
        Starts to list the images with their annotations, by their ids.
    """

    info: CocoInfo
    licenses: tuple[CocoLicense, ...]
    categories: tuple[CocoCategory, ...]
    entries: Callable[[], Iterator[LabeledImage]]


def _numbered(names: Iterable[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(sorted(set(names)), start=1)}


def _license_ids(scenes: Iterable[DatasetScene]) -> dict[License | None, int]:
    """Number all licenses of scenes and objects, in the order of their names."""
    used = (each for scene in scenes for each in (scene.license, *scene.object_licenses))
    licenses = {each for each in used if each is not None}
    return {license: number for number, license in enumerate(sorted(licenses), start=1)}


def _fields(entry: BaseModel, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in names}


def join_scenes(scenes: Iterable[DatasetScene], *, description: str = "") -> CocoDataset:
    """Join the labels of all composites into a COCO dataset.

    Parameters
    ----------
    scenes
        In the order of their keys. They are iterated over several times.
    description
        Description of the dataset.

    Returns
    -------
    CocoDataset
        Ids count from 1; categories and licenses are numbered in the order of their names.
    """
    licenses = _license_ids(scenes)
    categories = _numbered(each.label for scene in scenes for each in scene.annotations)

    def entries() -> Iterator[LabeledImage]:
        annotation_ids = count(1)
        for image_id, scene in enumerate(scenes, start=1):
            image = CocoImage(
                **_fields(scene.image, ImageEntry.model_fields),
                id=image_id,
                chosen=scene.chosen,
                color_fit=dict(scene.color_fit),
                naturalness=scene.naturalness,
                license=licenses[scene.license],
            )
            annotations = (
                CocoAnnotation(
                    **_fields(each, VisibleObject.model_fields),
                    id=next(annotation_ids),
                    image_id=image_id,
                    category_id=categories[each.label],
                    object_license=licenses.get(license),
                )
                for each, license in zip(scene.annotations, scene.object_licenses, strict=True)
            )
            yield LabeledImage(image, tuple(annotations))

    return CocoDataset(
        info=CocoInfo(description=description),
        licenses=tuple(
            CocoLicense(id=number, name=license.name, url=license.url)
            for license, number in licenses.items()
            if license is not None
        ),
        categories=tuple(CocoCategory(id=number, name=name) for name, number in categories.items()),
        entries=entries,
    )


def _json_fields(entry: BaseModel) -> dict[str, Any]:
    names = type(entry).model_fields
    ids = [name for name in _IDS if name in names]
    return _fields(entry, [*ids, *(name for name in names if name not in ids)])


def _json(value: object) -> str:
    return json.dumps(value, default=_json_fields, ensure_ascii=False, separators=(",", ":"))


def _list_pieces(entries: Iterable[object]) -> Iterator[str]:
    separator = "["
    for each in entries:
        yield separator + _json(each)
        separator = ","
    yield "[]" if separator == "[" else "]"


def coco_pieces(
    dataset: CocoDataset, *, more_images: Iterable[Mapping[str, Any]] = ()
) -> Iterator[bytes]:
    """Encode a dataset as a COCO file, piece by piece; equal datasets give equal bytes.

    Parameters
    ----------
    dataset
        The dataset.
    more_images
        Entries of `images` without annotations.

    Examples
    --------
    >>> b"".join(coco_pieces(join_scenes([], description="demo")))[:46]
    b'{"info":{"description":"demo","version":"1.0"}'
    """
    images = (each.image for each in dataset.entries())
    annotations = chain.from_iterable(each.annotations for each in dataset.entries())
    parts: dict[str, Iterable[str]] = {
        '{"info":': [_json(dataset.info)],
        ',"licenses":': [_json(dataset.licenses)],
        ',"images":': _list_pieces(chain(images, more_images)),
        ',"categories":': [_json(dataset.categories)],
        ',"annotations":': _list_pieces(annotations),
    }
    for name, pieces in parts.items():
        yield name.encode()
        yield from (piece.encode() for piece in pieces)
    yield b"}"
