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
    exons = {name: rows for name, rows in annotation.exons.groupby("transcript")}
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
