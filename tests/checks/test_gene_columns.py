"""Tables of genes whose first column holds other names than the annotation's symbols."""

import pandas as pd
import pytest

from deepexpr.checks.gene_columns import best_fit, require_known_genes
from deepexpr.errors import InputError

NUMBER = 40
GENES = [f"GENE{i}" for i in range(NUMBER)]
GTF = "".join(
    f'chr1\tx\tgene\t1\t9\t.\t+\t.\tgene_id "ENSG{i:05}.7"; gene_name "GENE{i}"; level 2;\n'
    f'chr1\tx\texon\t1\t9\t.\t+\t.\tgene_id "ENSG{i:05}.7"; gene_name "GENE{i}";\n'
    for i in range(NUMBER)
)
GFF3 = "".join(
    f"1\tx\tgene\t1\t9\t.\t+\t.\tID=gene:ENSG{i:05};Name=GENE{i};biotype=protein_coding\n"
    for i in range(NUMBER)
)


def require(tmp_path, rows, annotation=GTF, genes=GENES):
    """The table's values by its first column, held against the genes."""
    path, table = tmp_path / "a.gtf", tmp_path / "t.tsv"
    path.write_text(annotation)
    table.write_text("".join("\t".join(row) + "\n" for row in rows))
    values = pd.Series(1.0, [row[0] for row in rows[1:]])
    require_known_genes(values, str(table), genes, str(path))


def rows_of(*columns, head):
    return [head, *zip(*columns, strict=True)]


COUNTS = ["5"] * NUMBER
IDS = [f"ENSG{i:05}" for i in range(NUMBER)]
#: Three genes that have one name of both kinds, as the few whose symbol is an identifier.
THREE = [*GENES[:3], *IDS[3:]]


@pytest.mark.parametrize(("first", "annotation", "problem", "fits"), [
    (THREE, GTF, "Only 3 of the 40 genes", r"37 names of the column gene are the attribute "
     r"gene_id of .*a.gtf, versions \(.N\) left out"),
    (IDS, GTF, "No gene of the gene table", "40 names of the column gene are the attribute"),
    (IDS, GFF3, "No gene of the gene table", "40 names of the column gene are the attribute ID"),
    ([f"{gene}.2" for gene in GENES], GTF, "No gene", "are the symbols, versions"),
])  # fmt: skip
def test_what_the_names_are_is_told(tmp_path, first, annotation, problem, fits):
    with pytest.raises(InputError, match=problem) as told:
        require(tmp_path, rows_of(first, COUNTS, head=("gene", "TPM")), annotation)
    assert pd.Series([told.value.found]).str.contains(fits).all(), told.value.found


def test_another_column_of_the_table_is_named(tmp_path):
    rows = rows_of(IDS, GENES, COUNTS, head=("gene_id", "gene_name", "TPM"))
    with pytest.raises(InputError) as told:
        require(tmp_path, rows)
    assert "the column gene_name holds 40 symbols" in told.value.found
    assert told.value.fix == "Make gene_name the first column of the table."


def test_symbols_of_the_table_are_preferred_where_some_are_old(tmp_path):
    old = [*(f"OLD{i}" for i in range(5)), *GENES[5:]]
    with pytest.raises(InputError) as told:
        require(tmp_path, rows_of(IDS, old, COUNTS, head=("gene_id", "gene_name", "TPM")))
    assert "the column gene_name holds 35 symbols" in told.value.found


@pytest.mark.parametrize(("known", "warned"), [(NUMBER, 0), (15, 1), (25, 0)])
def test_a_table_that_knows_some_genes_is_warned_of(tmp_path, caplog, known, warned):
    first = [*GENES[:known], *IDS[known:]]
    rows = rows_of(first, GENES, COUNTS, head=("gene", "symbol", "TPM"))
    require(tmp_path, rows)
    told = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert len(told) == warned
    assert not warned or "15 of the 40 genes are in it; the column symbol holds 40" in told[0]


def test_a_table_of_a_few_genes_or_of_many_more_is_no_problem(tmp_path):
    require(tmp_path, rows_of(GENES[:4], COUNTS[:4], head=("gene", "TPM")))
    more = [f"OTHER{i}" for i in range(400)]
    require(tmp_path, [("gene", "TPM"), *((name, "1") for name in [*GENES, *more])])


def test_names_of_another_species_fit_nothing(tmp_path):
    with pytest.raises(InputError, match="No gene of the gene table") as told:
        require(tmp_path, [("gene", "TPM"), ("YAL001C", "3"), ("YAL002W", "4")])
    assert "one species and one kind of symbol" in told.value.fix
    assert told.value.found == "YAL001C, YAL002W"


def test_an_annotation_without_attributes_tells_of_the_table_alone(tmp_path):
    path = tmp_path / "refGene.txt"
    path.write_text("0\tNM_1\tchr1\t+\t1\t9\n")
    fit = best_fit({"id": IDS, "name": GENES}, set(GENES), str(path))
    assert (fit.column, fit.attribute, fit.genes) == (1, "", NUMBER)
