"""The page and the notebook of the Python API are current, and the notebook's cells run."""

import json
import runpy
from pathlib import Path

import pytest

_DOCS = Path(__file__).parents[2] / "docs"


def test_the_api_page_is_current():
    written = runpy.run_path(str(_DOCS / "make_api.py"))
    assert written["PAGE"].read_text("utf-8") == written["api_page"](), (
        "run `python docs/make_api.py`"
    )


def _kinds(notebook: dict) -> list[list[list[str]]]:
    """List what each cell shows: kinds of output and of pictures."""
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return [
        [[each["output_type"], *sorted(each.get("data", ()))] for each in cell["outputs"]]
        for cell in code
    ]


@pytest.mark.slow
def test_the_notebook_runs_and_shows_what_it_kept():
    script = runpy.run_path(str(_DOCS / "make_notebook.py"))
    kept = json.loads(script["NOTEBOOK"].read_text("utf-8"))
    made = script["executed"](kept)
    assert _kinds(made) == _kinds(kept)
    pictures = [kind for cell in _kinds(made) for output in cell for kind in output]
    assert pictures.count("image/jpeg") == 3 and pictures.count("image/png") == 1
