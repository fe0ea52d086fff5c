"""A training job that is cancelled, loses its node's daemon or needs more memory than it asked for.

Each time: one network of a tiny run is deleted, made again through SLURM with the mishap in the
middle, and must come out with the bytes of the undisturbed local run, nothing else touched.
"""

import hashlib
import shutil
import subprocess
import time
from contextlib import contextmanager

import pytest
from slurm_workflow import SlurmWorkflow
from tiny_run import ARGUMENTS

pytestmark = pytest.mark.slow

NETWORK = "results/models/Beta/regression/K3/sequence"
TARGET = f"{NETWORK}/predictions.tsv"


@pytest.fixture
def workflow(finished, slurm, tmp_path):
    """The finished tiny run, copied with its times and records, one network short."""
    folder = tmp_path / "run"
    shutil.copytree(finished.folder, folder, symlinks=True)
    shutil.rmtree(folder / NETWORK)
    return SlurmWorkflow(folder, slurm)


@contextmanager
def running(workflow):
    """Snakemake at work in the background; asserts at the end that it ended well."""
    log = workflow.folder / "snakemake.out"
    with open(log, "w") as output:
        process = subprocess.Popen(
            workflow.command(TARGET, *ARGUMENTS), cwd=workflow.folder,
            env=workflow.environment(), stdout=output, stderr=output,
        )  # fmt: skip
    try:
        yield process
        assert process.wait(timeout=900) == 0, log.read_text()[-5000:]
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def wait_for(process, ready, seconds=600):
    deadline = time.monotonic() + seconds
    while not ready():
        assert process.poll() is None, "the run ended before the mishap"
        assert time.monotonic() < deadline, "the training job did not get so far"
        time.sleep(0.05)


def first_fold_is_trained(workflow):
    return any((workflow.folder / NETWORK).glob("*/fold-1/fold.json"))


def digests(folder):
    """SHA-256 of every result but logs and timings, by path."""
    left_out = ("logs", "benchmarks")
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((folder / "results").rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[1] not in left_out
    }


def check_whole(workflow, finished):
    """Every result as in the local run; nothing half-written, nothing marked incomplete."""
    assert digests(workflow.folder) == digests(finished.folder)
    assert not list((workflow.folder / ".snakemake" / "incomplete").glob("*"))


def states(workflow):
    return [record["JobState"] for record in workflow.records("train_network")]


def test_cancelled_training_is_retried_and_keeps_its_finished_folds(workflow, finished):
    with running(workflow) as process:
        wait_for(process, lambda: workflow.records("train_network"))
        job = workflow.records("train_network")[0]["JobId"]
        wait_for(process, lambda: first_fold_is_trained(workflow))
        workflow.cluster.cancel(job)
    assert states(workflow) == ["CANCELLED", "COMPLETED"]
    log = next((workflow.folder / "results/logs/models").glob("Beta.regression.K3.sequence*"))
    assert "fold 1: finished earlier, kept" in log.read_text()
    check_whole(workflow, finished)


def test_node_daemon_killed_in_the_middle(workflow, finished):
    with running(workflow) as process:
        # Not its first fold: the others take less time than the daemon's end.
        wait_for(process, lambda: "RUNNING" in states(workflow))
        workflow.cluster.kill_node()
        wait_for(process, workflow.cluster.misses_its_node)
        workflow.cluster.start_node()
    assert states(workflow)[-1] == "COMPLETED"
    check_whole(workflow, finished)


def test_job_over_its_memory_is_retried_with_more(workflow, finished):
    profile = workflow.folder / "profiles/slurm/config.yaml"
    asked = "max(6000, 60 * input.size_mb) * 2 ** (attempt - 1)"
    text = profile.read_text()
    assert asked in text
    profile.write_text(text.replace(asked, "400 * 2 ** (attempt - 1)"))
    with running(workflow):
        pass
    records = workflow.records("train_network")
    assert records[0]["JobState"] in ("FAILED", "OUT_OF_MEMORY")
    assert records[-1]["JobState"] == "COMPLETED"
    memory = [record["MinMemoryNode"] for record in records]
    assert memory == ["400M", "800M", "1600M"][: len(memory)]
    assert len(memory) > 1
    check_whole(workflow, finished)
