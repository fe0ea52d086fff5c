"""Tables of orthologues: plain or of BioMart, matched with the genes of two assemblies."""

import pytest

from deepexpr.cli import main
from deepexpr.errors import InputError
from deepexpr.evaluation.orthologues import match_orthologues
from deepexpr.files import read_table
from deepexpr.schemas import GENES, ORTHOLOGUES

HUMAN, MOUSE = ["TP53", "GATA1", "MYC", "HBA1", "HBA2"], ["Trp53", "Gata1", "Myc", "Hba-a1"]
BIOMART = """Gene stable ID\tGene name\tMouse gene stable ID\tMouse gene name\tMouse homology type
ENSG1\tTP53\tENSMUSG1\tTrp53\tortholog_one2one
ENSG1\tTP53\tENSMUSG1\tTrp53\tortholog_one2one
ENSG2\tGATA1\tENSMUSG2\tGata1\tortholog_one2one
ENSG3\tMYC\t\t\t
ENSG4\tHBA1\tENSMUSG4\tHba-a1\tortholog_many2many
ENSG5\tHBA2\tENSMUSG4\tHba-a1\tortholog_many2many
ENSG6\tCYCS\tENSMUSG6\tCycs\tortholog_one2one
"""


def match(folder, text, assemblies=("hg38", "mm10"), genes=(HUMAN, MOUSE)):
    path = folder / "orthologues.tsv"
    path.write_text(text)
    return match_orthologues(path, assemblies, genes)


def pairs(table):
    return list(table[["gene1", "gene2", "relation"]].itertuples(index=False, name=None))


def test_biomart_is_known_by_its_header(tmp_path, caplog):
    caplog.set_level("INFO")
    expected = [
        ("GATA1", "Gata1", "one-to-one"),
        ("HBA1", "Hba-a1", "several"),
        ("HBA2", "Hba-a1", "several"),
        ("TP53", "Trp53", "one-to-one"),
    ]
    found = match(tmp_path, BIOMART)
    assert tuple(found.columns) == ORTHOLOGUES
    assert set(found["assembly1"]) == {"hg38"}
    assert pairs(found) == expected
    assert "5 pairs of orthologues, of 4 of which both genes are known: 2 one to one" in caplog.text
    # As CSV, and where the annotation's genes have no names but stable ids.
    assert pairs(match(tmp_path, BIOMART.replace("\t", ","))) == expected
    # As its R package names columns, and R writes them.
    head = ["ensembl_gene_id", "external_gene_name", "mmusculus_homolog_ensembl_gene",
            "mmusculus_homolog_associated_gene_name", "homology_type"]  # fmt: skip
    quoted = "\t".join(f'"{name}"' for name in head) + "\n" + BIOMART.partition("\n")[2]
    assert pairs(match(tmp_path, quoted)) == expected
    by_id = match(tmp_path, BIOMART, genes=(["ENSG1", "ENSG2"], ["ENSMUSG1", "ENSMUSG2"]))
    assert pairs(by_id) == [
        ("ENSG1", "ENSMUSG1", "one-to-one"),
        ("ENSG2", "ENSMUSG2", "one-to-one"),
    ]


@pytest.mark.parametrize("header", ["", "human\tmouse\n", "# made by hand\n", "\n"])
def test_two_columns_with_or_without_a_header(tmp_path, header):
    found = match(tmp_path, header + "TP53\tTrp53\nMYC\tMyc\tmore words\n\nXIST\tXist\n")
    assert pairs(found) == [("MYC", "Myc", "one-to-one"), ("TP53", "Trp53", "one-to-one")]


def test_a_gene_in_several_pairs_counts_unknown_partners(tmp_path):
    """TP53 has a second orthologue, though the mouse's genes lack it."""
    found = match(tmp_path, "TP53\tTrp53\nTP53\tTrp53-ps\nMYC\tMyc\n")
    several = [("TP53", "Trp53", "several"), ("TP53", "Trp53-ps", "several")]
    assert pairs(found) == [("MYC", "Myc", "one-to-one"), *several]


@pytest.mark.parametrize(
    ("text", "problem", "fix"),
    [
        ("Trp53\tTP53\nMyc\tMYC\n", "names a gene of both", "Exchange the assemblies: mm10 first"),
        ("ENSG1\tENSMUSG1\n", "names a gene of both", "the annotations use"),
        (BIOMART.replace("\tGene name", "\tOther").replace("\tMouse gene name", "\tMore"),
         "names a gene of both", 'columns "Gene name" of both'),
        (BIOMART.replace("Mouse gene", "Mouse"), "no genes of another species", "Homologues"),
        ("TP53\n", "does not hold the genes of both", None),
        ("TP53\tTrp53\nMYC\n", "does not hold the genes of both", None),
        ("Gene stable ID\tGene name\tMouse gene name\n", "holds no orthologues", None),
        ("TP53\tTrp53\nHBA1\tMyc,Hba-a1\n", "holds several genes", "on a line of its own"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(tmp_path, text, problem, fix):
    with pytest.raises(InputError, match=problem) as told:
        match(tmp_path, text)
    assert fix is None or fix in told.value.fix


def test_few_matches_are_warned_of(tmp_path, caplog):
    match(tmp_path, "TP53\tTrp53\n")
    warned = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert warned[0].startswith("Only 1 of the 5 genes of hg38 have one orthologue")
    assert len(warned) == 1  # one in four of the mouse's are not few


def test_the_verb_takes_two_assemblies(tmp_path, capsys):
    (tmp_path / "table.tsv").write_text("TP53\tTrp53\n")
    for name, gene in (("a", "TP53"), ("b", "Trp53")):
        row = [gene, "chr1", "5", "+", "t", "protein_coding"]
        (tmp_path / name).write_text("\t".join(GENES) + "\n" + "\t".join(row) + "\n")
    words = ["orthologues", "--table", f"{tmp_path}/table.tsv", "--output", f"{tmp_path}/out.tsv"]
    genes = ["--genes", f"{tmp_path}/a", f"{tmp_path}/b"]
    assert main([*words, *genes, "--assembly", "hg38", "hg38"]) == 2
    assert main([*words, *genes[:2], "--assembly", "hg38", "mm10"]) == 2
    assert main([*words, *genes, "--assembly", "hg38", "mm10"]) == 0
    assert pairs(read_table(tmp_path / "out.tsv")) == [("TP53", "Trp53", "one-to-one")]


def test_a_pair_with_one_known_gene_stays_as_it_makes_family(tmp_path):
    found = match(tmp_path, "TP53\tTrp53\nMYC\tunknown\nGATA1\tunknown\nXIST\tXist\n")
    assert pairs(found) == [
        ("GATA1", "unknown", "several"),
        ("MYC", "unknown", "several"),
        ("TP53", "Trp53", "one-to-one"),
    ]
