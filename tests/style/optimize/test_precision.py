import pytest

from nst_pipeline.style.optimize.precision import resolve_precision


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("fpu avx512f avx512_bf16", "bfloat16"),
        ("fpu amx_bf16", "bfloat16"),
        ("fpu avx2", "float32"),
        (None, "float32"),
    ],
)
def test_auto_is_the_format_that_the_processor_has_instructions_for(tmp_path, flags, expected):
    cpu_info = tmp_path / "cpuinfo"
    if flags:
        cpu_info.write_text(f"processor\t: 0\nflags\t\t: {flags}\n")

    assert resolve_precision("auto", cpu_info=cpu_info) == expected


def test_an_explicit_setting_is_kept():
    assert resolve_precision("float32") == "float32"
    assert resolve_precision("bfloat16") == "bfloat16"
