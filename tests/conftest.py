"""Shared fixtures: the real data where it is, and copies of the workflow to run in."""

from pathlib import Path

import pytest
import tiny_run
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


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Path:
    """Folder of the whole demo, run once in its own copy of the workflow."""
    workflow = Workflow.copied_to(tmp_path_factory.mktemp("demo"))
    workflow.run("--configfile", "config/demo/config.yaml")
    workflow.run("--configfile", "config/demo/config.yaml", "--report", "results/report.html")
    return workflow.folder


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Workflow:
    """The tiny run, finished; tests that change it put everything back."""
    workflow = tiny_run.make(tmp_path_factory.mktemp("tiny"))
    workflow.run(*tiny_run.ARGUMENTS)
    return workflow
