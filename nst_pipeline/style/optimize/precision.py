"""Choose the number format in which this processor multiplies fastest."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

Precision = Literal["float32", "bfloat16"]

_BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16"}
"""Without one of these instruction sets, bfloat16 is emulated and slower than float32."""
CPU_INFO = Path("/proc/cpuinfo")


@cache
def cpu_flags(cpu_info: Path = CPU_INFO) -> frozenset[str]:
    """Read the instruction sets of the first processor; empty where there is no such file."""
    if not cpu_info.is_file():
        return frozenset()
    lines = cpu_info.read_text("utf-8", "replace").splitlines()
    flags = next((line for line in lines if line.startswith("flags")), "")
    return frozenset(flags.partition(":")[2].split())


def resolve_precision(
    setting: Literal["auto", "float32", "bfloat16"], *, cpu_info: Path = CPU_INFO
) -> Precision:
    """Resolve `auto`: bfloat16 where the processor has instructions for it, else float32.

    Parameters
    ----------
    setting
        As in `vgg19.precision`.
    cpu_info
        File in the format of Linux' /proc/cpuinfo.
    """
    if setting != "auto":
        return setting
    return "bfloat16" if _BFLOAT16_FLAGS & cpu_flags(cpu_info) else "float32"
