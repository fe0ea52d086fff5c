"""The pages of a run: quality by stage, and what the landing page warns of."""

import argparse
import json

import numpy as np
import pandas as pd
import pytest
import synthetic_tables as synthetic
from test_figures_tables import make_dataset

from deepexpr.commands import figure, table
from deepexpr.figures.qc import verdict
from deepexpr.files import read_table, write_table
from deepexpr.hichip.quality import judge
from deepexpr.options import add_verb
from deepexpr.schemas import METRICS, QC, SIGNAL


def run(command, *arguments) -> None:
    parser = argparse.ArgumentParser()
    add_verb(parser, command)
    command.run(parser.parse_args([str(argument) for argument in arguments]))


def page(folder, name, *arguments) -> str:
    """The page of a run, made by one call of `table`."""
    output = folder / f"{name}.html"
    run(table, name, "--output", folder / f"{name}.tsv", "--figure", output, *arguments)
    return output.read_text()


@pytest.fixture
def library(tmp_path):
    """QC of a HiChIP library in which most pairs join chromosomes."""
    numbers = {"read_pairs": 1000, "trimmed_fraction": 0.4, "trans_fraction": 0.6}
    rows = pd.DataFrame({"metric": list(numbers), "value": list(numbers.values())})
    write_table(judge(rows).assign(sample="A_hichip_1")[list(QC)], tmp_path / "qc.tsv")
    return tmp_path / "qc.tsv"


@pytest.fixture
def run_info(tmp_path):
    """kallisto's report of a sample of which little pseudoaligns."""
    path = tmp_path / "run_info.json"
    path.write_text(json.dumps({"n_processed": 2000, "p_pseudoaligned": 7.5, "p_unique": 2.9}))
    return path


@pytest.fixture
def history(tmp_path):
    """Two networks, of which one diverged."""
    rows = [(0, 0, "sequence", 1, 0.9, 0.8), (0, 0, "sequence", 2, 0.7, 0.6)]
    rows += [(1, 0, "sequence", 1, np.nan, np.nan)]
    columns = ["fold", "member", "step", "epoch", "loss", "val_loss"]
    write_table(pd.DataFrame(rows, columns=columns), tmp_path / "history.tsv")
    return tmp_path / "history.tsv"


def test_what_two_numbers_tell_alike_is_told_once():
    numbers = {"rhat_lambda0": 2.65, "rhat_lambda1": 3.12}
    table = judge(pd.DataFrame({"metric": list(numbers), "value": list(numbers.values())}))
    words = verdict(table)
    assert words.startswith("bad: the chains")
    assert words.endswith("(rhat_lambda0 2.65, rhat_lambda1 3.12)")
    assert words.count("chains") == 1


def test_quality_tells_every_stage_with_its_verdict(tmp_path, library, run_info, history):
    loops = judge(pd.DataFrame({"metric": ["loops", "reason"], "value": ["0", "all counts are 1"]}))
    write_table(loops, tmp_path / "loops.tsv")
    benchmarks = tmp_path / "benchmarks" / "hichip"
    benchmarks.mkdir(parents=True)
    (benchmarks / "A.1.map_mate.tsv").write_text("s\tmax_rss\n12.5\t300\n")
    (benchmarks / "A.2.map_mate.tsv").write_text("s\tmax_rss\n10\t-\n")
    (benchmarks / "A.regression.K5.full.map_mate.tsv").write_text("s\tmax_rss\n999\t999\n")
    (tmp_path / "bowtie.txt").write_text("bowtie version 1.3.1\n")
    text = page(
        tmp_path, "quality", f"--qc=A={library}", f"--loop-qc=A={tmp_path / 'loops.tsv'}",
        f"--run-info=A_rna_1={run_info}", f"--history=A regression sequence={history}",
        "--benchmark", benchmarks.parent, "--versions", tmp_path / "bowtie.txt",
        "--replaced", "A.*.K*.full.map_mate", "*.other",
    )  # fmt: skip
    for words in (
        "1,000 read pairs, 40.0% of reads hold a junction, 60.0% trans",
        "look at: many pairs join chromosomes",
        "0 loops, all counts are 1",
        "2,000 reads, 7.5% pseudoaligned",
        "bad: few reads pseudoalign",
        '<td>unique_fraction</td><td class="number">0.029</td>',
        "2 networks, 1.5 epochs (median)",
        "bad: training diverged",
        "jobs: 2, longest 12.5 s, largest 300 MiB",
        "bowtie 1.3.1",
    ):
        assert words in text
    assert '<td class="bad">' in text
    assert "http" not in text


@pytest.mark.parametrize("called", ["NA", "nan", "001"])
def test_quality_keeps_samples_that_look_like_numbers_or_nothing(tmp_path, called, history):
    counts = judge(pd.DataFrame({"metric": ["read_pairs"], "value": [1000]}))
    write_table(counts.assign(sample=called), tmp_path / "qc.tsv")
    text = page(
        tmp_path, "quality", f"--qc={called}={tmp_path / 'qc.tsv'}", f"--history=A={history}"
    )
    assert f"<td>{called}</td><td>1,000 read pairs</td>" in text.replace(' class="number"', "")


def test_quality_says_which_stages_did_not_run(tmp_path, history):
    text = page(tmp_path, "quality", f"--history=A regression sequence={history}")
    for words in ("No HiChIP library was processed", "No loops were called", "No RNA-seq reads"):
        assert words in text
    run(figure, "quality", "--table", tmp_path / "quality.tsv", "--output", tmp_path / "q.svg")
    assert "training diverged" in (tmp_path / "q.svg").read_text()


def warnings(folder, *arguments) -> str:
    page(folder, "summary", *arguments)
    found = read_table(folder / "summary.tsv")
    return " ".join(found.loc[found["section"] == "warning", "value"])


def test_summary_warns_of_libraries(tmp_path, library, run_info):
    dataset = make_dataset(tmp_path / "A.h5", "A")
    found = warnings(
        tmp_path, "--dataset", dataset, f"--qc=A={library}", f"--run-info=A_rna_1={run_info}"
    )
    assert "A_hichip_1: look at: many pairs join chromosomes" in found
    assert "A_rna_1: bad: few reads pseudoalign" in found


def test_summary_shows_what_the_jobs_warned_of(tmp_path):
    logs = tmp_path / "logs"
    names = ("expression/toy.R1.count_reads", "expression/toy.R2.count_reads", "figures/x",
             "models/toy.train_lines")  # fmt: skip
    for name in names:
        path = logs / f"{name}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "write reverse in strandedness" if "R" in name else "of a figure, or replaced"
        path.write_text(f"02:00:00 INFO reading\n02:00:01 WARNING {text}\n")
    found = warnings(
        tmp_path, "--dataset", make_dataset(tmp_path / "A.h5", "A"), "--logs", logs,
        "--replaced", "*.train_lines",
    )  # fmt: skip
    assert "write reverse in strandedness (toy.R1.count_reads and 1 more)" in found
    assert "of a figure" not in found


def test_summary_warns_of_few_loops(tmp_path):
    dataset = make_dataset(tmp_path / "A.h5", "A", loops_at=2)
    loop = ("chr1", 0, 5000, "chr1", 50_000, 55_000, 1.0, 1.0)
    write_table(pd.DataFrame([loop], columns=list(SIGNAL)), tmp_path / "signal.tsv")
    found = warnings(tmp_path, "--dataset", dataset, f"--signal=A={tmp_path / 'signal.tsv'}")
    assert "A: few loops: only 5.0% of the genes have one" in found


@pytest.mark.parametrize(
    ("methods", "warned"), [(("sequence", "full"), 1), (("full", "sequence"), 0)]
)
def test_summary_warns_where_hichip_does_not_help(tmp_path, methods, warned):
    """The synthetic scores fall with the place in the list."""
    scores = synthetic.metrics("PCC", methods, ("A",), (5,))[list(METRICS)]
    write_table(scores, tmp_path / "metrics.tsv")
    dataset = make_dataset(tmp_path / "A.h5", "A")
    found = warnings(tmp_path, "--dataset", dataset, "--metrics", tmp_path / "metrics.tsv")
    assert found.count("not better than without") == warned


@pytest.mark.parametrize(
    ("methods", "warned"), [(("lasso", "full", "ridge"), 1), (("full", "lasso", "ridge"), 0)]
)
def test_summary_warns_where_a_baseline_is_as_good(tmp_path, methods, warned):
    """Of several baselines the best is named, wherever it stands in the list."""
    scores = synthetic.metrics("PCC", methods, ("A",), (5,))[list(METRICS)]
    write_table(scores, tmp_path / "metrics.tsv")
    dataset = make_dataset(tmp_path / "A.h5", "A")
    found = warnings(tmp_path, "--dataset", dataset, "--metrics", tmp_path / "metrics.tsv")
    assert found.count("A: DeepExpression is not above the best baseline, Lasso") == warned
    assert "best baseline, Ridge" not in found


def test_drawing_with_the_table_is_drawing_from_it(tmp_path, history):
    """`table --figure` gives the bytes that `figure` gives."""
    run(
        table, "training_curves", "--output", tmp_path / "t.tsv", "--figure", tmp_path / "a.svg",
        f"--history=A regression sequence={history}",
    )  # fmt: skip
    run(figure, "training_curves", "--table", tmp_path / "t.tsv", "--output", tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert "1 without a validation loss" in (tmp_path / "a.svg").read_text()
