"""How long to fuzz, and from which seed: `make fuzz`."""

import numpy as np
import pytest


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--fuzz-rounds"))


@pytest.fixture
def random(request: pytest.FixtureRequest) -> np.random.Generator:
    return np.random.default_rng(int(request.config.getoption("--fuzz-seed")))
