"""Settings: definitions, and how they are read.

`nst.toml` in the data root overrides the defaults for a collection; environment variables
(`NST_PLACEMENT__STICKERS_PER_SCENE=2`) override the file.
"""

from nst_pipeline.settings.load import (
    SETTINGS_FILE,
    Settings,
    current_name,
    load_section,
    load_settings,
)
from nst_pipeline.settings.section import Section
from nst_pipeline.settings.sections import (
    AlertsSettings,
    CastShadow,
    CutoutSettings,
    DetectionSettings,
    FinderName,
    HarmonizeMethod,
    HarmonizeSettings,
    IngestSettings,
    MagentaSettings,
    PlacementSettings,
    RecipeSettings,
    RunSettings,
    SceneLook,
    StylizeMode,
    Vgg19Settings,
    VggPicture,
)

__all__ = [
    "SETTINGS_FILE",
    "AlertsSettings",
    "CastShadow",
    "CutoutSettings",
    "DetectionSettings",
    "FinderName",
    "HarmonizeMethod",
    "HarmonizeSettings",
    "IngestSettings",
    "MagentaSettings",
    "PlacementSettings",
    "RecipeSettings",
    "RunSettings",
    "SceneLook",
    "Section",
    "Settings",
    "StylizeMode",
    "Vgg19Settings",
    "VggPicture",
    "current_name",
    "load_section",
    "load_settings",
]
