"""Shared fixtures: the real data where it is, and copies of the workflow to run in."""

from pathlib import Path

import pytest
from workflow_copy import Workflow

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's root folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real data beside the project; tests that need it skip where it is absent."""
    path = ROOT.parent / "shared" / "data"
    if not path.is_dir():
        pytest.skip(f"real data for measurements is not here ({path})")
    return path


@pytest.fixture
def workflow(tmp_path) -> Workflow:
    """A fresh copy of the workflow."""
    return Workflow.copied_to(tmp_path)
