"""Generated annotations: whatever the dialect and the order of lines, the genes are the same."""

import random

import pytest
from annotations import gtf_line, write

from deepexpr.reference.annotation import read_annotation
from deepexpr.reference.genes import tell_of_several_loci

CHROMOSOMES = ("chr1", "chr2", "chrX", "scaffold#7", "1")


def make(rng):
    """{(gene, transcript): (chromosome, strand, exons from the left)}, exons apart from others."""
    made, at = {}, dict.fromkeys(CHROMOSOMES, 100)
    for gene in range(rng.randint(1, 6)):
        chromosome, strand = rng.choice(CHROMOSOMES), rng.choice("+-")
        for number in range(rng.randint(1, 3)):
            exons = []
            for _ in range(rng.randint(1, 4)):
                start = at[chromosome] + rng.randint(1, 900)
                at[chromosome] = start + rng.randint(1, 400)
                exons.append((start, at[chromosome]))
                at[chromosome] += 1
            made[f"G{gene}", f"T{gene}.{number}"] = chromosome, strand, exons
    return made


def lines_of(made, rng):
    """GTF lines in an order, a quoting, and with the lines and numbers that the dice give."""
    quote, numbered = rng.choice(['"', ""]), rng.random() < 0.5
    lines = []
    for (gene, name), (chromosome, strand, exons) in made.items():
        about = {"gene_id": gene, "transcript_id": name}
        if rng.random() < 0.5 or name.endswith(".0"):
            about["gene_name"] = f"symbol-{gene}"
        if rng.random() < 0.5:
            span = exons[0][0], exons[-1][1]
            lines.append(gtf_line(chromosome, "transcript", *span, strand, quote, **about))
        for number, exon in enumerate(exons[:: -1 if strand == "-" else 1], 1):
            more = {"exon_number": number} if numbered else {}
            lines.append(gtf_line(chromosome, "exon", *exon, strand, quote, **about, **more))
    rng.shuffle(lines)
    return lines


@pytest.mark.parametrize("seed", range(40))
def test_order_quotes_and_numbers_change_no_gene(tmp_path, seed):
    rng = random.Random(seed)
    made = make(rng)
    lines = lines_of(made, rng)
    annotation = read_annotation(write(tmp_path, "".join(lines + lines[: rng.randint(0, 3)])))
    table = annotation.transcripts.set_index("transcript")
    exons = dict(iter(annotation.exons.groupby("transcript")))
    assert set(table.index) == {name for _, name in made}
    for (gene, name), (chromosome, strand, parts) in made.items():
        row = table.loc[name]
        found = (row["gene"], row["chromosome"], row["strand"], row["start"], row["end"])
        wanted = (f"symbol-{gene}", chromosome, strand, parts[0][0] - 1, parts[-1][1])
        assert found == wanted
        got = exons[name][["start", "end"]].to_numpy().tolist()
        assert got == [[start - 1, end] for start, end in parts]


def test_symbols_at_several_loci_are_told(tmp_path, caplog):
    def line(chromosome, gene, start):
        return gtf_line(chromosome, "exon", start, start + 99, "+", gene_id=gene,
                        transcript_id=f"{gene}t", gene_name="A")  # fmt: skip

    path = write(tmp_path, line("chr1", "G1", 101) + line("chr1_hap1", "G2", 101))
    tell_of_several_loci(read_annotation(path).transcripts)
    assert not [r for r in caplog.records if r.levelname == "WARNING"]
    path = write(tmp_path, line("chr1", "G1", 101) + line("chr1", "G2", 5001))
    tell_of_several_loci(read_annotation(path).transcripts)
    assert "1 symbols stand at several loci, such as A" in caplog.text


@pytest.mark.parametrize(
    "attributes",
    [
        'gene_id "G" transcript_id "T" gene_name "A"; gene_biotype "protein_coding";',
        'gene_id "G"; transcript_id "T"; gene_name "A" gene_biotype "protein_coding"',
        'gene_name "A" gene_id "G" transcript_id "T" gene_biotype "protein_coding" note "x"',
        ' gene_id "G"; transcript_id "T"; note "the "x" kinase; gene fragment"; gene_name "A";'
        ' gene_biotype "protein_coding";',
        'gene_id "G";transcript_id "T";gene_name "A";gene_biotype "protein_coding"',
        'transcript_id "T"; gene_id "G"; db_xref "a:1"; db_xref "b:2"; gene "A"; '
        'note "deleted 1 base; gene B"; gene_biotype "protein_coding";',
        'gene_id "G"; transcript_id "T"; gene_name ""; gene_symbol "A"; '
        'gene_biotype "protein_coding";',
    ],
)
def test_attributes_without_their_marks(tmp_path, attributes):
    """Semicolons lack, stand in values, or nothing stands between: the symbol is still read."""
    path = write(tmp_path, f"chr1\tx\texon\t11\t90\t.\t-\t.\t{attributes}\n")
    table = read_annotation(path).transcripts
    found = table.iloc[0][["transcript", "gene", "gene_biotype"]].tolist()
    assert found == ["T", "A", "protein_coding"]


def test_a_gene_called_none_keeps_its_name(tmp_path):
    """Lines without ids in front of it must not lend it theirs."""
    bare = "chr1\tx\ttranscript\t11\t90\t.\t-\t.\t\n"
    text = bare + gtf_line("chr1", "exon", 11, 90, "-", gene_id="None", transcript_id="None")
    table = read_annotation(write(tmp_path, text)).transcripts
    assert table[["transcript", "gene"]].to_numpy().tolist() == [["None", "None"]]


GFF3 = "##gff-version 3\nchr1\tx\tgene\t11\t90\t.\t+\t.\tID=g{0}1;Name=A\n"
GFF3 += "chr1\tx\tmRNA\t11\t90\t.\t+\t.\tID=t{0}1;Parent=g{0}1\n"
GFF3 += "chr1\tx\texon\t11\t90\t.\t+\t.\tParent=t{0}1\n"


@pytest.mark.parametrize("mark", ["%2C", "%3B", "%3D", ".", ":"])
def test_marks_in_identifiers_of_gff3(tmp_path, mark):
    table = read_annotation(write(tmp_path, GFF3.format(mark))).transcripts
    assert table["gene"].tolist() == ["A"]
    assert table["start"].tolist() == [10]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("chr1\tx\texon\t20\t30\t.\t+\t.\tParent=lost\n", "1 transcripts that exons name"),
        ("chr1\tx\texon\t20\t30\t.\t+\t.\tID=e9\n", "1 exons name no Parent"),
        ("chr1\tx\texon\t20\t30\t.\t+\t.\tparent=t1\n", "1 exons name no Parent"),
    ],
)
def test_exons_of_nobody_are_told(tmp_path, caplog, line, told):
    table = read_annotation(write(tmp_path, GFF3.format("") + line)).transcripts
    assert table["transcript"].tolist() == ["t1"]
    assert told in caplog.text
