"""The functions for notebooks and programs; the commands on picture files call the same ones.

Pictures go in as arrays, paths or PIL pictures. Results are frozen, with a picture and figures.
"""

from nst_pipeline.api.composing import ComposeResult, Placed, compose
from nst_pipeline.api.cutting import Sticker, cut_out, find_objects
from nst_pipeline.api.harmonizing import HarmonizeResult, harmonize
from nst_pipeline.api.inputs import load_settings
from nst_pipeline.api.judging import judge
from nst_pipeline.api.stylizing import StylizeResult, stylize
from nst_pipeline.errors import NstError
from nst_pipeline.settings import Settings
from nst_pipeline.vision.naturalness.factors import Naturalness
from nst_pipeline.vision.shapes import Box, Detection

__all__ = [
    "Box",
    "ComposeResult",
    "Detection",
    "HarmonizeResult",
    "Naturalness",
    "NstError",
    "Placed",
    "Settings",
    "Sticker",
    "StylizeResult",
    "compose",
    "cut_out",
    "find_objects",
    "harmonize",
    "judge",
    "load_settings",
    "stylize",
]
