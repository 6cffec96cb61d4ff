"""The columns of the tables that assets write, for the UI."""

from typing import Any

import dagster as dg
import pyarrow as pa

from nst_pipeline.pipeline.steps.library import LIBRARY_SCHEMA
from nst_pipeline.publish.dataset import SCHEMA as DATASET_SCHEMA

_LIBRARY_MEANINGS = {
    "sticker": "Its name: the object photo's key, a dot, a number.",
    "object_key": "The partition of `object_photos` that it was cut out of.",
    "file": "In `artifacts/stickers/`.",
    "label": "What it is: as you labeled it, else `person`, `subject` or `object`.",
    "source": "Who found it: `sidecar` (you), `dnn`, `hog`, `haar`, `subject`, `alpha`.",
    "score": "How sure the finder was, 0..1.",
    "quality": "How far its outline is to be trusted, 0..1; see `placement.min_quality`.",
    "width": "Pixels.",
    "height": "Pixels.",
    "touches_bottom": "The photo's bottom edge cuts it off; likewise the other three.",
    "lab": "Its mean color: L, a, b.",
    "photo": "Path in the `objects` inbox.",
    "photo_digest": "SHA-256 of the photo's file.",
    "digest": "Of all stickers of that photo together.",
}
_DATASET_MEANINGS = {
    "annotation_id": "As in `coco.json`.",
    "image_id": "As in `coco.json`.",
    "width": "Of the picture, pixels.",
    "height": "Of the picture, pixels.",
    "category_id": "The number of `label` in `coco.json`.",
    "iscrowd": "COCO's: 1 where many were annotated as one.",
    "source": "Where the label is from: `sticker`, or `scene` if it was annotated there before.",
    "outline": "What the mask comes from: `matte` (a sticker), `mask` or `box` (an annotation).",
    "polygons": "The visible part as polygons: x and y in turn; none for a crowd.",
    "visible": "Share, 0..1, of what the frame shows of it that no sticker hides.",
    "object_digest": "SHA-256 of that photo.",
    "scene_digest": "SHA-256 of that photo.",
    "object_license": "That photo's license, by name.",
    "object_copyright": "That photo's EXIF copyright notice.",
    "license": "The scene photo's license, by name.",
    "copyright": "The scene photo's EXIF copyright notice.",
    "chosen": "The candidate that became the picture.",
    "scene": "The partition of `harmonized` that shows the object.",
    "file_name": "The picture, relative to the dataset's folder.",
    "split": "`train`, `val` or `test`; `mixed` where scene and object differ.",
    "scene_split": "The side of the scene's photo; never changes.",
    "label": "What the object is.",
    "bbox": "x, y, width, height in pixels: what is seen of the object.",
    "full_bbox": "The same with what is hidden; may reach past the edges.",
    "area": "Pixels of the mask.",
    "rle_counts": "The mask as COCO run lengths, of size (height, width).",
    "sticker": "What was pasted.",
    "object_photo": "The photo it was cut out of.",
    "object_split": "The side of the object's photo.",
    "score": "1: every label is true.",
    "scene_photo": "The photo it was pasted on.",
    "scores": "JSON: realism of all candidates.",
}


def _columns(schema: pa.Schema, meanings: dict[str, str]) -> dg.TableSchema:
    return dg.TableSchema(
        [dg.TableColumn(field.name, str(field.type), meanings.get(field.name)) for field in schema]
    )


def table_definitions(asset: str) -> dict[str, Any]:
    """Metadata of an asset's definition: the columns of the table that it writes, if it does."""
    known = {
        "sticker_library": (LIBRARY_SCHEMA, _LIBRARY_MEANINGS),
        "dataset": (DATASET_SCHEMA, _DATASET_MEANINGS),
    }
    return {"dagster/column_schema": _columns(*known[asset])} if asset in known else {}
