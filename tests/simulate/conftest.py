"""One small world, built once."""

from __future__ import annotations

import pytest

from deepexpr.simulate.demo import build_world, simulate

SEED, SCALE = 7, 0.1


@pytest.fixture(scope="session")
def world():
    """The small world."""
    return build_world(SEED, SCALE)


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """The folder that `simulate` writes for the same seed and scale."""
    folder = tmp_path_factory.mktemp("simulated") / "demo"
    simulate(SEED, folder, SCALE)
    return folder
