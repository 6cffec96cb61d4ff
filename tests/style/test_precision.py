import pytest
from nst_pipeline.style.precision import resolved_precision

from nst_pipeline.style import precision


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("fpu avx512f avx512_bf16", "bfloat16"),
        ("fpu amx_bf16", "bfloat16"),
        ("fpu avx2", "float32"),
        (None, "float32"),
    ],
)
def test_auto_is_what_the_processor_has(tmp_path, monkeypatch, flags, expected):
    info = tmp_path / "cpuinfo"
    if flags:
        info.write_text(f"processor\t: 0\nflags\t\t: {flags}\n")
    monkeypatch.setattr(precision, "_CPU_INFO", info)
    precision._cpu_flags.cache_clear()

    assert resolved_precision("auto") == expected

    precision._cpu_flags.cache_clear()


def test_a_setting_is_kept():
    assert resolved_precision("float32") == "float32"
    assert resolved_precision("bfloat16") == "bfloat16"
