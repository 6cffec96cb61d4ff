"""Finding the objects of a photo."""

from nst_pipeline.vision.detect.detector import detect

__all__ = ["detect"]
