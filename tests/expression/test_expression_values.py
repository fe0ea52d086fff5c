"""Counts by gene, logarithm, quantiles and labels, by hand."""

import logging

import numpy as np
import pandas as pd
import pytest

from deepexpr.cli import main
from deepexpr.errors import InputError
from deepexpr.expression.abundance import read_abundance
from deepexpr.expression.gene_counts import count_table, sum_by_gene, warn_of_loci
from deepexpr.expression.gene_tables import read_gene_counts
from deepexpr.expression.normalise import binary_labels, expression_table, quantile_normalise
from deepexpr.expression.tables import expression_of, read_expression
from deepexpr.files import read_table, write_table
from deepexpr.schemas import GENES, TRANSCRIPTS

HEADER = "target_id\tlength\teff_length\test_counts\ttpm\n"
MAP = pd.DataFrame({"transcript": ["A.1", "A.2", "B.1", "C.1"], "gene": ["GA", "GA", "GB", "GC"]})


def abundance(path, counts, tpm="1"):
    path.parent.mkdir(exist_ok=True)
    path.write_text(HEADER + "".join(f"{t}\t9\t5\t{n}\t{tpm}\n" for t, n in counts.items()))
    return path


def genes(*names):
    table = pd.DataFrame({"gene": names, "chromosome": "chr1", "tss": range(len(names))})
    return table.assign(strand="+", transcript="t", biotype="protein_coding")[list(GENES)]


def test_abundance_is_read_from_file_or_folder(tmp_path):
    path = abundance(tmp_path / "s1" / "abundance.tsv", {"A.1": 1.5, "B.1": 0}, tpm="-nan")
    for place in (path, path.parent):
        assert read_abundance(place).to_dict() == {"A.1": 1.5, "B.1": 0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER + "A\t9\t5\t0\t-nan\n", "No read was counted"),
        (HEADER + "A\t9\t5\t1\t0\nA\t9\t5\t1\t0\n", "The target A stands more than once"),
        (HEADER + "A\t9\t5\t-1\t0\n", r"1 value\(s\) of est_counts are no counts"),
        (HEADER + "A\t9\t5\tnan\t0\n", r"1 value\(s\) of est_counts are no counts"),
        ("target_id\tlength\nA\t9\n", r"lacks the column\(s\) eff_length"),
    ],
)
def test_broken_abundance_is_named(tmp_path, text, message):
    path = tmp_path / "abundance.tsv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_abundance(path)


def test_gene_counts_with_and_without_header(tmp_path, caplog):
    path = tmp_path / "counts.txt"
    for header in ("", "symbol\tcount\n"):
        path.write_text(header + "A\t1\nB\t2.5\nB\t2.5\nC\t1\nC\t2\n")
        with caplog.at_level(logging.WARNING):
            assert read_gene_counts(path).to_dict() == {"A": 1, "B": 2.5, "C": 3}
    assert "1 rows repeat a symbol and its count and were dropped, 1 repeat" in caplog.text
    for text, message in (("A\t1\t2\n", "two columns"), ("A\t1\nB\tx\n", "are no counts")):
        path.write_text(text)
        with pytest.raises(InputError, match=message):
            read_gene_counts(path)


def test_transcripts_sum_to_genes_and_the_rest_is_counted(caplog):
    counts = pd.Series({"A.1": 1.0, "A.7": 0.0, "A.2|G|x": 2.0, "B": 4.0, "Z.1": 3.0}, name="s")
    counts = counts.drop("A.7")
    with caplog.at_level(logging.INFO):
        assert sum_by_gene(counts, MAP).to_dict() == {"GA": 3, "GB": 4}
    assert "s: 3 of 4 targets matched; the rest hold 30.00 % of 10 counts" in caplog.text
    with pytest.raises(InputError, match="No target of kallisto"):
        sum_by_gene(pd.Series({"Z": 1.0}, name="s"), MAP)


@pytest.mark.parametrize(("lost", "level"), [(1.0, logging.INFO), (900.0, logging.WARNING)])
def test_lost_counts_are_warned_of(caplog, lost, level):
    counts = pd.Series({"A.1": 100.0, "B": 50.0, "Q": lost}, name="s")
    with caplog.at_level(logging.INFO):
        assert sum_by_gene(counts, MAP).to_dict() == {"GA": 100, "GB": 50}
    assert [r.levelno for r in caplog.records] == [level]


def test_counts_that_are_nearly_all_lost_are_refused():
    counts = pd.Series({"A.1": 1.0, "Q": 999.0}, name="s")
    with pytest.raises(InputError, match=r"99\.9% of the counts are on targets of no known gene"):
        sum_by_gene(counts, MAP)


def test_genes_that_cannot_be_counted_are_left_out(caplog):
    samples = {"a": pd.Series({"GA": 1.0, "GB": 2.0}), "b": pd.Series({"GA": 3.0, "GZ": 1.0})}
    with caplog.at_level(logging.WARNING):
        table = count_table(samples, genes("GB", "GA"))
    assert table.to_dict("list") == {"gene": ["GA"], "a": [1.0], "b": [3.0]}
    assert "1 of 2 genes were counted in all 2 samples" in caplog.text
    with pytest.raises(InputError, match="No gene of the gene table"):
        count_table(samples, genes("X"))


def test_quantiles_by_hand_with_tied_ranks():
    values = np.array([[5.0, 4.0], [2.0, 1.0], [3.0, 4.0], [4.0, 2.0]])
    # Sorted columns 2 3 4 5 and 1 2 4 4: means 1.5 2.5 4 4.5; the tie has rank 3.5 -> 4.25.
    expected = np.array([[4.5, 4.25], [1.5, 1.5], [2.5, 4.25], [4.0, 2.5]])
    np.testing.assert_allclose(quantile_normalise(values), expected)


def test_quantiles_of_untied_columns_share_one_distribution():
    values = np.random.default_rng(0).normal(size=(100, 3)) * [1, 2, 5]
    result = np.sort(quantile_normalise(values), axis=0)
    np.testing.assert_allclose(result, result[:, [0, 0, 0]])
    np.testing.assert_allclose(quantile_normalise(values[:, :1]), values[:, :1])


def test_replicates_are_averaged_before_the_logarithm():
    counts = pd.DataFrame({"gene": ["A", "B"], "x1": [0.0, 9.0], "x2": [0.0, 10.8], "y1": [0.9, 0]})
    table = expression_table(counts, {"X": ["x1", "x2"], "Y": ["y1"]}, normalisation="none")
    assert table["gene"].tolist() == ["A", "B"]
    np.testing.assert_allclose(table["X"], [-1, 1])
    np.testing.assert_allclose(table["Y"], [0, -1])
    quantiles = expression_table(counts, {"X": ["x1", "x2"], "Y": ["y1"]})
    np.testing.assert_allclose(quantiles["X"], [-1, 0.5])
    np.testing.assert_allclose(quantiles["Y"], [0.5, -1])


def test_labels_are_by_the_median_of_protein_coding_genes():
    values = pd.Series([1.0, 2.0, 3.0, 100.0, 200.0])
    kinds = pd.Series(["protein_coding"] * 3 + ["lncRNA"] * 2)
    assert binary_labels(values, kinds).tolist() == [-1, 1, 1, 1, 1]
    assert binary_labels(values, kinds.replace("protein_coding", "x")).tolist() == [-1, -1, 1, 1, 1]


def test_expression_tables_are_checked(tmp_path):
    path = tmp_path / "expression.tsv"
    path.write_text("gene\tX\nNA\t1\nB\t-1\n")
    table = read_expression(path)
    assert expression_of(table, "X", str(path)).to_dict() == {"NA": 1, "B": -1}
    with pytest.raises(InputError, match="no column Y"):
        expression_of(table, "Y", str(path))
    for text, message in (
        ("gene\tX\nA\tNA\n", r"1 value\(s\) are no numbers"),
        ("gene\tX\nA\t1\nA\t1\n", "The gene A stands more than once"),
        ("gene\tX\n", "holds no values"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=message):
            read_expression(path)


@pytest.fixture
def inputs(tmp_path):
    table = MAP.assign(chromosome="chr1", strand="+", start=0, end=9, biotype="protein_coding")
    write_table(table[list(TRANSCRIPTS)], tmp_path / "t.tsv")
    write_table(genes("GA", "GB", "GC", "GD"), tmp_path / "g.tsv")
    for sample, (a, b, c) in {"x1": (1, 2, 3), "x2": (3, 2, 1), "y1": (9, 0, 5)}.items():
        counts = {"A.1": a, "A.2": a, "B.1": b, "C.1": c}
        abundance(tmp_path / sample / "abundance.tsv", counts)
    return tmp_path


def call(folder, *more):
    options = [
        "--genes",
        folder / "g.tsv",
        "--counts",
        folder / "c.tsv",
        "--output",
        folder / "e.tsv",
    ]
    return main(["expression", *map(str, options), *map(str, more)])


def test_verb_from_kallisto(inputs, capsys):
    samples = [f"X:x1:{inputs}/x1", f"X:x2:{inputs}/x2/abundance.tsv", f"Y:y1:{inputs}/y1"]
    options = [part for sample in samples for part in ("--abundance", sample)]
    asked = [*options, "--minimum-pseudoaligned", "0.3"]
    assert call(inputs, "--transcripts", inputs / "t.tsv", *asked) == 1, "no run_info.json"
    assert call(inputs, "--transcripts", inputs / "t.tsv", *options) == 0
    assert "how many reads pseudoaligned is not known" in capsys.readouterr().err
    counts = read_table(inputs / "c.tsv")
    assert counts.columns.tolist() == ["gene", "x1", "x2", "y1"]
    assert counts.set_index("gene").loc["GA"].tolist() == [2, 6, 18]
    assert counts["gene"].tolist() == ["GA", "GB", "GC"]
    expression = read_expression(inputs / "e.tsv")
    assert expression.columns.tolist() == ["X", "Y"]
    assert expression["X"].idxmax() == expression["Y"].idxmax() == "GA"


def test_verb_from_tables_of_genes(inputs):
    (inputs / "a.txt").write_text("GA\t1\nGB\t5\n")
    assert call(inputs, "--gene-counts", f"X:x:{inputs}/a.txt", "--normalisation", "none") == 0
    expression = read_expression(inputs / "e.tsv")
    np.testing.assert_allclose(expression["X"], np.log10([1.1, 5.1]))


def test_verb_explains_wrong_use(inputs, capsys):
    item = f"X:x1:{inputs}/x1"
    for options, message in (
        ([], "No sample is given"),
        (["--abundance", item], "--abundance needs --transcripts"),
        (["--abundance", "x1", "--transcripts", "t"], "'x1' names no sample"),
        (["--gene-counts", item, "--gene-counts", item], "The sample x1 is given twice"),
    ):
        assert call(inputs, *options) == 2
        assert message in capsys.readouterr().err


@pytest.mark.parametrize(("second", "warned"), [("chr2", True), ("chr1", False)])
def test_symbols_at_several_places_are_warned_of(caplog, second, warned):
    places = pd.DataFrame(
        {"transcript": ["A", "B"], "gene": "G", "chromosome": ["chr1", second], "strand": "+"}
    )
    with caplog.at_level(logging.WARNING):
        warn_of_loci(places)
    assert sum_by_gene(pd.Series({"A": 1.0, "B": 2.0}), places).to_dict() == {"G": 3}
    assert ("1 symbol(s) stand at several places" in caplog.text) == warned
