"""What tests of several folders share."""

import gc
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest

from tests.browser import browser

_SLOW_FOLDERS = {"benchmarks", "networks", "ui"}
_SLOW_FIXTURES = {"browser", "collection", "made", "vgg19_file"}
"""What needs a whole collection, a browser, or a network takes seconds."""

_LONG_FIRST = ("test_readme.py", "ui", "benchmarks", "defs")
"""Files of a minute and more, and folders with such. Given out last, one of these would keep a
worker busy while the others have nothing left."""

__all__ = ["browser"]
"""The fixture for pages in headless Chromium; `tests.browser.needs_browser` marks their tests."""


@pytest.fixture(scope="session")
def vgg19_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """VGG19 with seeded weights in Keras' own format; He-scaled, so that signals keep their size.

    Random numbers are no substitute for learned ones in use, but they compute the same way.
    """
    import keras

    model = keras.applications.VGG19(include_top=False, weights=None, input_shape=(None, None, 3))
    random = np.random.default_rng(19)
    for layer in model.layers:
        if layer.weights:
            kernel, bias = layer.get_weights()
            spread = np.sqrt(2 / np.prod(kernel.shape[:3]))
            noise = random.standard_normal(kernel.shape, np.float32)
            layer.set_weights([noise * np.float32(spread), bias])
    path = tmp_path_factory.mktemp("vgg19") / "seeded.weights.h5"
    model.save_weights(path)
    return path


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for garbage only among what tests make: modules and test cases stay to the end."""
    gc.disable()
    result = yield
    gc.freeze()
    gc.enable()
    return result


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `make test-fast` leaves out, and begin with the longest."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if _parts(item) & _SLOW_FOLDERS or fixtures & _SLOW_FIXTURES:
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: [name not in _parts(item) for name in _LONG_FIRST])


def _parts(item: pytest.Item) -> set[str]:
    return set(item.path.relative_to(Path(__file__).parent).parts)


def pytest_addoption(parser: pytest.Parser) -> None:
    """How much `make fuzz` does; with all tests, one round is run."""
    parser.addoption("--fuzz-rounds", type=int, default=1, help="rounds of tests/fuzz")
    parser.addoption(
        "--fuzz-graph", type=int, default=0, help="files that tests/fuzz sends through the graph"
    )
    parser.addoption("--fuzz-seed", type=int, default=16, help="seed of tests/fuzz")
