"""What a run makes and which figures, from configuration and sheets alone."""

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from deepexpr.figures.inputs import Inputs
from deepexpr.figures.registry import FIGURES
from deepexpr.run.drawings import CONDITIONS, SETTINGS, SOURCES, drawings, left_out
from deepexpr.run.kept import results
from deepexpr.run.targets import Run

EVALUATION = {
    "tasks": ["classification", "regression"], "scheme": "random", "folds": [5, 10],
    "main_folds": 10, "distances": [1_000_000, 100_000], "distance_cell_lines": [],
    "ablation": True, "cross_cell_line": True, "cross_species": None,
}  # fmt: skip
UNIT = ("sample", "unit", "fq1", "fq2", "bam1", "bam2", "pairs", "contacts", "loops", "bins",
        "kallisto", "expression")  # fmt: skip


def a_run(
    *hichip,
    evaluation=(),
    motifs=(),
    entries=(),
    assemblies=None,
    replicates=1,
    differential=(),
    caller="origami",
    variants=(),
    network="paper",
    trainer=None,
    scatter_folds=False,
):
    """Cell lines A and B of one assembly with RNA-seq reads, those named with HiChIP reads."""
    where = assemblies or {"A": "hg", "B": "hg"}
    rows = [(f"{line}.rna", "rna", line, a) for line, a in where.items()]
    rows += [
        (f"{line}.hichip{'.more' * i}", "hichip", line, where[line])
        for line in hichip
        for i in range(replicates)
    ]
    samples = pd.DataFrame(rows, columns=["sample", "assay", "cell_line", "assembly"])
    kinds = dict(entries)
    empty = dict.fromkeys(UNIT, "")
    units = pd.DataFrame(
        [empty | {"sample": s, "unit": "1", kinds.get(s, "fq1"): "x"} for s in samples["sample"]]
    )
    config = {
        "results": "results", "seed": 1, "evaluation": EVALUATION | dict(evaluation),
        "assemblies": {a: {"promoters": None, "genome": "g.fa"} for a in where.values()},
        "features": {"bins": 400, "bin_size": 5000}, "model": {"variant": network},
        "baselines": {"classification": ["svm"], "regression": ["lasso", "linear_regression"]},
        "motifs": {"attribution_cell_lines": None, "interpret_genes": [], "targets": "JASPAR2018",
                   "e_value": 0.05} | dict(motifs),
        "variants": {"vcf": dict.fromkeys(variants, "v.vcf")},
        "figures": {"gene": None, "formats": ["pdf", "png"]},
        "hichip": {"mcool": False, "keep_trimmed": False},
        "loops": {"differential": differential, "caller": caller, "confidence": 0.9},
        "published": {"A": {"table": "published.txt"}},
        "training": {"trainer": trainer}, "resources": {"scatter_folds": scatter_folds},
    }  # fmt: skip
    return Run(config, samples, units)


def stems(run):
    return [drawing.stem for drawing in drawings(run)]


def test_every_figure_declares_what_a_run_can_give():
    for figure in FIGURES.values():
        given = {figure.source(option) for option in (*figure.needs, *figure.takes)}
        assert given <= SOURCES.keys() | SETTINGS.keys(), figure.name
        assert set(figure.after) <= SOURCES.keys()
        assert set(figure.when) <= CONDITIONS.keys()
        assert set(figure.sources) <= {*figure.needs, *figure.takes}


def test_a_complete_run_makes_every_figure_once_per_subject():
    run = a_run("A", "B", motifs={"interpret_genes": ["TAL1"]}, replicates=2,
                differential=("A:B",), variants=("hg",), caller="both")  # fmt: skip
    assert left_out(run) == []
    made = {drawing.figure.name for drawing in drawings(run)}
    # Of two assemblies, of the paper's cell lines, and of networks that read places: below.
    assert made == set(FIGURES) - {"cross_species", "paper", "variant_places"}
    assert [s for s in stems(run) if s.startswith("figure_8")] == ["figure_8.A", "figure_8.B"]
    assert {"figure_2C.hg", "interpretation.A.TAL1", "figure_4", "summary"} <= set(stems(run))


def test_variants_in_places_are_drawn_of_lines_whose_networks_read_them():
    run = a_run("A", variants=("hg",), network="enhancers")
    assert [stem for stem in stems(run) if stem.startswith("variant")] == [
        "variants.A", "variants.B", "variant_places.A",
    ]  # fmt: skip
    (drawn,) = (each for each in drawings(run) if each.stem == "variant_places.A")
    assert drawn.inputs == ["results/variants/A/places.tsv"]
    assert drawn.inputs[0] in results(run)
    assert "results/variants/B/places.tsv" not in results(run)
    # So do their first filters, which are matched by what is found in these places.
    assert (run.filter_kinds("A"), run.filter_kinds("B")) == (["full", "sequence"], ["sequence"])
    assert a_run("A").filter_kinds("A") == ["sequence"]


@pytest.mark.parametrize(
    ("line", "changed", "drawn"),
    [
        ("K562", {}, True), ("K562", {"folds": [3]}, False),
        ("K562", {"scheme": "chromosome"}, False), ("mESC", {"folds": [3]}, True), ("A", {}, False),
    ],
)  # fmt: skip
def test_the_papers_numbers_stand_beside_runs_that_can_have_them(line, changed, drawn):
    run = a_run(line, assemblies={line: "hg"}, evaluation=changed)
    assert ("paper" in stems(run)) == drawn


def test_only_counted_expression_is_set_beside_published_values():
    (shown,) = (d for d in drawings(a_run("A", "B")) if d.stem == "published")
    assert "--published=A=published.txt" in shown.options
    assert shown.inputs == ["results/expression/hg/expression.tsv", "published.txt"]
    assert "published" in stems(a_run("A", entries={"A.rna": "kallisto"}))
    assert "published" not in stems(a_run("A", entries={"A.rna": "expression"}))


def test_without_hichip_its_figures_are_left_out_with_one_reason():
    run = a_run()
    assert left_out(run) == ["Left out, as no sample is HiChIP: figures 2A, 2B, 2C, 6, 7, 9."]
    made = {drawing.figure.name for drawing in drawings(run)}
    assert not made & {"2A", "2B", "2C", "6", "7", "9", "qc", "convergence"}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"tasks": ["classification"]}, "evaluation.tasks lacks regression: figures 4, 5"),
        ({"tasks": ["regression"]}, "evaluation.tasks lacks classification: figure 3"),
        ({"ablation": False}, "evaluation.ablation is false: figure 6"),
        ({"distances": [1_000_000]}, "evaluation.distances leaves nothing to compare: figure 7"),
        ({"cross_cell_line": False}, "can be predicted from others of its assembly: figure 5"),
    ],
)
def test_reasons_follow_from_the_conditions(changed, reason):
    assert any(reason in line for line in left_out(a_run("A", "B", evaluation=changed)))


def test_given_bins_leave_out_figures_of_single_loops():
    run = a_run("A", entries={"A.hichip": "bins"})
    lines = left_out(run)
    assert lines == ["Left out, as bins are given and single loops are not known: figures 2B, 2C, "
                     "9."]  # fmt: skip
    assert "figure_2A" in stems(run)


def test_options_and_inputs_of_one_figure():
    (five,) = [d for d in drawings(a_run("A", "B")) if d.figure.name == "5"]
    paths = ["results/evaluation/cross_metrics.tsv", "results/evaluation/cross_tests.tsv"]
    assert five.inputs == paths
    assert five.options == [f"--cross={paths[0]}", f"--tests={paths[1]}"]
    assert (five.rule, five.label) == ("draw_figure_5", "Figure 5. Prediction across cell lines")


def test_the_benchmarks_folder_is_no_input_but_the_last_heavy_files_are():
    (one,) = [d for d in drawings(a_run("A")) if d.figure.name == "benchmarks"]
    assert one.options[0] == "--benchmark=results/benchmarks"
    assert "results/motifs/B/filters.tomtom.tsv" in one.inputs


def replaced_in(run, *names):
    """Those of `names` that are not to count any more, by the options of the figure of benchmarks
    (as deepexpr.figures.inputs reads them)."""
    (one,) = [d for d in drawings(run) if d.figure.name == "benchmarks"]
    given = [o.removeprefix("--replaced=") for o in one.options if o.startswith("--replaced=")]
    found = Inputs(replaced=tuple(given)).of_jobs
    folder = SimpleNamespace(rglob=lambda ending: [Path(f"{name}.tsv") for name in names])
    return sorted({*names} - {path.stem for path in found(folder, "tsv")})


def test_what_another_trainer_measured_of_the_same_networks_does_not_count():
    together = "regression.K5.full.train_lines"
    alone = [f"{line}.regression.K10.{kind}.train_network" for line in ("A", "B", "A.B")
             for kind in ("full", "sequence")]  # fmt: skip
    fold = "A.regression.K5.full.fold-1.train_fold"
    names = [together, *alone, fold, "A.regression.K5.lasso.fit_baseline"]
    run = a_run("A", "B")
    assert replaced_in(run, *names) == [fold, together]
    assert replaced_in(a_run("A", "B", scatter_folds=True), *names) == [together]
    assert replaced_in(a_run("A", "B", trainer="stacked"), *names) == sorted([*alone[:4], fold])
    dropped = a_run("A", "B", evaluation={"tasks": ["classification"]})
    assert replaced_in(dropped, *names) == sorted(set(names))
    stacked = a_run("A", "B", evaluation={"tasks": ["classification"]}, trainer="stacked")
    across = "A.regression.predict_cross_cell_line", "A.regression.predict_cross_species"
    kept = "classification.K5.full.train_lines", "A.classification.predict_cross_cell_line"
    assert replaced_in(stacked, *names, *across, *kept) == sorted({*names, *across})
    # Of one line its networks are jobs of their own.
    assert replaced_in(a_run("A", trainer="stacked"), *names) == [fold, together]


def test_the_report_shows_a_picture_first():
    run = a_run("A")
    by_stem = {d.stem: d.files(run) for d in drawings(run)}
    assert by_stem["figure_4"] == [f"results/figures/figure_4.{e}" for e in ("tsv", "png", "pdf")]
    assert by_stem["summary"] == ["results/summary.tsv", "results/summary.html"]


def test_partners_have_the_same_inputs_but_promoters_carry_over():
    run = a_run("A")
    assert run.partners("A", "full") == []
    assert run.partners("A", "sequence") == ["B"]
    assert run.cross_methods("A") == run.cross_methods("B") == ["sequence"]
    other = a_run("A", "B", assemblies={"A": "hg", "B": "mm"})
    assert other.cross_files() == []


def test_species_predict_each_other_by_what_both_have():
    given = {"cross_species": {"assemblies": ["hg", "mm"], "orthologues": "o.tsv"}}
    where = {"A": "hg", "B": "hg", "C": "mm", "D": "rn"}
    run = a_run("A", "C", assemblies=where, evaluation=given)
    assert run.relatives("C", "full") == ["A"]
    assert (run.relatives("A", "full"), run.relatives("B", "full")) == (["C"], [])
    assert (run.relatives("B", "sequence"), run.relatives("D", "sequence")) == (["C"], [])
    assert run.species_methods("A", "classification") == ["full", "sequence", "svm"]
    assert run.species_methods("B", "regression") == ["sequence"]
    files = [f"results/evaluation/species/{line}.{task}.apart.tsv" for line in "ABC"
             for task in run.tasks]  # fmt: skip
    assert run.species_files("apart.tsv") == files
    assert set(files) < set(results(run))
    (shown,) = [d for d in drawings(run) if d.figure.name == "cross_species"]
    start = "results/evaluation/species"
    assert shown.inputs == [f"{start}_metrics.tsv", f"{start}_apart_metrics.tsv"]
    assert "cross_species" not in stems(a_run("A", "C", assemblies=where))


def test_networks_of_each_number_of_folds():
    files = a_run("A").prediction_files()
    start = "results/models/A/regression/K"
    trained = [path.removeprefix(start) for path in files if path.startswith(start)]
    kinds = {"5": ["full", "sequence"], "10": ["full", "sequence", "hichip", "full-100kb"]}
    assert trained == [f"{k}/{kind}/predictions.tsv" for k in kinds for kind in kinds[k]]


def test_results_follow_what_samples_enter_with():
    kept = results(a_run("A"))
    assert "results/hichip/A.hichip/pairs.gz" in kept
    assert "results/loops/A/signal.tsv" in kept
    assert not [path for path in kept if "hichip/B" in path or "loops/B" in path]
    given = results(a_run("A", entries={"A.hichip": "loops"}))
    assert not [path for path in given if path.endswith(("pairs.gz", "loops.bedpe"))]
