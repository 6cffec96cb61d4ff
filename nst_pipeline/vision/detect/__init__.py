"""Find the objects of a photo."""

from nst_pipeline.vision.detect.detector import detect, find_obstacles
from nst_pipeline.vision.detect.finders import FINDERS

__all__ = ["FINDERS", "detect", "find_obstacles"]
