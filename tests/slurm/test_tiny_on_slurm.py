"""A tiny run, from reads to figures, through the SLURM executor with the shipped profile."""

import hashlib

import pytest
import tiny_run
from slurm_workflow import SlurmWorkflow

pytestmark = pytest.mark.slow
#: Tables and lists of results.
COMPARED = ("*.tsv", "*.bedpe", "*.meme", "*.fa", "*.gz", "*.bed")
LEFT_OUT = ("logs", "benchmarks", "benchmarks.tsv", "quality.tsv")  # run times


@pytest.fixture(scope="module")
def on_slurm(slurm, tmp_path_factory):
    folder = tiny_run.make(tmp_path_factory.mktemp("on_slurm")).folder
    workflow = SlurmWorkflow(folder, slurm)
    workflow.run(*tiny_run.ARGUMENTS)
    return workflow


def digests(folder):
    results = folder / "results"
    paths = [path for pattern in COMPARED for path in results.rglob(pattern)]
    return {
        str(path.relative_to(results)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
        if not set(path.relative_to(results).parts) & set(LEFT_OUT)
    }


def test_same_numbers_as_locally(on_slurm, finished):
    """Every table, list, motif and sequence has the bytes of the local run."""
    found, expected = digests(on_slurm.folder), digests(finished.folder)
    assert len(expected) > 100
    assert found == expected


def test_gpu_is_asked_for_and_got_by_training_only(on_slurm, slurm):
    """From the records of the jobs: the request, and what was allocated."""
    records = [job for job in slurm.jobs() if job["WorkDir"] == str(on_slurm.folder)]
    asked = {job["JobId"] for job in records if "gres:gpu:1" in
             (job.get("TresPerJob"), job.get("TresPerNode"))}  # fmt: skip
    got = {job["JobId"] for job in records if job["JOB_GRES"] == "gpu:1"}
    training = {job["JobId"] for job in on_slurm.records("train_network")}
    print(f"{len(records)} jobs, {len(training)} of them training")
    bundles = list((on_slurm.folder / "results/models").glob("*/*/*/*/bundle"))
    assert len(training) == len(bundles) == 6  # three kinds of two cell lines
    assert asked == got == training


def test_small_jobs_share_an_allocation(on_slurm, slurm):
    """Figures are one job, the reference is one; every job ended well at the first attempt."""
    records = [job for job in slurm.jobs() if job["WorkDir"] == str(on_slurm.folder)]
    comments = [job["Comment"] for job in records]
    assert sum("figures" in comment for comment in comments) == 1
    assert sum("reference" in comment for comment in comments) == 1
    assert {job["JobState"] for job in records} == {"COMPLETED"}


def test_second_run_has_nothing_to_do(on_slurm):
    assert "Nothing to be done" in on_slurm.run(*tiny_run.ARGUMENTS)
