"""The labeled dataset as a table: one row for every annotation of the COCO file."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

_BOX = pa.list_(pa.int32(), 4)
SCHEMA = pa.schema(
    [
        pa.field("annotation_id", pa.int64()),
        pa.field("image_id", pa.int64()),
        pa.field("scene", pa.string()),
        pa.field("file_name", pa.string()),
        pa.field("width", pa.int32()),
        pa.field("height", pa.int32()),
        pa.field("split", pa.string()),
        pa.field("scene_split", pa.string()),
        pa.field("label", pa.string()),
        pa.field("category_id", pa.int64()),
        pa.field("bbox", _BOX),
        pa.field("full_bbox", _BOX),
        pa.field("area", pa.int64()),
        pa.field("iscrowd", pa.int8()),
        pa.field("polygons", pa.list_(pa.list_(pa.float32()))),
        pa.field("rle_counts", pa.string()),
        pa.field("source", pa.string()),
        pa.field("outline", pa.string()),
        pa.field("visible", pa.float64()),
        pa.field("sticker", pa.string()),
        pa.field("object_photo", pa.string()),
        pa.field("object_digest", pa.string()),
        pa.field("object_split", pa.string()),
        pa.field("object_license", pa.string()),
        pa.field("object_copyright", pa.string()),
        pa.field("score", pa.float64()),
        pa.field("scene_photo", pa.string()),
        pa.field("scene_digest", pa.string()),
        pa.field("license", pa.string()),
        pa.field("copyright", pa.string()),
        pa.field("chosen", pa.string()),
        pa.field("scores", pa.string()),
    ]
)
"""Columns in the order of the Parquet file; boxes are [x, y, width, height] in pixels."""

_FROM_IMAGE = (
    *("file_name", "width", "height", "split", "scene_split"),
    *("scene_photo", "scene_digest", "copyright", "chosen"),
)


def _row(
    annotation: Mapping[str, Any],
    image: Mapping[str, Any],
    labels: Mapping[int, str],
    licenses: Mapping[int | None, str],
) -> dict[str, Any]:
    return {
        **{name: annotation[name] for name in SCHEMA.names if name in annotation},
        **{name: image[name] for name in _FROM_IMAGE},
        "annotation_id": annotation["id"],
        "scene": image["key"],
        "label": labels[annotation["category_id"]],
        # A crowd is told by its run lengths alone, as in COCO.
        "polygons": [] if annotation["iscrowd"] else annotation["segmentation"],
        "rle_counts": annotation["rle"]["counts"],
        "object_license": licenses.get(annotation["object_license"]),
        "scores": json.dumps(image["scores"], sort_keys=True),
        "license": licenses[image["license"]],
    }


def dataset_table(dataset: Mapping[str, Any]) -> pa.Table:
    """The annotations of a COCO data set (see `coco.join_scenes`) as a table of `SCHEMA`.

    A mask is `rle_counts` with the size (`height`, `width`), as pycocotools decodes it.
    """
    images = {image["id"]: image for image in dataset["images"]}
    labels = {category["id"]: category["name"] for category in dataset["categories"]}
    licenses: dict[int | None, str] = {
        license["id"]: license["name"] for license in dataset["licenses"]
    }
    rows = [
        _row(annotation, images[annotation["image_id"]], labels, licenses)
        for annotation in dataset["annotations"]
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def parquet_bytes(table: pa.Table) -> bytes:
    """A table as the bytes of a Parquet file; equal tables give equal bytes."""
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def dataset_parquet(dataset: Mapping[str, Any]) -> bytes:
    """The annotations of a COCO data set as the bytes of a Parquet file."""
    return parquet_bytes(dataset_table(dataset))
