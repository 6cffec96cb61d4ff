"""How the script `nst` ends."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(("argument", "code"), [("--version", 0), ("--nonsense", 2)])
def test_the_script_ends_with_its_code_and_all_of_its_output(argument, code):
    script = "from nst_pipeline.cli import run_script; run_script()"
    ended = subprocess.run(
        [sys.executable, "-c", script, argument], capture_output=True, text=True, check=False
    )
    assert ended.returncode == code
    assert ended.stdout.startswith("nst ") if code == 0 else "--nonsense" in ended.stderr
