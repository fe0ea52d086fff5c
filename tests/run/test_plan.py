"""`deepexpr plan`: amounts from the configuration, costs from measurements, nothing made up."""

import pandas as pd
import pytest

from deepexpr.cli import main
from deepexpr.commands.plan import _gpu
from deepexpr.run.plan import Assumptions, plan_table, training_hours, unmeasured
from deepexpr.run.rates import TABLE, rates

CONFIG = {
    "hichip": {"keep_trimmed": False},
    "evaluation": {"tasks": ["regression"], "folds": [5]},
    "training": {},
    "model": {"variant": "paper"},
    "loops": {"caller": "origami"},
    "baselines": {"regression": ["lasso"]},
}


@pytest.fixture
def sheets():
    samples = pd.DataFrame(
        {"sample": ["R", "H"], "cell_line": "A", "assay": ["rna", "hichip"], "assembly": "hg19"}
    )
    units = pd.DataFrame({"sample": ["R", "H", "H"], "fq1": ["r.gz", "h1.gz", "h2.gz"]})
    return samples, units


def row(table, step):
    return table.set_index("step").loc[step]


def test_amounts_are_counted_from_the_sheets(sheets):
    table = plan_table(CONFIG, *sheets, Assumptions(hichip_million_read_pairs=100))
    assert row(table, "map")["amount"] == pytest.approx(200)  # both mates, lanes together
    assert row(table, "kallisto")["amount"] == 30


def test_reads_that_are_there_are_counted_by_their_size(sheets, tmp_path):
    samples, units = sheets
    reads = tmp_path / "r.gz"
    reads.write_bytes(bytes(5_000_000))
    units.loc[0, "fq1"] = str(reads)
    assert row(plan_table(CONFIG, samples, units), "kallisto")["amount"] == pytest.approx(0.1)


def test_cost_is_a_line_through_the_measurements():
    table = pd.read_csv(TABLE, sep="\t")
    for step, rate in rates().items():
        rows = table[table["step"] == step]
        predicted = [rate.core_hours(amount) * 3600 for amount in rows["amount"]]
        assert predicted == pytest.approx(rows["core_seconds"].tolist(), rel=1.0), step


def test_memory_measured_at_one_size_is_not_extrapolated():
    table = pd.read_csv(TABLE, sep="\t").dropna(subset="peak_mb")
    sizes = table.groupby("step")["amount"].nunique()
    for step, rate in rates().items():
        assert (rate.peak_gb(1000) >= 0) == (sizes.get(step, 0) > 1), step


def test_trimmed_reads_need_disk_only_where_they_are_kept(sheets):
    kept = plan_table({**CONFIG, "hichip": {"keep_trimmed": True}}, *sheets)
    assert row(plan_table(CONFIG, *sheets), "trim")["kept_gb"] == 0
    assert row(kept, "trim")["kept_gb"] > 10


def test_total_is_the_sum(sheets):
    table = plan_table(CONFIG, *sheets)
    assert table["step"].iloc[-1] == "total"
    assert table["core_hours"].iloc[-1] == pytest.approx(table["core_hours"].iloc[:-1].sum())


def test_sequence_only_has_no_hichip_steps(sheets):
    samples, units = sheets
    table = plan_table(CONFIG, samples.iloc[:1], units.iloc[:1])
    assert not {"trim", "map", "pairs", "loops", "index_bowtie"} & set(table["step"])


def test_paper_is_planned_with_its_jobs_and_no_invented_gpu_rate(root, capsys):
    config = str(root / "config/config.yaml")
    assert main(["plan", "--configfile", config]) == 0
    text = capsys.readouterr().out
    assert "90 of them training" in text
    assert "GPU-hours: not known" in text
    assert "hichip million read pairs: 300" in text
    assert main(["plan", "--configfile", config, "--gpu-speedup", "20"]) == 0
    assert "20 times one core's speed" in capsys.readouterr().out


def test_training_that_was_not_measured_is_not_called_nothing(sheets):
    config = {**CONFIG, "model": {"variant": "authors_code"}}
    assert not training_hours(plan_table(config, *sheets)) >= 0
    assert "training of the network authors_code" in unmeasured(config)
    assert training_hours(plan_table(CONFIG, *sheets)) > 0
    assert "not measured" in _gpu(float("nan"), 20)


@pytest.mark.parametrize(
    ("speed", "says"),
    [("0", "less than or equal to the minimum of 0"), ("-3", "less than or equal to the minimum"),
     ("nan", "nan is not finite"), ("fast", "'fast' is no number")],
)  # fmt: skip
def test_speed_of_a_gpu_is_above_zero(root, capsys, speed, says):
    config = str(root / "config/config.yaml")
    with pytest.raises(SystemExit):
        main(["plan", "--configfile", config, f"--gpu-speedup={speed}"])
    assert says in capsys.readouterr().err
