"""Tables of plotted values from small results, by the verb `table`, redrawn by `figure`."""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
import pytest
import synthetic_tables as synthetic
from matplotlib.text import Text

from deepexpr.commands import figure, table
from deepexpr.errors import InputError, UsageError
from deepexpr.features.dataset import Dataset, write_dataset
from deepexpr.features.meme_format import write_meme
from deepexpr.features.motif import Motif
from deepexpr.figures.qc import draw_qc
from deepexpr.files import read_table, write_table
from deepexpr.hichip.quality import judge
from deepexpr.options import add_verb
from deepexpr.schemas import GENES, METRICS, SIGNAL, TOMTOM

N = 40


def run(command, *arguments) -> None:
    parser = argparse.ArgumentParser()
    add_verb(parser, command)
    command.run(parser.parse_args([str(argument) for argument in arguments]))


def make_dataset(path, line: str, *, hichip: bool = True, loops_at: int = N):
    """A dataset of N genes, the first `loops_at` of which may have loops."""
    rng = np.random.default_rng(len(line))
    number = rng.poisson(2, (N, 1)).astype(np.int32)
    if loops_at < N:
        number = np.array([[1]] * loops_at + [[0]] * (N - loops_at), np.int32)
    count = (number * 3.0).astype(np.float32)
    dataset = Dataset(
        gene=np.array([f"G{i:02d}" for i in range(N)]),
        chromosome=np.array(["chr1"] * N),
        tss=np.arange(1, N + 1) * 50_000 + 1_000_000,
        strand=np.array(["+", "-"] * (N // 2)),
        sequence=np.full((N, 2000), ord("A"), np.uint8),
        expression=(0.3 * number.ravel() + rng.normal(0, 0.3, N)).astype(np.float32),
        label=np.array([1, -1] * (N // 2), np.int8),
        cell_line=line,
        assembly="demo",
        bins=np.zeros((N, 400), np.float32) if hichip else None,
        loop_count=count if hichip else None,
        loop_number=number if hichip else None,
    )
    write_dataset(dataset, path)
    return path


@pytest.fixture
def files(tmp_path):
    genes = pd.DataFrame(
        {
            "gene": [f"G{i:02d}" for i in range(N)],
            "chromosome": "chr1",
            "tss": np.arange(1, N + 1) * 50_000 + 1_000_000,
            "strand": ["+", "-"] * (N // 2),
            "transcript": [f"T{i}" for i in range(N)],
            "biotype": "protein_coding",
        }
    )[list(GENES)]
    write_table(genes, tmp_path / "genes.tsv")
    tss = int(genes["tss"][20])
    loops = pd.DataFrame(
        [
            ("chr1", tss - 2500, tss + 2500, "chr1", tss + 80_000, tss + 85_000, 7.0, 3.0, 7),
            ("chr1", tss + 20_000, tss + 25_000, "chr1", tss + 60_000, tss + 65_000, 1.0, 1.0, 1),
            ("chr2", 0, 5000, "chr2", 50_000, 55_000, 1.0, 1.0, 1),
        ],
        columns=[*SIGNAL, "count.Alpha_hichip_1"],
    )
    write_table(loops, tmp_path / "signal.tsv")
    qc = pd.DataFrame(
        [("Alpha_hichip_1", "read_pairs", "1000"), ("Beta_hichip_1", "read_pairs", "500")],
        columns=["sample", "metric", "value"],
    )
    write_table(qc, tmp_path / "qc.tsv")
    make_dataset(tmp_path / "Alpha.h5", "Alpha")
    make_dataset(tmp_path / "Beta.h5", "Beta", hichip=False)
    return tmp_path


def make(files, name: str, *arguments) -> pd.DataFrame:
    """Run `table` and `figure`, and return the table."""
    path = files / f"{name}.tsv"
    run(table, name, "--output", path, *arguments)
    run(figure, name, "--table", path, "--output", files / f"{name}.svg")
    assert (files / f"{name}.svg").stat().st_size > 1_000
    return read_table(path)


def test_table_1_counts_only_the_cell_lines_own_samples(files):
    found = make(
        files, "table1", "--dataset", files / "Alpha.h5", "--dataset", files / "Beta.h5",
        f"--signal=Alpha={files / 'signal.tsv'}", f"--qc=Alpha={files / 'qc.tsv'}",
    )  # fmt: skip
    assert found["genes"].tolist() == [N, N]
    assert found["read_pairs"][0] == 1000
    assert found["loops"][0] == 3
    assert found["hichip_samples"][0] == 1
    assert found.loc[1, ["read_pairs", "loops", "genes_with_loops"]].isna().all()


def test_figure_2a_and_2b_say_which_cell_line_has_no_hichip(files):
    arguments = ["--dataset", files / "Alpha.h5", files / "Beta.h5"]
    signal = make(files, "2A", *arguments)
    alpha = signal[signal["cell_line"] == "Alpha"]
    assert len(alpha) == N
    np.testing.assert_allclose(alpha["log2_loop_count"], np.log2(1 + alpha["loop_count"]))
    assert signal["note"].dropna().tolist()[0].startswith("No HiChIP")
    number = make(files, "2B", *arguments)
    assert number["loop_number"].notna().sum() == N
    assert "No HiChIP data" in (files / "2A.svg").read_text()


def test_figure_2c_marks_the_loops_of_the_gene(files):
    found = make(
        files, "2C", "--dataset", files / "Alpha.h5", "--gene", "g20", "--genes",
        files / "genes.tsv", f"--signal=Alpha={files / 'signal.tsv'}",
    )  # fmt: skip
    loops = found[found["part"] == "loop"]
    assert loops["at_gene"].tolist() == [1, 0]
    assert found.loc[found["part"] == "region", "name"].tolist() == ["G20"]
    assert "G20" in found.loc[found["part"] == "gene", "name"].tolist()


def test_figure_2c_without_a_gene_takes_the_strongest(files):
    found = make(
        files, "2C", "--dataset", files / "Alpha.h5", "--genes", files / "genes.tsv",
        f"--signal=Alpha={files / 'signal.tsv'}",
    )  # fmt: skip
    dataset = Dataset.open(files / "Alpha.h5")
    best = dataset.loop_count.ravel().max()
    name = found.loc[found["part"] == "region", "name"].iloc[0]
    assert dataset.loop_count.ravel()[dataset.gene == name] == best


def test_unknown_gene_is_an_error_with_similar_names(files):
    with pytest.raises(InputError, match=r"similar: G"):
        make(
            files, "2C", "--dataset", files / "Alpha.h5", "--genes", files / "genes.tsv",
            "--gene", "G0X",
        )  # fmt: skip


def test_performance_tables_carry_the_tests(files):
    methods = ("full", "lasso", "full-100kb", "hichip")
    own = synthetic.metrics("PCC", methods, ("Alpha",), (4,))[list(METRICS)]
    write_table(own, files / "metrics.tsv")
    key = {"cell_line": "Alpha", "trained_on": "Alpha", "task": "regression", "scheme": "random"}
    tests = pd.DataFrame(
        [
            key | {"K": 4, "metric": "PCC", "quantity": "score", "method": "full",
                   "other": "lasso", "p_adjusted": 0.01},
            key | {"K": 4, "metric": "PCC", "quantity": "variance", "method": "full",
                   "other": "hichip", "p_adjusted": 0.01},
        ]
    )  # fmt: skip
    write_table(tests, files / "tests.tsv")
    found = make(files, "4", "--metrics", files / "metrics.tsv", "--tests", files / "tests.tsv")
    assert set(found["method"]) == {"full", "lasso", "hichip"}
    assert found.groupby("method")["p_full"].first().dropna().to_dict() == {"lasso": 0.01}
    distances = make(files, "7", "--metrics", files / "metrics.tsv")
    assert sorted(distances["distance_kb"].unique()) == [100, 1000]
    ablation = make(files, "6", "--metrics", files / "metrics.tsv")
    assert set(ablation["method"]) == {"full", "hichip", "lasso"}  # and the best baseline
    assert len(make(files, "3", "--metrics", files / "metrics.tsv")) == 0


def test_cross_table_holds_foreign_models_only(files):
    both = pd.concat([synthetic.cross(), synthetic.metrics("PCC", ("full",))])
    write_table(both[list(METRICS)], files / "cross.tsv")
    found = make(files, "5", "--cross", files / "cross.tsv")
    assert (found["cell_line"] != found["trained_on"]).all()


def test_motif_table_aligns_the_target(files):
    rng = np.random.default_rng(1)
    target = rng.dirichlet([0.2] * 4, 10)
    # Query column 0 lies on column 2 of the target's reverse complement.
    query = Motif("filter_1", "", target[::-1, ::-1][2:8], 50)
    lonely = Motif("filter_2", "", rng.dirichlet([0.5] * 4, 6), 9)
    write_meme([query, lonely], files / "filters.meme")
    write_meme([Motif("MA1", "CTCF", target, 20)], files / "known.meme")
    hits = pd.DataFrame(
        [
            ("filter_1", "MA1", "CTCF", 2, "-", 6, 1e-9, 1e-7, 1e-7),
            ("filter_2", "MA1", "CTCF", 0, "+", 6, 0.9, 9.0, 0.9),
        ],
        columns=list(TOMTOM),
    )
    write_table(hits, files / "tomtom.tsv")
    found = make(
        files, "8", "--filters", files / "filters.meme", "--tomtom", files / "tomtom.tsv",
        "--jaspar", files / "known.meme",
    )  # fmt: skip
    one = found[found["query"] == "filter_1"].set_index(["role", "position"])[list("ACGT")]
    np.testing.assert_allclose(one.loc["query"], one.loc["target"].loc[0:5], atol=1e-6)
    assert one.loc["target"].index.min() == -2
    assert found[found["query"] == "filter_2"]["role"].unique().tolist() == ["query"]
    with pytest.raises(InputError, match="not in the motif collection"):
        make(
            files, "9", "--filters", files / "filters.meme", "--tomtom", files / "tomtom.tsv",
            "--jaspar", files / "filters.meme",
        )  # fmt: skip
    with pytest.raises(InputError, match="not those of the motifs"):
        make(files, "8", "--filters", files / "known.meme", "--tomtom", files / "tomtom.tsv")


def test_species_are_shown_by_whether_a_gene_has_an_orthologue(files):
    scores = synthetic.cross_species()
    one, apart = (scores[scores["group"] == g] for g in ("one orthologue", "no orthologue"))
    for name, part in (("one", one), ("apart", apart), ("none", apart.iloc[:0])):
        write_table(part[list(METRICS)], files / f"{name}.tsv")
    for name, groups in (("apart", 2), ("none", 1)):
        found = make(files, "cross_species", "--species", files / "one.tsv", "--species-apart",
                     files / f"{name}.tsv")  # fmt: skip
        assert found["group"].nunique() == groups
        assert (found["group"] == "one orthologue").sum() == len(one)
    empty = make(files, "cross_species", "--species", files / "none.tsv")
    assert empty.empty
    text = make(files, "summary", "--dataset", files / "Alpha.h5", "--species", files / "one.tsv")
    told = text.set_index("item")["value"]["mESC, across species"]
    assert "Pearson r (random 5-fold): DeepExpression 0.7" in told
    assert "PCC beyond copy" in told


def test_summary_warns_of_lost_folds_and_no_loops(files):
    scores = synthetic.metrics("PCC", ("full", "lasso"), ("Alpha",), (2,))[list(METRICS)]
    scores["reason"] = scores["reason"].astype(object)
    scores.loc[0, ["value", "reason"]] = [np.nan, "training diverged"]
    write_table(scores, files / "metrics.tsv")
    empty = read_table(files / "signal.tsv").iloc[:0]
    write_table(empty, files / "none.tsv")
    found = make(
        files, "summary", "--dataset", files / "Alpha.h5", files / "Beta.h5", "--metrics",
        files / "metrics.tsv", f"--signal=Alpha={files / 'none.tsv'}", "--warning", "Take care.",
    )  # fmt: skip
    warnings = " ".join(found.loc[found["section"] == "warning", "value"])
    assert "training diverged" in warnings
    assert "HiChIP" not in warnings
    assert "HiChIP of Alpha: no contact was called a loop" in " ".join(
        found.loc[found["section"] == "left out", "value"]
    )
    assert "Take care." in warnings
    assert "sequence-only" in " ".join(found.loc[found["section"] == "data", "value"])
    run(figure, "summary", "--table", files / "summary.tsv", "--output", files / "summary.html")
    assert "Take care." in (files / "summary.html").read_text()


def test_paper_beside_ours(files):
    make_dataset(files / "mESC.h5", "mESC")
    write_table(synthetic.metrics("PCC", ("full",))[list(METRICS)], files / "metrics.tsv")
    found = make(
        files, "paper", "--metrics", files / "metrics.tsv", "--dataset", files / "mESC.h5"
    )  # fmt: skip
    assert found["ours"].notna().sum() == 2
    assert found["status"].isin(["run", "not run"]).all()


def test_qc_says_what_is_out_of_the_ordinary(files):
    counts = {
        "read_pairs": 1000, "trimmed_fraction": 0.3, "unique_fraction": 0.8,
        "cis_below_1kb": 500, "cis_1kb_to_20kb": 300, "cis_above_20kb": 50, "trans": 50,
        "trans_fraction": 50 / 900, "cis_above_20kb_fraction": 50 / 900,
    }  # fmt: skip
    rows = [("poor", name, value) for name, value in counts.items()]
    counts["cis_above_20kb_fraction"] = 0.5
    rows += [("fine", name, value) for name, value in counts.items()]
    table = pd.DataFrame(rows, columns=["sample", "metric", "value"])
    write_table(judge(table), files / "qc.tsv")
    found = make(files, "qc", f"--qc=Alpha={files / 'qc.tsv'}", f"--qc=Beta={files / 'qc.tsv'}")
    verdicts = found[found["metric"] == "verdict"].set_index("sample")["value"]
    assert verdicts["fine"].startswith("good")
    assert "few pairs are cis above 20 kb" in verdicts["poor"]
    assert "cis_above_20kb_fraction 0.0556" in verdicts["poor"]
    assert len(found) == len(rows) + 2


def test_pairs_in_the_blacklist_are_told_where_there_is_one():
    table = synthetic.qc(("with", "without"))
    more = table.iloc[:1].assign(sample="with", metric="blacklisted", value="1234")
    texts = [t.get_text() for t in draw_qc(pd.concat([table, more])).findobj(Text)]
    assert "n = 1,000,000 pairs, 42.0% valid, 1,234 in the blacklist" in texts
    assert "n = 1,000,000 pairs, 42.0% valid" in texts


def test_missing_option_is_named(files):
    with pytest.raises(InputError, match="needs --genes"):
        make(files, "2C", "--dataset", files / "Alpha.h5")


def test_name_and_path_are_checked(files):
    with pytest.raises(UsageError, match="is not NAME=PATH"):
        make(files, "qc", "--qc", files / "qc.tsv")
