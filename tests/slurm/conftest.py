"""A private SLURM of one node with a fake GPU."""

import pytest
from private_slurm import PrivateSlurm

from bootstrap.slurm import missing_programs, why_not_installable


@pytest.fixture(scope="session")
def slurm():
    """The cluster, started once; whatever it started is ended at the end."""
    reason = why_not_installable()
    if reason or missing_programs():
        pytest.skip(reason or "SLURM is not installed: run `make slurm-test`")
    cluster = PrivateSlurm()
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
