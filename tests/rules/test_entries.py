"""A lab with tables only: values per gene, kallisto's folder and loops in place of reads."""

import json

import numpy as np
import pytest
import yaml

from deepexpr.features.dataset import Dataset
from deepexpr.features.left_out import reason_left_out
from deepexpr.features.splits import read_splits
from deepexpr.files import read_table

GENES = [f"G{i}" for i in range(40)]


@pytest.fixture
def tables(workflow):
    """A small genome, genes without exons, and tables of three cell lines."""
    folder, rng = workflow.folder, np.random.default_rng(1)
    (folder / "data/kallisto").mkdir(parents=True)
    letters = "".join(rng.choice(list("ACGT"), 200_000))
    starts = [3000 + 4500 * i for i in range(len(GENES))]
    for copy in (7, 31):  # with G2 a family of three
        first, promoter = starts[copy] - 900, letters[starts[2] - 1000 : starts[2] + 1000]
        letters = letters[:first] + promoter + letters[first + 2000 :]
    (folder / "data/genome.fa").write_text(f">chr1\n{letters}\n")
    rows = [f"NM_{i}\tchr1\t+\t{s}\t{s + 900}\t{GENES[i]}" for i, s in enumerate(starts)]
    (folder / "data/genes.tsv").write_text("\n".join(rows) + "\n")
    counts = [f"{gene}\t{i * 10}" for i, gene in enumerate(GENES)]
    (folder / "data/counts.txt").write_text("\n".join(counts) + "\n")
    matrix = [f"{gene}\t{i}\t{i * 20}" for i, gene in enumerate(GENES)]
    (folder / "data/matrix.tsv").write_text("gene\tother\tC\n" + "\n".join(matrix) + "\n")
    abundance = [f"NM_{i}\t900\t700\t{i * 5}\t1" for i in range(len(GENES))]
    header = "target_id\tlength\teff_length\test_counts\ttpm\n"
    (folder / "data/kallisto/abundance.tsv").write_text(header + "\n".join(abundance) + "\n")
    (folder / "data/kallisto/run_info.json").write_text(json.dumps({"p_pseudoaligned": 90.0}))
    (folder / "data/loops.bedpe").write_text("chr1\t0\t5000\tchr1\t50000\t55000\tx\t7\n")
    (folder / "samples.tsv").write_text(
        "sample\tcell_line\tassay\tassembly\n"
        "a\tA\trna\ttoy\nb\tB\trna\ttoy\nc\tC\trna\ttoy\nloops\tA\thichip\ttoy\n"
    )
    (folder / "units.tsv").write_text(
        "sample\tunit\tkallisto\texpression\tloops\tvalue_column\n"
        "a\t1\t\tdata/counts.txt\nb\t1\tdata/kallisto\nc\t1\t\tdata/matrix.tsv\t\tC\n"
        "loops\t1\t\t\tdata/loops.bedpe\n"
    )
    overlay = {
        "samples": "samples.tsv",
        "units": "units.tsv",
        "assemblies": {"toy": {"genome": "data/genome.fa", "annotation": "data/genes.tsv"}},
        "evaluation": {
            "distance_cell_lines": None,
            "folds": [5],
            "main_folds": 5,
            "scheme": "family",
        },
    }
    (folder / "over.yaml").write_text(yaml.safe_dump(overlay))
    return workflow


def test_tables_become_datasets(tables):
    paths = [f"results/features/{line}/dataset.h5" for line in "ABC"]
    splits = "results/features/toy/splits/family-K5.tsv"
    tables.run(*paths, splits, "--configfile", "over.yaml")
    roles = read_splits(tables.folder / splits).pivot(index="gene", columns="fold", values="role")
    assert (roles.loc[["G7", "G31"]] == roles.loc["G2"]).all(axis=None)
    datasets = {path[17]: Dataset.open(tables.folder / path) for path in paths}
    assert [datasets[line].has_hichip for line in "ABC"] == [True, False, False]
    assert datasets["A"].gene.tolist() == GENES
    # The same order of genes in every table, so quantile normalisation makes them equal.
    for line in "BC":
        assert np.allclose(datasets[line].expression, datasets["A"].expression)
    assert datasets["A"].bins.max() == pytest.approx(np.log2(8))


def test_no_tool_of_reads_is_asked_for(tables):
    text = tables.run("-n", "--configfile", "over.yaml")
    for rule in ("index_kallisto", "cut_transcriptome", "index_bowtie", "trim_unit", "call_loops"):
        assert rule not in text
    assert "import_loops" in text
    assert "Left out" not in text


def test_without_hichip_a_line_says_what_is_left_out(tables):
    for name in ("samples.tsv", "units.tsv"):
        rows = (tables.folder / name).read_text().splitlines(keepends=True)
        kept = [row for row in rows if not row.startswith("loops\t")]
        (tables.folder / name).write_text("".join(kept))
    text = tables.run("-n", "--configfile", "over.yaml")
    assert "Left out, as no sample is HiChIP: figures 2A, 2B, 2C, 6, 7, 9." in text
    for figure in ("2A", "2B", "2C", "6", "7", "9"):
        assert f"draw_figure_{figure}" not in text
    assert "draw_figure_8_A" in text


def test_authors_arrays_run_without_a_genome(workflow):
    folder = workflow.folder / "resources/paper-tables"
    rng = np.random.default_rng(1)
    for species, lines in (("mouse", ["mES"]), ("human", ["K562", "Jurkat", "HCT116"])):
        (folder / species).mkdir(parents=True)
        one_hot = np.eye(4, dtype=np.uint8)[rng.integers(0, 4, (len(GENES), 2001))]
        np.save(folder / species / "X_seq.npy", one_hot)
        for line in lines:
            np.save(folder / species / f"exp_{line}.npy", rng.random((len(GENES), 400)))
            counts = [f"{gene}\t{rng.integers(0, 900)}" for gene in GENES]
            (folder / species / f"rna_{line}.txt").write_text("\n".join(counts) + "\n")
    overlay = ("--configfile", "config/paper-tables/config.yaml")
    results = "results/paper-tables"
    paths = [f"{results}/features/{line}/dataset.h5" for line in ("mESC", "Jurkat")]
    paths += [f"{results}/features/hg19/splits/random-K2.tsv"]
    workflow.run(*paths, *overlay)
    dataset = Dataset.open(workflow.folder / paths[1])
    assert sorted(dataset.gene) == sorted(GENES)
    assert np.allclose(dataset.bins, np.load(folder / "human/exp_Jurkat.npy"), atol=1e-6)
    text = workflow.run("-n", *overlay)
    for rule in ("prepare_genome", "join_pairs", "import_loops", "call_loops", "cut_enhancers"):
        assert rule not in text
    for figure in ("1", "2A", "3", "4", "5", "6", "7", "8_K562"):
        assert f"draw_figure_{figure} " in text, figure
    assert "single loops are not known: figures 2B, 2C, 9." in text


@pytest.fixture
def two_targets(tables):
    """Cell line A with finished loops of two targets."""
    folder = tables.folder
    (folder / "data/yy1.bedpe").write_text("chr1\t0\t5000\tchr1\t90000\t95000\tx\t3\n")
    with open(folder / "samples.tsv", "a") as handle:
        handle.write("more\tA\thichip\ttoy\n")
    rows = (folder / "units.tsv").read_text().splitlines()
    rows = [rows[0] + "\ttarget", *rows[1:-1], rows[-1] + "\t\tH3K27ac"]
    rows += ["more\t1\t\t\tdata/yy1.bedpe\t\tYY1"]
    (folder / "units.tsv").write_text("\n".join(rows) + "\n")
    return tables


def test_loops_and_networks_of_each_target_are_planned(two_targets):
    text = two_targets.run("-n", "--configfile", "over.yaml")
    for target in ("H3K27ac", "YY1"):
        assert f"loops/A.{target}/signal.tsv" in text
        assert f"models/A/regression/K5/full-only-{target}/predictions.tsv" in text
    assert "rule join_targets" in text
    assert "rule import_loops" in text
    # Neither line has a partner with loops of the same targets.
    assert "evaluation/cross/A/regression/full.tsv" not in text


@pytest.mark.slow
def test_bins_of_two_targets_become_channels(two_targets):
    paths = ["results/features/A/dataset.h5", "results/loops/A/signal.tsv"]
    ridge = "results/baselines/A/regression/K5/ridge/predictions.tsv"
    two_targets.run(*paths, ridge, "results/figures/table1.tsv", "--configfile", "over.yaml")
    dataset = Dataset.open(two_targets.folder / paths[0])
    assert dataset.targets == ("H3K27ac", "YY1")
    assert dataset.bins.shape == (40, 400, 2)
    found = [dataset.bins[:, :, i].max() for i in range(2)]
    assert found == pytest.approx([np.log2(8), np.log2(4)])
    joined = read_table(two_targets.folder / paths[1])
    assert joined["normalised"].tolist() == [7, 3]
    table = read_table(two_targets.folder / "results/figures/table1.tsv")
    assert table.set_index("cell_line").loc["A", "loops"] == 2


@pytest.mark.slow
def test_networks_of_loops_are_left_out_where_there_is_no_loop(tables):
    """The promoter's network is trained, and stands for the one with loops."""
    folder = tables.folder
    # Behind the last gene.
    row = "chr1\t190000\t192000\tchr1\t196000\t198000\tx\t7\n"
    (folder / "data/loops.bedpe").write_text(row)
    for name in ("samples.tsv", "units.tsv"):
        rows = (folder / name).read_text().splitlines(keepends=True)
        (folder / name).write_text("".join(row for row in rows if row[:2] not in ("b\t", "c\t")))
    quick = {
        "evaluation": {"tasks": ["regression"], "folds": [2], "main_folds": 2, "scheme": "random",
                       "distances": [], "ablation": False},
        "training": {"epochs": 1, "distal_epochs": 1}, "figures": {"formats": ["png"]},
        "baselines": {"regression": ["totals"]}, "motifs": {"null_shuffles": 1},
    }  # fmt: skip
    (folder / "quick.yaml").write_text(yaml.safe_dump(quick))
    overlays = ("--configfile", "over.yaml", "quick.yaml")
    models = folder / "results/models/A/regression/K2"
    wanted = ["summary.html", "tables.html", "figures/figure_1.png"]
    tables.run(*(f"results/{path}" for path in wanted), *overlays)
    reason = reason_left_out(models / "full/predictions.tsv")
    assert "HiChIP of A: no loop is at any of its 40 genes" in reason
    assert not reason_left_out(models / "sequence/predictions.tsv")
    told = read_table(folder / "results/summary.tsv")
    left = " ".join(told.loc[told["section"] == "left out", "value"])
    assert f"regression of A, K = 2 (2 models): {reason}" in left  # full, totals
    genes = read_table(folder / "results/tables.tsv").query("table == 'genes'")
    assert genes["predicted"].notna().all()
    assert "distal" not in read_table(folder / "results/figures/figure_1.tsv")["module"].tolist()
    # What is finished stays so; what was left out is then an error.
    (folder / "quick.yaml").write_text(yaml.safe_dump(quick | {"strict": True}))
    result = tables.attempt("-n", *overlays)
    assert result.returncode == 1
    assert "2 model(s) were left out by an earlier run, and strict is true." in result.stdout
