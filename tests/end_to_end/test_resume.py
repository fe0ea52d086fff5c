"""A tiny run: deleted files are made again alone, and a killed run ends with the same results."""

import hashlib
import os
import shutil
import signal
import subprocess
import time

import pytest
from tiny_run import ARGUMENTS
from workflow_copy import Workflow

pytestmark = pytest.mark.slow

#: Results whose bytes must not depend on where the run was interrupted.
COMPARED = (
    "results/expression/demo/expression.tsv",
    "results/loops/Beta/contacts.bedpe",
    "results/evaluation/metrics.tsv",
    "results/evaluation/cross_metrics.tsv",
    "results/models/Beta/regression/K3/full/predictions.tsv",
    "results/motifs/Beta/filters.tomtom.tsv",
)


def digests(folder):
    return {p: hashlib.sha256((folder / p).read_bytes()).hexdigest() for p in COMPARED}


@pytest.mark.parametrize(
    ("deleted", "again", "untouched"),
    [
        ("results/figures/figure_4.tsv", {"draw_figure_4"}, {"evaluate_predictions"}),
        (
            "results/loops/Beta/signal.tsv",
            {"normalise_signal", "build_dataset"},
            {"call_loops", "index_bowtie", "quantify_sample", "map_unit"},
        ),
        (
            "results/expression/demo/kallisto/Beta_rna_1/abundance.tsv",
            {"quantify_sample", "compute_expression", "train_network"},
            {"index_kallisto", "call_loops", "map_unit"},
        ),
    ],
)
def test_only_what_depends_on_a_deleted_file_is_made_again(finished, deleted, again, untouched):
    path = finished.folder / deleted
    kept = path.read_bytes()
    path.unlink()
    try:
        text = finished.run("-n", *ARGUMENTS)
    finally:
        path.write_bytes(kept)
    planned = {words[0] for line in text.splitlines() if (words := line.split())[1:]}
    assert again <= planned
    assert not untouched & planned


def test_deleted_file_is_made_with_the_same_bytes(finished):
    before = digests(finished.folder)
    (finished.folder / "results/loops/Beta/signal.tsv").unlink()
    finished.run(*ARGUMENTS)
    assert digests(finished.folder) == before


def without_training(finished, folder):
    """A copy of the finished run that has everything up to training, and nothing after it."""
    shutil.copytree(finished.folder, folder, symlinks=True)
    for name in ("models", "evaluation", "motifs", "figures"):
        shutil.rmtree(folder / "results" / name)
    return Workflow(folder)


def test_killed_run_goes_on_and_ends_with_the_same_results(finished, tmp_path):
    workflow = without_training(finished, tmp_path / "run")
    process = subprocess.Popen(
        workflow.command(*ARGUMENTS), cwd=workflow.folder, env=workflow.environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    trained = workflow.folder / "results/models/Alpha/regression/K3/sequence"
    while not (trained.is_dir() and any(trained.iterdir())):
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not list((workflow.folder / "results/figures").glob("figure_4.*"))
    workflow.run("--unlock", *ARGUMENTS)
    workflow.run(*ARGUMENTS)
    assert digests(workflow.folder) == digests(finished.folder)
    leftovers = [
        p for p in (workflow.folder / "results").rglob(".*") if p.name.startswith(".figure")
    ]
    assert not leftovers
