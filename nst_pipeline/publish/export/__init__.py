"""Export of the dataset into a separate folder, in the layouts that trainers read."""

from nst_pipeline.publish.export.categories import (
    CATEGORIES,
    number_labels,
    read_labels,
    renumbered,
)
from nst_pipeline.publish.export.coco import coco_files
from nst_pipeline.publish.export.content import Files
from nst_pipeline.publish.export.figures import FIGURES, figures_csv, figures_table
from nst_pipeline.publish.export.folder import Exported, write_export
from nst_pipeline.publish.export.hugging_face import hugging_face_files
from nst_pipeline.publish.export.pictures import (
    ExportPicture,
    Negative,
    composites_of,
    negatives_of,
)
from nst_pipeline.publish.export.voc import voc_files
from nst_pipeline.publish.export.webdataset import webdataset_files
from nst_pipeline.publish.export.yolo import yolo_files

__all__ = [
    "CATEGORIES",
    "FIGURES",
    "ExportPicture",
    "Exported",
    "Files",
    "Negative",
    "coco_files",
    "composites_of",
    "figures_csv",
    "figures_table",
    "hugging_face_files",
    "negatives_of",
    "number_labels",
    "read_labels",
    "renumbered",
    "voc_files",
    "webdataset_files",
    "write_export",
    "yolo_files",
]
