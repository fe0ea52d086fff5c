"""Shared fixtures: the real data where it is, and copies of the workflow to run in."""

import os
import sys
from pathlib import Path

import pytest
import tiny_run
from hypothesis import settings
from workflow_copy import Workflow

ROOT = Path(__file__).resolve().parents[1]


#: The same examples in every run, and no time limit for each: machines are busy.
settings.register_profile("fixed", derandomize=True, database=None, deadline=None)
settings.load_profile("fixed")

#: Seconds that a slow test may take, the run it starts from included.
SLOW_TIMEOUT = 3600
#: Fixtures that are made once: with several processes, all tests of one group go to the same.
GROUPS = {"finished": "tiny", "slurm": "tiny", "demo_run": "demo"}


def pytest_configure(config):
    """The programs of this environment come first, however pytest was called."""
    folders = (Path(sys.executable).parent, ROOT / ".tools" / "bin")
    os.environ["PATH"] = os.pathsep.join([*map(str, folders), os.environ["PATH"]])


def pytest_itemcollected(item):
    """Give a slow test its time limit, and tests that share a run their process.

    In pytest_collection_modifyitems it would be too late: xdist has read the groups by then.
    """
    slow = item.get_closest_marker("slow")
    if slow:
        item.add_marker(pytest.mark.timeout(SLOW_TIMEOUT))
    for fixture, group in GROUPS.items():
        if fixture in item.fixturenames:
            assert slow, f"{item.nodeid} uses {fixture}: mark it slow"
            item.add_marker(pytest.mark.xdist_group(group))


def pytest_collection_finish(session):
    """Without its groups, xdist would make every shared run once in each process."""
    if getattr(session.config.option, "loadgroup", False) and os.environ.get("PYTEST_XDIST_WORKER"):
        for item in session.items:
            grouped = item.get_closest_marker("xdist_group") is not None
            assert grouped == ("@" in item.nodeid), f"pytest-xdist does not group {item.nodeid}"


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
def demo_run(tmp_path_factory) -> Path:
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
