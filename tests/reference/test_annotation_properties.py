"""Annotations of any kind: one of the genes that are there, or one error that a user can mend."""

import pytest
from annotations import gtf_line
from hypothesis import given, settings
from hypothesis import strategies as st

from deepexpr.errors import InputError
from deepexpr.reference.annotation import read_annotation
from deepexpr.reference.genes import select_genes

SIZES = {"chr1": 1_000_000, "2": 1_000_000, "HG#1#X": 1_000_000}
symbols = st.text("ABC-._19nNa", min_size=1, max_size=5).filter(lambda s: s.strip("-._"))


@st.composite
def genes_of_a_genome(draw):
    """{symbol: (chromosome, strand, exons)}: each gene one transcript, apart from the others."""
    names = draw(st.lists(symbols, min_size=1, max_size=6, unique=True))
    at, made = dict.fromkeys(SIZES, 10), {}
    for name in names:
        chromosome, exons = draw(st.sampled_from(sorted(SIZES))), []
        for _ in range(draw(st.integers(1, 3))):
            start = at[chromosome] + draw(st.integers(1, 500))
            at[chromosome] = start + draw(st.integers(1, 500))
            exons.append((start, at[chromosome]))
        at[chromosome] += 10
        made[name] = (chromosome, draw(st.sampled_from("+-")), exons)
    return made


def as_gtf(made):
    lines = []
    for number, (symbol, (chromosome, strand, exons)) in enumerate(made.items()):
        about = {"gene_id": f"G{number}", "transcript_id": f"T{number}", "gene_name": symbol}
        lines.append(gtf_line(chromosome, "transcript", exons[0][0] + 1, exons[-1][1], strand,
                              **about))  # fmt: skip
        lines += [gtf_line(chromosome, "exon", a + 1, b, strand, **about) for a, b in exons]
    return lines


def as_gff3(made):
    lines = ["##gff-version 3\n"]
    for number, (symbol, (chromosome, strand, exons)) in enumerate(made.items()):
        span = (exons[0][0], exons[-1][1])
        parts = [("gene", *span, f"ID=G{number};Name={symbol}"),
                 ("mRNA", *span, f"ID=T{number};Parent=G{number}")]  # fmt: skip
        parts += [("exon", a, b, f"Parent=T{number}") for a, b in exons]
        lines += [f"{chromosome}\tx\t{what}\t{a + 1}\t{b}\t.\t{strand}\t.\t{text}\n"
                  for what, a, b, text in parts]  # fmt: skip
    return lines


def as_table(made, form):
    lines = []
    for number, (symbol, (chromosome, strand, exons)) in enumerate(made.items()):
        start, end = exons[0][0], exons[-1][1]
        bounds = ["".join(f"{exon[i]}," for exon in exons) for i in (0, 1)]
        core = [f"T{number}", chromosome, strand, start, end, start, end, len(exons), *bounds]
        fields = {
            "refGene": [585, *core, 0, symbol, "cmpl", "cmpl", "0," * len(exons)],
            "refFlat": [symbol, *core],
            "minimal": [f"T{number}", chromosome, strand, start, end, symbol],
        }[form]
        lines.append("\t".join(map(str, fields)) + "\n")
    return lines


FORMS = {
    "GTF": as_gtf, "GFF3": as_gff3, "refGene": lambda made: as_table(made, "refGene"),
    "refFlat": lambda made: as_table(made, "refFlat"),
    "minimal": lambda made: as_table(made, "minimal"),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=12)
@given(genes_of_a_genome(), st.randoms(use_true_random=False))
def test_every_format_gives_the_same_genes_in_any_order(tmp_path_factory, form, made, dice):
    lines = FORMS[form](made)
    first = [line for line in lines if line.startswith("##")]
    rest = lines[len(first) :]
    dice.shuffle(rest)
    path = tmp_path_factory.getbasetemp() / f"any.{form}"
    path.write_text("".join(first + rest))
    genes = select_genes(read_annotation(path, SIZES).transcripts, biotypes=["any"])
    found = {row.gene: (row.chromosome, row.strand, row.tss) for row in genes.itertuples()}
    assert found == {
        symbol: (chromosome, strand, exons[0][0] if strand == "+" else exons[-1][1] - 1)
        for symbol, (chromosome, strand, exons) in made.items()
    }


words = st.sampled_from([
    'gene_id "G1";', 'transcript_id "T1";', 'gene_name "A";', "gene_id G2;", 'gene_id "";',
    'transcript_id ""T2";', "ID=G1", ";Parent=G1", ";Name=A", "G1.t1", 'note "a; gene_name B";',
    'gene_name "A" gene_id "G3";', "Parent=X,Y;", 'exon_number "2";', "%2C", "",
])  # fmt: skip
lines_of_annotations = st.lists(
    st.tuples(
        st.sampled_from(["chr1", "2", "chrX", "#x", "", "HG#1#X"]),
        st.sampled_from(["gene", "transcript", "mRNA", "exon", "CDS", "Exon", "match"]),
        st.integers(-1, 400).map(str) | st.sampled_from(["1e3", "", "x", "9" * 12]),
        st.integers(100, 900).map(str),
        st.sampled_from(["+", "-", ".", "?", "1"]),
        st.lists(words, max_size=4).map(" ".join),
    ).map(lambda c: f"{c[0]}\tx\t{c[1]}\t{c[2]}\t{c[3]}\t.\t{c[4]}\t.\t{c[5]}"),
    max_size=8,
)
cells = st.sampled_from(["chr1", "2", "+", "-", "", "5", "90", "5,20,", "30,60,", "NM_1", "A", "1"])
rows_of_tables = st.lists(st.lists(cells, min_size=1, max_size=16).map("\t".join), max_size=4)


@settings(max_examples=120)
@given(st.sampled_from(["", "##gff-version 3\n", "# x\n"]), lines_of_annotations | rows_of_tables)
def test_any_text_is_an_annotation_or_one_error(tmp_path_factory, head, lines):
    path = tmp_path_factory.getbasetemp() / "anything.annotation"
    path.write_text(head + "\n".join(lines))
    try:
        annotation = read_annotation(path, SIZES)
    except InputError:
        return
    table = annotation.transcripts
    assert not table["transcript"].duplicated().any()
    assert (table["start"] < table["end"]).all()
    assert set(table["strand"]) <= {"+", "-"}
    assert table[["transcript", "gene", "chromosome", "biotype"]].notna().all(axis=None)
    spans = annotation.exons.merge(table, on="transcript", suffixes=("", "_of"))
    assert (spans["start"] >= spans["start_of"]).all()
    assert (spans["end"] <= spans["end_of"]).all()
    assert len(spans) == len(annotation.exons)
