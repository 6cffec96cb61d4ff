"""The examples in docstrings run and show what they say."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import nst_pipeline

_PACKAGE = Path(nst_pipeline.__file__).parent


def _modules_with_examples() -> list[str]:
    files = (path for path in sorted(_PACKAGE.rglob("*.py")) if ">>> " in path.read_text("utf-8"))
    names = (path.relative_to(_PACKAGE.parent).with_suffix("").parts for path in files)
    return [".".join(parts).removesuffix(".__init__") for parts in names]


@pytest.mark.slow
@pytest.mark.parametrize("name", _modules_with_examples())
def test_examples_in_docstrings_run(name):
    failed, tried = doctest.testmod(import_module(name))
    assert tried > 0
    assert failed == 0
