"""Export of the dataset into a separate folder, in the layout that detectors expect."""

from nst_pipeline.publish.export.folder import Exported, Files, write_export
from nst_pipeline.publish.export.formats import coco_files, figures_table, yolo_files

__all__ = ["Exported", "Files", "coco_files", "figures_table", "write_export", "yolo_files"]
