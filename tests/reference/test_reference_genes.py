"""One TSS per gene, by the rule asked for."""

import logging

import pandas as pd
import pytest

from deepexpr.errors import InputError
from deepexpr.files import write_table
from deepexpr.reference.genes import read_genes, select_genes
from deepexpr.schemas import GENES


def transcripts(*rows):
    """Rows of (transcript, gene, chromosome, strand, start, end[, biotype, of gene, canonical])."""
    columns = ["transcript", "gene", "chromosome", "strand", "start", "end"]
    columns += ["biotype", "gene_biotype", "canonical"]
    filled = [(*row, "protein_coding", "protein_coding", 0)[: len(columns)] for row in rows]
    filled = [row if len(row) == len(columns) else (*row, 0) for row in filled]
    return pd.DataFrame(filled, columns=columns)


def chosen(table, rule="most_upstream", **options):
    genes = select_genes(table, rule, **options)
    return dict(
        zip(genes["gene"], zip(genes["transcript"], genes["tss"], strict=True), strict=True)
    )


def full(name, gene, strand, start, end, canonical):
    kind = "protein_coding"
    return (name, gene, "chr1", strand, start, end, kind, kind, canonical)


PLUS = (
    full("a", "G", "+", 100, 200, 0),
    full("b", "G", "+", 90, 150, 0),
    full("c", "G", "+", 110, 300, 2),
)
MINUS = (
    full("a", "G", "-", 100, 200, 0),
    full("b", "G", "-", 150, 210, 3),
    full("c", "G", "-", 50, 205, 1),
)


@pytest.mark.parametrize(
    ("rows", "rule", "expected"),
    [
        (PLUS, "most_upstream", ("b", 90)),
        (PLUS, "longest", ("c", 110)),
        (PLUS, "canonical", ("c", 110)),
        (MINUS, "most_upstream", ("b", 209)),
        (MINUS, "longest", ("c", 204)),
        (MINUS, "canonical", ("c", 204)),
    ],
)
def test_rules_on_both_strands(rows, rule, expected):
    assert chosen(transcripts(*rows), rule) == {"G": expected}


def test_a_gene_without_a_tag_takes_the_most_upstream():
    table = transcripts(*PLUS, full("d", "H", "+", 10, 20, 0), full("e", "H", "+", 5, 15, 0))
    assert chosen(table, "canonical")["H"] == ("e", 5)


def test_no_tag_at_all_is_an_error():
    with pytest.raises(InputError, match="tags no transcript as canonical"):
        select_genes(transcripts(*PLUS[:2]), "canonical")


def test_only_transcripts_of_the_biotype_compete():
    table = transcripts(
        ("a", "G", "chr1", "+", 10, 90, "retained_intron", "protein_coding", 0),
        ("b", "G", "chr1", "+", 20, 90, "protein_coding", "protein_coding", 0),
        ("c", "H", "chr1", "+", 30, 90, "retained_intron", "protein_coding", 0),
        ("d", "I", "chr1", "+", 40, 90, "lncRNA", "lncRNA", 0),
    )
    assert chosen(table) == {"G": ("b", 20), "H": ("c", 30)}
    assert set(chosen(table, biotypes=["lncRNA"])) == {"I"}
    assert chosen(table, biotypes=["any"])["G"] == ("a", 10)
    with pytest.raises(InputError, match="No gene has the biotype snRNA"):
        select_genes(table, biotypes=["snRNA"])


def test_symbols_at_several_loci_are_made_unique(caplog):
    table = transcripts(
        ("a", "G", "chr2", "+", 10, 20),
        ("b", "G", "chr1", "+", 10, 20),
        ("c", "G", "chr1", "+", 15, 30),
        ("d", "P", "chrY", "+", 5, 9),
        ("e", "P", "chrX", "+", 7, 9),
        ("f", "S", "chr1", "-", 100, 120),
        ("g", "S", "chr1", "+", 100, 120),
    )
    with caplog.at_level(logging.INFO):
        found = chosen(table)
    assert found == {"G": ("b", 10), "P": ("e", 7), "S": ("g", 100)}
    assert "3 symbols stand at several loci" in caplog.text


def test_result_does_not_depend_on_the_order_of_rows():
    table = transcripts(*PLUS, full("x", "A", "-", 5, 90, 0), full("w", "A", "-", 5, 90, 0))
    expected = select_genes(table)
    for seed in range(3):
        pd.testing.assert_frame_equal(
            select_genes(table.sample(frac=1, random_state=seed)), expected
        )
    assert expected[["gene", "transcript", "tss"]].to_numpy().tolist() == [
        ["A", "w", 89],
        ["G", "b", 90],
    ]
    assert list(expected.columns) == list(GENES)


def test_gene_tables_are_checked_when_read(tmp_path):
    genes = select_genes(transcripts(*PLUS, full("x", "NA", "-", 5, 90, 0)))
    path = tmp_path / "genes.tsv"
    write_table(genes, path)
    pd.testing.assert_frame_equal(read_genes(path), genes, check_dtype=False)
    for change, message in (
        ({"gene": "G"}, "1 gene name\\(s\\) repeat: G"),
        ({"strand": "."}, "Unknown strand '.'"),
        ({"tss": -1}, "something else than positions"),
    ):
        write_table(genes.assign(**change), path)
        with pytest.raises(InputError, match=message):
            read_genes(path)
    write_table(genes.head(0), path)
    with pytest.raises(InputError, match="has no rows"):
        read_genes(path)
