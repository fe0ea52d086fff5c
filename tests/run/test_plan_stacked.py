"""`deepexpr plan` where folds are trained side by side (training.trainer: stacked)."""

import pandas as pd
import pytest

from deepexpr.config.entries import FILE_COLUMNS
from deepexpr.config.settings import complete_config
from deepexpr.run.amounts import Assumptions, all_work
from deepexpr.run.plan import plan_table, training_hours
from deepexpr.run.rates import rates
from deepexpr.run.targets import Run


def run_of(trainer, variant="paper", lines=("A", "B")):
    """Lines with RNA-seq and HiChIP reads each."""
    names = [(f"{line}.{assay}", line, assay) for line in lines for assay in ("rna", "hichip")]
    samples = pd.DataFrame(names, columns=["sample", "cell_line", "assay"]).assign(assembly="hg19")
    units = samples[["sample"]].assign(unit="1", accession="", fq1="1.gz", fq2="2.gz")
    units = units.reindex(columns=[*units, *(set(FILE_COLUMNS) - set(units))], fill_value="")
    changes = {
        "samples": "s", "units": "u", "model": {"variant": variant},
        "assemblies": {"hg19": {"genome": "g.fa", "annotation": "a.gtf"}},
        "evaluation": {"tasks": ["regression"], "folds": [2, 5], "main_folds": 5},
        "training": {"trainer": trainer},
    }  # fmt: skip
    return Run(complete_config(changes), samples, units)


def works(*run):
    return {work.step: work for work in all_work(run_of(*run), Assumptions(genes=2000))}


@pytest.mark.parametrize("variant", ["paper", "tuned", "enhancers"])
def test_a_job_of_two_lines_is_twice_as_long_and_there_are_half_as_many(variant):
    alone, together = works("sequential", variant), works("stacked", variant)
    trained = {step.removeprefix("train_") for step in alone if step.startswith("train_")}
    assert len(trained) == 1 + (variant == "enhancers")
    for name in trained:
        one, both = alone[f"train_{name}"], together[f"train_stacked_{name}"]
        assert both.amount == one.amount
        assert both.longest == 2 * one.longest
        assert both.jobs == one.jobs / 2
    if variant != "paper":
        one, both = alone["words_tuned"], together["words_tuned"]
        assert (both.amount, both.longest) == (one.amount, 2 * one.longest)


def test_a_line_of_its_own_is_a_job_of_its_own():
    one, other = works("sequential", "paper", ["A"]), works("stacked", "paper", ["A"])
    alone, stacked = one["train_paper"], other["train_stacked_paper"]
    assert (alone.jobs, alone.longest) == (stacked.jobs, stacked.longest)


def test_two_measurements_of_the_trainer_agree(root):
    """The rate that is planned with is about that of the benchmark, compiling left out of both."""
    table = pd.read_csv(root / "benchmarks/stacked.tsv", sep="\t")
    ran = table.query("variant == 'paper' and trainer == 'stacked' and device == 'CPU'")
    speed = ran.query("folds == 10 and batch == 4")["genes_per_core_second"].item()
    assert 0.5 < 1 / rates()["train_stacked_paper"].seconds[1] / speed < 2


@pytest.mark.parametrize("variant", ["paper", "tuned"])
def test_its_hours_are_counted_and_its_memory_is_not_made_up(variant):
    table = plan_table(run_of("stacked", variant))
    row = table.set_index("step").loc[f"train_stacked_{variant}"]
    assert row["core_hours"] > 0
    assert training_hours(table) > 0
    assert pd.isna(row["peak_gb"])


def test_hours_of_the_papers_grid_are_told_only_where_its_largest_stack_was_measured(
    root, monkeypatch
):
    monkeypatch.syspath_prepend(root / "benchmarks")
    import stacked as benchmark

    row = {"variant": "paper", "trainer": "stacked", "batch": 4, "genes_per_second": 50_000.0}
    rows = [row | {"folds": 1}, row | {"folds": 80}]
    # 4 lines, 2 tasks, 18,000 genes, 30 epochs: 180 million genes at 50,000 a second.
    assert benchmark._grid_text(rows, "paper", 4) == "the paper's grid in 1.00 hours"
    for unmeasured in (rows[:1], [rows[0], rows[1] | {"trainer": "sequential"}]):
        assert "80 folds were not measured" in benchmark._grid_text(unmeasured, "paper", 4)
    assert "not measured" in benchmark._grid_text(rows, "paper", 64)
