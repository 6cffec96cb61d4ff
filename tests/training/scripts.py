"""Run the scripts of `training/` as a person does."""

import os
import subprocess
import sys
from pathlib import Path

TRAINING = Path(__file__).parents[2] / "training"


def run_script(folder: str, script: str, *arguments: object) -> str:
    """Run a script of a folder of `training/`; return what it prints."""
    command = [sys.executable, TRAINING / folder / script, *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout
