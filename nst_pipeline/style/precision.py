"""Which number format this processor multiplies fastest."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

Precision = Literal["float32", "bfloat16"]

_BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16"}
"""Without one of these instructions bfloat16 is emulated, and slower than float32."""
_CPU_INFO = Path("/proc/cpuinfo")


@cache
def _cpu_flags() -> frozenset[str]:
    """What the first processor can do; nothing is known where there is no /proc."""
    if not _CPU_INFO.is_file():
        return frozenset()
    lines = _CPU_INFO.read_text("utf-8", "replace").splitlines()
    flags = next((line for line in lines if line.startswith("flags")), "")
    return frozenset(flags.partition(":")[2].split())


def resolved_precision(setting: Literal["auto", "float32", "bfloat16"]) -> Precision:
    """`auto` is bfloat16 where the processor has instructions for it, else float32."""
    if setting != "auto":
        return setting
    return "bfloat16" if _BFLOAT16_FLAGS & _cpu_flags() else "float32"
