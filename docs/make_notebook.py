"""Execute docs/notebooks/first-steps.ipynb, and keep what it shows: `python docs/make_notebook.py`.

Any Jupyter executes it, too. This script needs none: it runs the cells in one process, and records
what they print and the value of each cell's last line.
"""

from __future__ import annotations

import ast
import base64
import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

NOTEBOOK = Path(__file__).parent / "notebooks" / "first-steps.ipynb"

_PICTURES = {"image/png": "_repr_png_", "image/jpeg": "_repr_jpeg_"}


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _run(source: str, names: dict[str, Any]) -> tuple[str, Any]:
    """Run a cell; return what it printed, and the value of its last line if that has one."""
    cell, printed = ast.parse(source), io.StringIO()
    last = cell.body.pop() if cell.body and isinstance(cell.body[-1], ast.Expr) else None
    with redirect_stdout(printed):
        exec(compile(cell, "<cell>", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names) if last else None
    return printed.getvalue(), value


def _outputs(printed: str, value: Any, count: int) -> list[dict[str, Any]]:
    """Describe what a cell shows, in the notebooks' format 4."""
    found: list[dict[str, Any]] = []
    if printed:
        found.append({"name": "stdout", "output_type": "stream", "text": _lines(printed)})
    if value is not None:
        shown: dict[str, Any] = {"text/plain": _lines(repr(value))}
        for kind, method in _PICTURES.items():
            if picture := getattr(value, method, lambda: None)():
                shown[kind] = base64.b64encode(picture).decode()
        result = {"data": shown, "execution_count": count, "metadata": {}}
        found.append({**result, "output_type": "execute_result"})
    return found


def executed(notebook: dict[str, Any]) -> dict[str, Any]:
    """Run all cells of a notebook in order; return it with what they show."""
    names: dict[str, Any] = {}
    cells, count = [], 0
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            count += 1
            shown = _outputs(*_run("".join(cell["source"]), names), count)
            cell = {**cell, "execution_count": count, "outputs": shown}
        cells.append(cell)
    return {**notebook, "cells": cells}


if __name__ == "__main__":
    made = executed(json.loads(NOTEBOOK.read_text("utf-8")))
    NOTEBOOK.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", "utf-8")
