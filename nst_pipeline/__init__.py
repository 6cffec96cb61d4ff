"""Natural composite images through neural style transfer, at the scale of a dataset.

`import nst_pipeline as nst` gives the functions of `nst_pipeline.api`: `nst.cut_out`,
`nst.compose`, `nst.harmonize`, `nst.stylize`, `nst.judge`. They are imported on first use, so that
the import of the package itself loads no library of pictures or networks.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nst_pipeline.api import (
        Box,
        ComposeResult,
        Detection,
        HarmonizeResult,
        Naturalness,
        NstError,
        Placed,
        Settings,
        Sticker,
        StylizeResult,
        compose,
        cut_out,
        find_objects,
        harmonize,
        judge,
        load_settings,
        stylize,
    )

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


def __getattr__(name: str) -> Any:
    """Import the functions for notebooks and programs on first use (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.api"), name)


def __dir__() -> list[str]:
    """List the names that are imported on first use, too."""
    return sorted({*globals(), *__all__})
