"""The figures of finding and naming, on photos whose truth is known."""

import subprocess
import sys
from pathlib import Path

import cv2

SCRIPT = Path(__file__).parents[2] / "benchmarks/finding.py"


def measured(what: str, folder: Path, rows: str) -> str:
    from skimage import data

    for name, photo in {"astronaut": data.astronaut(), "cat": data.chelsea()}.items():
        cv2.imwrite(str(folder / f"{name}.png"), photo[..., ::-1])
    boxes = folder / "boxes.csv"
    boxes.write_text(f"image,x,y,width,height,label\n{rows}")
    command = [sys.executable, SCRIPT, what, "--photos", folder, "--boxes", boxes]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_recall_precision_and_false_alarms_of_people(tmp_path):
    output = measured("people", tmp_path, "astronaut.png,30,5,350,507,person\n")
    assert "1 photos with 1 people, 1 photos without" in output
    assert "  0.5   1.000      1.000  0.000" in output


def test_how_many_objects_are_named_and_rightly(tmp_path):
    output = measured("labels", tmp_path, "cat.png,0,0,451,300,cat|dog\n")
    assert "1 objects" in output
    assert "        0.5   1.00  1.00" in output
