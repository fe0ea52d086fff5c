"""`deepexpr plan`: amounts from the configuration, costs from measurements, nothing made up."""

import pandas as pd
import pytest
from libraries import GENES, reference

from deepexpr.cli import main
from deepexpr.commands.plan import _gpu, _hours
from deepexpr.config.entries import FILE_COLUMNS
from deepexpr.config.settings import complete_config
from deepexpr.downloads.records import RemoteFile, write_files
from deepexpr.run.amounts import Assumptions, all_work
from deepexpr.run.known import Known, known_sizes
from deepexpr.run.plan import (
    assumption_lines,
    known_lines,
    plan_table,
    training_hours,
    unmeasured,
    wall_hours,
)
from deepexpr.run.rates import TABLE, rates
from deepexpr.run.targets import Run

CONFIG = complete_config(
    {
        "samples": "s", "units": "u",
        "assemblies": {"hg19": {"genome": "g.fa", "annotation": "a.gtf"}},
        "evaluation": {"tasks": ["regression"], "folds": [5], "main_folds": 5},
        "model": {"variant": "paper"},
        "baselines": {"regression": ["lasso"]},
    }
)  # fmt: skip


@pytest.fixture
def sheets():
    samples = pd.DataFrame(
        {"sample": ["R", "H"], "cell_line": "A", "assay": ["rna", "hichip"], "assembly": "hg19"}
    )
    units = pd.DataFrame(
        {"sample": ["R", "H", "H"], "unit": ["1", "1", "2"], "accession": "",
         "fq1": ["r.gz", "h1.gz", "h2.gz"], "fq2": ["r2.gz", "h3.gz", "h4.gz"]}
    )  # fmt: skip
    return samples, units.reindex(
        columns=[*units, *(set(FILE_COLUMNS) - set(units))], fill_value=""
    )


def planned(samples, units, assumptions=None, known=None, **changes):
    return plan_table(Run(CONFIG | changes, samples, units), assumptions, known)


def row(table, step):
    return table.set_index("step").loc[step]


def test_amounts_are_counted_from_the_sheets(sheets):
    table = planned(*sheets, Assumptions(hichip_million_read_pairs=100))
    assert row(table, "map")["amount"] == pytest.approx(200)  # both mates, lanes together
    assert row(table, "kallisto")["amount"] == 30


def test_reads_that_are_there_are_counted_by_their_size(sheets, tmp_path):
    samples, units = sheets
    reads = tmp_path / "r.gz"
    reads.write_bytes(bytes(5_000_000))
    units.loc[0, "fq1"] = str(reads)
    assert row(planned(samples, units), "kallisto")["amount"] == pytest.approx(0.1)


def test_downloads_are_counted_by_the_saved_table(sheets, tmp_path):
    samples, units = sheets
    units["accession"] = ["SRR1", "SRR2", ""]
    about = ("SRR1", "", "", "", "SRR1")
    size = 5_000_000_000
    files = [RemoteFile(*about, mate, f"https://x.org/{mate}", "", size) for mate in (1, 2)]
    write_files(files, tmp_path / "saved.tsv")
    table = planned(samples, units, resolved=str(tmp_path / "saved.tsv"))
    assert row(table, "kallisto")["amount"] == pytest.approx(100)
    # The half of 300 million pairs, of which nothing is known.
    assert row(table, "download")["kept_gb"] == pytest.approx(10 + 2 * 150e6 * 50 / 1e9)


def test_wall_time_is_bound_by_work_and_by_the_longest_job():
    table = pd.DataFrame(
        {"stage": [0, 1, 1, -1, -1], "step": ["map", "train_paper", "svm", "download", "total"],
         "core_hours": [10.0, 100.0, 20.0, float("nan"), 130.0],
         "longest_hours": [1.0, 50.0, 1.0, float("nan"), 50.0]}
    )  # fmt: skip
    assert wall_hours(table, 2) == pytest.approx(5 + 60)
    assert wall_hours(table, 100) == pytest.approx(1 + 50)
    assert wall_hours(table, 100, gpu_speedup=50) == pytest.approx(1 + 1)


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
    kept = planned(*sheets, hichip=CONFIG["hichip"] | {"keep_trimmed": True})
    assert row(planned(*sheets), "trim")["kept_gb"] == 0
    assert row(kept, "trim")["kept_gb"] > 10


def test_total_is_the_sum(sheets):
    table = planned(*sheets)
    assert table["step"].iloc[-1] == "total"
    assert table["core_hours"].iloc[-1] == pytest.approx(table["core_hours"].iloc[:-1].sum())


def test_a_method_of_both_tasks_is_one_step(sheets):
    both = {"classification": ["random_forest"], "regression": ["random_forest", "lasso"]}
    evaluation = CONFIG["evaluation"]
    table = planned(*sheets, evaluation=evaluation | {"tasks": ["classification", "regression"]},
                    baselines=CONFIG["baselines"] | both)  # fmt: skip
    one = planned(*sheets, baselines=CONFIG["baselines"] | both)
    assert table["step"].is_unique
    amounts = [row(plan, "baseline_random_forest")["amount"] for plan in (table, one)]
    assert amounts[0] == 2 * amounts[1]
    assert row(table, "baseline_lasso")["amount"] == row(one, "baseline_lasso")["amount"]


def test_scores_and_other_lines_models_are_counted(sheets):
    """Every table of predictions once; of each method the models of every other line."""
    samples, units = sheets
    second = samples.assign(sample=["R2", "H2"], cell_line="B")
    renamed = units.replace({"sample": {"R": "R2", "H": "H2"}})
    samples = pd.concat([samples, second], ignore_index=True)
    run = Run(CONFIG, samples, pd.concat([units, renamed], ignore_index=True))
    works = {work.step: work for work in all_work(run, Assumptions(genes=1000))}
    assert works["evaluate"].amount == len(run.prediction_files()) + len(run.cross_files())
    assert (works["evaluate"].jobs, works["cross"].jobs) == (2, 2)
    assert works["cross"].amount == 2 * len(run.cross_methods("A")) > 0
    assert works["interpret"].amount == 0
    across = {"assemblies": [run.assembly["A"], "mm"], "orthologues": "o.tsv"}
    evaluation = CONFIG["evaluation"] | {"cross_species": across, "cross_cell_line": False}
    samples = run.samples.assign(assembly=[run.assembly["A"]] * 2 + ["mm"] * 2)
    assemblies = dict.fromkeys(set(samples["assembly"]), next(iter(CONFIG["assemblies"].values())))
    changed = {"evaluation": evaluation, "assemblies": assemblies}
    species = Run(CONFIG | changed, samples, run.units)
    works = {work.step: work for work in all_work(species, Assumptions(genes=1000))}
    assert works["cross"].amount == 2 * len(run.cross_methods("A"))
    assert (works["evaluate"].jobs, works["cross"].jobs) == (2, 2)
    shown = CONFIG["motifs"] | {"interpret_genes": ["MYC", "TP53"]}
    run = Run(CONFIG | {"motifs": shown}, run.samples, run.units)
    works = {work.step: work for work in all_work(run, Assumptions())}
    assert (works["interpret"].amount, works["interpret"].jobs) == (2 * 2 * 5, 4)


def test_sequence_only_has_no_hichip_steps(sheets):
    samples, units = sheets
    table = planned(samples.iloc[:1], units.iloc[:1])
    assert not {"trim", "map", "pairs", "loops", "index_bowtie"} & set(table["step"])


def test_tables_in_place_of_reads_need_no_index(sheets):
    samples, units = sheets
    rna = units["sample"] == "R"
    units.loc[rna, ["fq1", "fq2"]] = ""
    units.loc[rna, "expression"] = "values.tsv"
    steps = set(planned(samples, units)["step"])
    assert "index_kallisto" not in steps
    assert {"index_bowtie", "map"} <= steps


def test_paper_is_planned_with_its_jobs_and_no_invented_gpu_rate(root, capsys):
    config = str(root / "config/config.yaml")
    assert main(["plan", "--configfile", config]) == 0
    text = capsys.readouterr().out
    assert "96 of them training" in text
    assert "GPU-hours: not known" in text
    assert "hichip million read pairs: 300" in text
    assert "hours on 32 cores at full use" in text
    assert main(["plan", "--configfile", config, "--gpu-speedup", "20", "--cores", "1"]) == 0
    text = capsys.readouterr().out
    assert "20 times one core's speed" in text
    hours = {line.split()[0]: line for line in text.splitlines()}
    assert "hours on 1 core at full use" in hours["Wall"]
    # On one core the wall time is all the work there is.
    assert round(float(hours["total"].split()[1].replace(",", ""))) == int(
        hours["Wall"].split()[4].replace(",", "")
    )


def test_training_that_was_not_measured_is_not_called_nothing(sheets):
    config = CONFIG | {"model": {"variant": "authors_code"}}
    assert not training_hours(planned(*sheets, model=config["model"])) >= 0
    assert "training of the network authors_code" in unmeasured(config)
    assert training_hours(planned(*sheets)) > 0
    stacked = CONFIG | {"model": {"variant": "authors_code"}, "training": {"trainer": "stacked"}}
    assert "training of the network authors_code, stacked" in unmeasured(stacked)
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


@pytest.mark.parametrize(
    ("caller", "steps"),
    [("origami", {"loops"}), ("coverage", {"coverage"}), ("both", {"loops", "coverage"})],
)
def test_each_loop_caller_is_counted_by_its_own_rate(sheets, caller, steps):
    table = planned(*sheets, loops=CONFIG["loops"] | {"caller": caller})
    assert {"loops", "coverage"} & set(table["step"]) == steps
    assert (table.set_index("step").loc[list(steps), "core_hours"] > 0).all()


def test_every_chain_of_the_loop_model_is_counted(sheets):
    """The rate is of one; the other caller has none."""
    changed = {n: CONFIG["loops"] | {"chains": n, "caller": "both"} for n in (1, 4)}
    one, four = (planned(*sheets, loops=changed[n]) for n in (1, 4))
    for column in ("amount", "core_hours", "longest_hours"):
        assert row(four, "loops")[column] == pytest.approx(4 * row(one, "loops")[column])
        assert row(four, "coverage")[column] == row(one, "coverage")[column]


KNOWN = Known(genome={"hg19": 0.3}, transcriptome={"hg19": 0.03}, genes={"hg19": 60})


def test_a_small_genome_is_counted_by_its_files(sheets, tmp_path):
    table, assumed = planned(*sheets, known=KNOWN), planned(*sheets)
    assert row(table, "index_bowtie")["amount"] == pytest.approx(0.3)
    assert row(table, "index_kallisto")["amount"] == pytest.approx(0.03)
    for step in ("train_paper", "filters", "evaluate"):
        assert row(table, step)["amount"] == pytest.approx(row(assumed, step)["amount"] * 60 / 18e3)
    promoters = min(60, CONFIG["motifs"]["attribution_promoters"])
    assert row(table, "attribution")["amount"] == 5 * promoters
    lines = assumption_lines(Run(CONFIG, *sheets), KNOWN)
    assert not [line for line in lines if line.startswith(("genes", "genome", "transcriptome"))]
    assert "rna million read pairs: 30" in lines
    (tmp_path / "r.gz").write_bytes(b"reads")
    here = sheets[1].assign(fq1=[str(tmp_path / "r.gz"), "h1.gz", "h2.gz"])
    lines = assumption_lines(Run(CONFIG, sheets[0], here), KNOWN)
    assert "hichip million read pairs: 300" in lines
    assert "rna million read pairs: 30" not in lines


def test_no_more_contacts_than_pairs(sheets, tmp_path):
    samples, units = sheets
    reads = tmp_path / "h.gz"
    reads.write_bytes(bytes(5_000_000))
    units.loc[1:, "fq1"] = str(reads)
    table = planned(samples, units, loops=CONFIG["loops"] | {"chains": 1})
    assert row(table, "loops")["amount"] == pytest.approx(0.2)


def test_tables_alone_need_no_reads_no_caller_and_no_assumption_on_them(sheets):
    samples, units = sheets
    units = units.iloc[:2].assign(fq1="", fq2="", expression=["t.tsv", ""], loops=["", "l.bedpe"])
    table = planned(samples, units, known=KNOWN)
    reads = {"index_kallisto", "index_bowtie", "kallisto", "trim", "map", "pairs", "contacts"}
    assert not (reads | {"loops", "coverage"}) & set(table["step"])
    assert assumption_lines(Run(CONFIG, samples, units), KNOWN) == ["epochs: 30"]


def test_sizes_are_read_from_genome_and_annotation(tmp_path, monkeypatch, sheets):
    monkeypatch.chdir(tmp_path)
    reference(tmp_path)
    about = CONFIG["assemblies"]["hg19"] | {"genome": "genome.fa", "annotation": "genes.gtf"}
    samples, units = sheets
    run = Run(CONFIG | {"assemblies": {"toy": about}}, samples.assign(assembly="toy"), units)
    known = known_sizes(run)
    assert known == Known({"toy": 0.3}, {"toy": pytest.approx(GENES * 501 / 1e6)}, {"toy": GENES})
    (line,) = known_lines(known)
    assert line == "toy: 0.3 million bases, 60 genes, 0.0 million bases of transcripts"


def test_given_promoters_are_counted_by_their_places(tmp_path, sheets):
    places = tmp_path / "places.tsv"
    places.write_text("gene\tchromosome\ttss\tstrand\nA\tchr1\t5\t+\nB\tchr1\t9\t-\n")
    about = CONFIG["assemblies"]["hg19"] | {"places": str(places), "genome": ""}
    config = CONFIG | {"assemblies": {"hg19": about}, "training": {"epochs": 6}}
    run = Run(config, *sheets)
    known = known_sizes(run)
    assert known == Known(genes={"hg19": 2})
    assert known_lines(known) == ["hg19: 2 genes"]
    assumed = " ".join(assumption_lines(run, known))
    assert "genes:" not in assumed
    assert "epochs:" not in assumed


def test_short_times_are_told_in_minutes():
    assert [_hours(hours) for hours in (0, 0.25, 1 / 60, 1.2, 40)] == [
        "1 minute", "15 minutes", "1 minute", "1 hour", "40 hours",
    ]  # fmt: skip


def test_the_page_on_clusters_says_what_plan_says(root, monkeypatch):
    """`make docs` writes its numbers; the longest job it names is the plan's."""
    monkeypatch.syspath_prepend(root / "docs")
    monkeypatch.chdir(root)
    import clusters

    page = clusters.PAGE.read_text()
    assert clusters.written(page) == page, "make docs writes it anew"
    table = plan_table(clusters.paper_run())
    longest = table.iloc[:-1].set_index("step")["longest_hours"]
    assert f"{longest.idxmax()}` at K = 20) has {longest.max():,.0f} on its one core" in page
    assert f"{longest['train_paper']:,.0f} hours of training" in page


def test_every_step_that_is_planned_has_a_rate_or_is_named(sheets):
    """No step of the plan is left out in silence."""
    run = Run(CONFIG, *sheets)
    named = set(unmeasured(CONFIG))
    steps = {work.step for work in all_work(run, Assumptions()) if work.amount}
    assert steps <= set(rates()) | {f"baseline_{name}" for name in named}


def test_networks_of_contacted_places_are_trained_anew_for_every_kind_that_reads_loops(sheets):
    """Their kind sequence is tuned's; variants in places have no rate, and are named."""
    config = CONFIG | {"model": {"variant": "enhancers"}, "variants": CONFIG["variants"]}
    works = {work.step: work for work in all_work(Run(config, *sheets), Assumptions())}
    alone, whole = works["train_tuned"], works["train_enhancers"]
    kinds = len(Run(config, *sheets).kinds("A")) - 1
    kinds += len(Run(config, *sheets).distance_kinds("A"))
    assert kinds > 1
    assert whole.amount == kinds * alone.amount
    assert (whole.jobs, alone.jobs) == (kinds, 1)
    assert works["words_tuned"].amount > 0
    assert "variants in contacted places" not in unmeasured(config)
    scored = config | {"variants": config["variants"] | {"vcf": {"hg19": "v.vcf"}}}
    assert "variants in contacted places" in unmeasured(scored)


def test_networks_of_one_mark_alone_are_counted(sheets):
    """Each is a job upon the sequence network, and solves the words of the training genes."""
    samples, units = sheets
    config = CONFIG | {"model": {"variant": "tuned"}}
    found = {}
    for name, target in (("one", ""), ("two", ["", "H3K27ac", "YY1"])):
        second = samples.iloc[[1]].assign(sample="H2")
        marked = units.replace({"unit": {"2": "1"}}).assign(sample=["R", "H", "H2"], target=target)
        run = Run(config, pd.concat([samples, second], ignore_index=True), marked)
        found[name] = {work.step: work for work in all_work(run, Assumptions(genes=2000))}
    one, two = (found[name]["train_tuned"] for name in ("one", "two"))
    assert (two.jobs - one.jobs, two.amount) == (2, one.amount)
    solved = found["two"]["words_tuned"].amount - found["one"]["words_tuned"].amount
    assert solved == 2 * 2 * 5 / 2  # thousand genes, marks, folds; the other half is there


@pytest.mark.parametrize(("model", "counted"), [
    ({"variant": "tuned"}, True), ({"variant": "tuned", "words": False}, False),
    ({"variant": "lstm"}, True), ({"variant": "embedding"}, True), ({"variant": "paper"}, False),
])  # fmt: skip
def test_words_are_counted_where_the_network_has_them(sheets, model, counted):
    works = {work.step for work in all_work(Run(CONFIG | {"model": model}, *sheets), Assumptions())}
    assert ("words_tuned" in works) == counted


def test_one_command_measures_all_models_anew(root, monkeypatch):
    """Every trainer and baseline that has a rate in the table's own unit is among `models`, or is
    measured by a part of its own."""
    monkeypatch.syspath_prepend(root / "benchmarks")
    import rates as measuring

    parts = measuring.TOGETHER["models"]
    assert set(parts) | set(measuring.ONCE) <= set(measuring.PARTS)
    trained = {step for step in rates() if step.startswith("train_")}
    assert trained >= {f"train_{kind}" for kind in ("paper", "tuned", "stacked_paper",
                                                    "stacked_tuned")}  # fmt: skip
    assert {"training", "training_tuned", "training_stacked", "svm", "forests", "trees",
            "motifs", "training_lstm", "training_embedding",
            "training_enhancers"} <= set(parts)  # fmt: skip
