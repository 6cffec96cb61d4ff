"""The labeled dataset as a table: one row per annotation of the COCO file."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from nst_pipeline.publish.coco import CocoAnnotation, CocoDataset, CocoImage
from nst_pipeline.publish.columns import Column, schema_of
from nst_pipeline.storage.labels import PlainRunLengths

_BOX = pa.list_(pa.int32(), 4)

COLUMNS = (
    Column("annotation_id", pa.int64(), "Annotation id in `coco.json`."),
    Column("image_id", pa.int64(), "Image id in `coco.json`."),
    Column("scene", pa.string(), "Partition key of the composite (asset `harmonized`)."),
    Column("file_name", pa.string(), "Path of the image, relative to the dataset's folder."),
    Column("width", pa.int32(), "Image width, pixels."),
    Column("height", pa.int32(), "Image height, pixels."),
    Column("split", pa.string(), "`train`, `val`, `test`, or `mixed` if the photos' sides differ."),
    Column("scene_split", pa.string(), "Side of the scene photo; it never changes."),
    Column("label", pa.string(), "Category name of the object."),
    Column("category_id", pa.int64(), "Category id in `coco.json`."),
    Column("bbox", _BOX, "Bounding box of the visible part: x, y, width, height in pixels."),
    Column("full_bbox", _BOX, "Bounding box of the whole object; may extend past the edges."),
    Column("area", pa.int64(), "Area of the mask, pixels."),
    Column("iscrowd", pa.int8(), "COCO's `iscrowd`: 1 if many objects were annotated as one."),
    Column(
        "polygons",
        pa.list_(pa.list_(pa.float32())),
        "Visible part as polygons: x0, y0, x1, y1, ...; empty for a crowd.",
    ),
    Column("rle_counts", pa.string(), "Mask as COCO run lengths, of size (height, width)."),
    Column("source", pa.string(), "`sticker`, or `scene` if it was annotated in the scene photo."),
    Column(
        "outline",
        pa.string(),
        "Origin of the mask: `matte` (a sticker), `mask` or `box` (an annotation).",
    ),
    Column("visible", pa.float64(), "Share of the object inside the frame left uncovered, 0..1."),
    Column("sticker", pa.string(), "Name of the pasted sticker; empty for scene annotations."),
    Column("object_photo", pa.string(), "Path of the photo the object was cut out of."),
    Column("object_digest", pa.string(), "SHA-256 of the object photo."),
    Column("object_split", pa.string(), "Side of the object photo."),
    Column("object_license", pa.string(), "Name of the object photo's license."),
    Column("object_copyright", pa.string(), "EXIF copyright notice of the object photo."),
    Column("score", pa.float64(), "Always 1: labels are ground truth."),
    Column("scene_photo", pa.string(), "Path of the scene photo."),
    Column("scene_digest", pa.string(), "SHA-256 of the scene photo."),
    Column("license", pa.string(), "Name of the scene photo's license."),
    Column("copyright", pa.string(), "EXIF copyright notice of the scene photo."),
    Column("chosen", pa.string(), "Candidate that became the result."),
    Column("color_fit", pa.string(), "Color fit of each candidate, as JSON."),
    Column(
        "naturalness", pa.float64(), "Probability that a person takes it for a photograph, 0..1."
    ),
)
"""Columns of the dataset's table, in the order of the Parquet file."""

SCHEMA = schema_of(COLUMNS)

_TABLE_ROWS, _GROUP_TABLES = 512, 16
"""Rows that are Python objects at a time, ten times as large as in a table; and tables in a row
group of the Parquet file."""
_FROM_IMAGE = (
    *("file_name", "width", "height", "split", "scene_split"),
    *("scene_photo", "scene_digest", "copyright", "chosen", "naturalness"),
)
_FROM_ANNOTATION = tuple(
    column.name for column in COLUMNS if column.name in CocoAnnotation.model_fields
)


def _row(
    annotation: CocoAnnotation,
    image: CocoImage,
    label: str,
    licenses: Mapping[int | None, str],
) -> dict[str, Any]:
    crowd = isinstance(annotation.segmentation, PlainRunLengths)
    return {
        **{name: getattr(annotation, name) for name in _FROM_ANNOTATION},
        **{name: getattr(image, name) for name in _FROM_IMAGE},
        "annotation_id": annotation.id,
        "scene": image.key,
        "label": label,
        # As in COCO, a crowd has run lengths only.
        "polygons": () if crowd else annotation.segmentation,
        "rle_counts": annotation.rle.counts,
        "object_license": licenses.get(annotation.object_license),
        "color_fit": json.dumps(image.color_fit, sort_keys=True),
        "license": licenses[image.license],
    }


def dataset_tables(dataset: CocoDataset) -> Iterator[pa.Table]:
    """List the annotations of a COCO dataset as tables of `COLUMNS`, with a few hundred rows each.

    `rle_counts` with the size (`height`, `width`) is a mask that pycocotools decodes.

    Examples
    --------
    >>> from nst_pipeline.publish.coco import join_scenes
    >>> list(dataset_tables(join_scenes([])))
    []
    """
    labels = {category.id: category.name for category in dataset.categories}
    licenses: dict[int | None, str] = {license.id: license.name for license in dataset.licenses}
    rows = (
        _row(annotation, image, labels[annotation.category_id], licenses)
        for image, annotations in dataset.entries()
        for annotation in annotations
    )
    while block := list(islice(rows, _TABLE_ROWS)):
        yield pa.Table.from_pylist(block, schema=SCHEMA)


def write_dataset(dataset: CocoDataset, file: BinaryIO) -> None:
    """Write the annotations of a COCO dataset as a Parquet file, a row group at a time."""
    tables = dataset_tables(dataset)
    with pq.ParquetWriter(file, SCHEMA, compression="zstd") as writer:
        while group := list(islice(tables, _GROUP_TABLES)):
            writer.write_table(pa.concat_tables(group).combine_chunks())


def parquet_bytes(table: pa.Table) -> bytes:
    """Encode a table as a Parquet file; equal tables give equal bytes."""
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()
