"""Annotations as the world has them: each kind gives the right genes, or says what is wrong."""

import logging

import pytest
from annotations import CODING, gtf_line, transcript, write

from deepexpr.errors import InputError
from deepexpr.reference.annotation import read_annotation
from deepexpr.reference.genes import select_genes

SIZES = {"chr1": 30000, "chr2": 30000, "chr10": 30000, "chrM": 16569, "chrX": 30000}


def genes(path, sizes=None, rule="most_upstream", biotypes=("any",)):
    """{gene: (chromosome, tss, strand, transcript)} of an annotation."""
    table = select_genes(read_annotation(path, sizes).transcripts, rule, biotypes)
    columns = ["chromosome", "tss", "strand", "transcript"]
    return {gene: tuple(row) for gene, row in zip(table["gene"], table[columns].to_numpy())}  # noqa: B905


def exons_of(path, name):
    exons = read_annotation(path).exons
    return exons.loc[exons["transcript"] == name, ["start", "end"]].to_numpy().tolist()


KNOWN_GENE = """\
uc001aaa.3	chr1	+	4999	9000	5100	8000	2	4999,7000,	5500,9000,	P00001	{}
uc010nxq.1	chr1	+	5400	9000	5500	8000	2	5400,7000,	5600,9000,	P00001	{}
uc009vjk.2	chr2	-	6999	21999	7100	20000	2	6999,20000,	8000,21999,		{}
"""


@pytest.mark.parametrize(
    "aligned",
    [("uc001aaa.3", "uc010nxq.1", "uc009vjk.2"), ("uc285a.1", "uc285b.1", "uc285c.1")],
)
def test_a_gene_table_without_symbols_is_refused(tmp_path, aligned):
    with pytest.raises(InputError, match="The table has no symbols") as caught:
        read_annotation(write(tmp_path, KNOWN_GENE.format(*aligned)))
    assert caught.value.where.endswith("line 1")


def test_a_refflat_gene_named_by_digits_is_no_bin(tmp_path):
    row = "{}\tNM_{}\tchr1\t+\t4999\t9000\t5100\t8000\t1\t4999,\t9000,\n"
    names = ["8086", "585", "A1BG"]
    path = write(tmp_path, "".join(row.format(name, i) for i, name in enumerate(names)))
    assert set(genes(path)) == set(names)
    bins = write(tmp_path, "".join(row.format(585, i) for i in range(3)))
    assert set(genes(bins)) == {"NM_0", "NM_1", "NM_2"}


def test_gene_ids_that_repeat_transcript_ids_are_refused(tmp_path):
    two = [
        transcript("chr1", n, n, "+", (start, 5600), (7001, 9000), line=False)
        for n, start in (("NM_1", 5001), ("NM_2", 5401))
    ]
    with pytest.raises(InputError, match="Genes are transcripts here"):
        read_annotation(write(tmp_path, "".join(two)))
    named = two[0] + two[1].replace("exon_number", 'gene_name "A"; exon_number')
    assert set(genes(write(tmp_path, named))) == {"NM_1", "A"}
    apart = two[0] + transcript("chr1", "NM_3", "NM_3", "+", (8990, 12000))
    assert set(genes(write(tmp_path, apart))) == {"NM_1", "NM_3"}


def test_plain_genepred_with_isoforms_is_read_with_a_warning(tmp_path, caplog):
    row = "NM_{}\tchr1\t+\t{}\t9000\t5100\t8000\t1\t{},\t9000,\n"
    path = write(tmp_path, row.format(1, 4999, 4999) + row.format(2, 5400, 5400))
    assert len(genes(path)) == 2
    assert "Genes are transcripts here" in caplog.text


TAGS = ["readthrough_transcript", "mRNA_start_NF", "cds_start_NF"]


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("rule", ["most_upstream", "longest"])
def test_readthrough_and_cut_transcripts_do_not_compete(tmp_path, tag, rule):
    more = {"gene_name": "A", **CODING}
    text = transcript("chr1", "G", "cut", "+", (5001, 25000), **more, tag=tag)
    path = write(tmp_path, text + transcript("chr1", "G", "main", "+", (18001, 25000), **more))
    assert genes(path, rule=rule) == {"A": ("chr1", 18000, "+", "main")}
    assert genes(write(tmp_path, text), rule=rule) == {"A": ("chr1", 5000, "+", "cut")}


def test_incomplete_transcripts_of_ncbi_do_not_compete(tmp_path):
    text = (
        "##gff-version 3\n"
        "chr1\tx\tgene\t5001\t25000\t.\t+\t.\tID=gene-A;Name=A\n"
        "chr1\tx\tmRNA\t5001\t25000\t.\t+\t.\tID=rna-1;Parent=gene-A;start_range=.,5001\n"
        "chr1\tx\texon\t5001\t25000\t.\t+\t.\tID=exon-1-1;Parent=rna-1\n"
        "chr1\tx\tmRNA\t8001\t25000\t.\t+\t.\tID=rna-2;Parent=gene-A;end_range=25000,.\n"
        "chr1\tx\texon\t8001\t25000\t.\t+\t.\tID=exon-2-1;Parent=rna-2\n"
    )
    assert genes(write(tmp_path, text)) == {"A": ("chr1", 8000, "+", "2")}


def test_one_id_on_two_chromosomes(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    both = [
        transcript(c, "C", "NM_20", "+", (8001, 8500), (9001, 9500), line=False, gene_name="C")
        for c in ("chr10", "chr2")
    ]
    path = write(tmp_path, "".join(both))
    assert genes(path) == {"C": ("chr2", 8000, "+", "NM_20")}
    assert exons_of(path, "NM_20") == [[8000, 8500], [9000, 9500]]
    assert "1 further places" in caplog.text
    assert genes(path, {"chr10": 30000})["C"][0] == "chr10"


@pytest.mark.parametrize("line", [True, False])
@pytest.mark.parametrize("strand", ["+", "-"])
def test_one_id_twice_on_one_strand(tmp_path, line, strand):
    first, second = [(5001, 5500), (6001, 6500)], [(15001, 15500), (16001, 16500)]
    turn = -1 if strand == "-" else 1
    text = transcript("chr1", "G", "T", strand, *first[::turn], line=line, gene_name="A")
    text += transcript("chr1", "G", "T", strand, *second[::turn], line=line, gene_name="A")
    path = write(tmp_path, text)
    assert exons_of(path, "T") == [[5000, 5500], [6000, 6500]]
    assert genes(path)["A"][1] == (5000 if strand == "+" else 6499)
    assert exons_of(write(tmp_path, text + text), "T") == [[5000, 5500], [6000, 6500]]


def test_two_strands_without_numbers_are_two_places(tmp_path):
    text = transcript("chr1", "G", "T", "-", (5001, 5500), line=False, numbers=False)
    text += transcript("chr1", "G", "T", "+", (9001, 9500), line=False, numbers=False)
    assert genes(write(tmp_path, text)) == {"G": ("chr1", 5499, "-", "T")}


def fly(line):
    def exon(start, end, strand, number):
        return gtf_line("chr1", "exon", start, end, strand, gene_id="F", transcript_id="T",
                        exon_number=number, gene_name="mod(mdg4)")  # fmt: skip

    head = gtf_line("chr1", "transcript", 5001, 9000, "-", gene_id="F", transcript_id="T",
                    gene_name="mod(mdg4)")  # fmt: skip
    other = transcript("chr1", "F2", "T2", "+", (15001, 19000), gene_name="other")
    return (head if line else "") + exon(8001, 9000, "-", 1) + exon(5001, 5500, "+", 2) + other


@pytest.mark.parametrize("line", [True, False])
def test_trans_splicing_keeps_its_gene_and_leaves_the_transcriptome(tmp_path, caplog, line):
    path = write(tmp_path, fly(line))
    assert genes(path) == {
        "mod(mdg4)": ("chr1", 8999, "-", "T"),
        "other": ("chr1", 15000, "+", "T2"),
    }
    assert exons_of(path, "T") == []
    assert exons_of(path, "T2") == [[15000, 19000]]
    assert "1 transcript(s) have exons on two strands" in caplog.text


def test_trans_splicing_in_gff3(tmp_path, caplog):
    text = (
        "##gff-version 3\n"
        "chr1\tx\tgene\t5001\t9000\t.\t+\t.\tID=gene-mdg;Name=mdg\n"
        "chr1\tx\tmRNA\t5001\t9000\t.\t+\t.\tID=rna-NM_1;Parent=gene-mdg\n"
        "chr1\tx\texon\t5001\t5100\t.\t+\t.\tID=e1;Parent=rna-NM_1\n"
        "chr1\tx\texon\t8901\t9000\t.\t-\t.\tID=e2;Parent=rna-NM_1\n"
    )
    path = write(tmp_path, text)
    assert genes(path) == {"mdg": ("chr1", 5000, "+", "NM_1")}
    assert exons_of(path, "NM_1") == []
    assert "trans-splicing" in caplog.text


BARE = "chr1\tx\t{}\t5001\t9000\t.\t+\t.\t{}\n"
BOTH = 'transcript_id "g1.t1"; gene_id "g1";'


@pytest.mark.parametrize(
    "lines",
    [
        (("gene", "g1"), ("transcript", "g1.t1"), ("CDS", BOTH), ("exon", BOTH)),
        (("exon", BOTH), ("gene", "g1"), ("transcript", "g1.t1"), ("CDS", BOTH)),
        (("gene", "g1"), ("transcript", "g1.t1"), ("CDS", BOTH)),
        (("exon", BOTH.replace('"', "")),),
        (("exon", BOTH.replace(" ", "  ")),),
    ],
)
def test_bare_and_unquoted_attributes(tmp_path, lines):
    path = write(tmp_path, "".join(BARE.format(*line) for line in lines))
    assert genes(path) == {"g1": ("chr1", 5000, "+", "g1.t1")}
    assert exons_of(path, "g1.t1") == [[5000, 9000]]


def test_quoted_and_unquoted_lines_in_one_file(tmp_path):
    text = transcript("chr1", "g1", "g1.t1", "+", (5001, 9000), gene_name="A")
    for i, start in ((2, 15001), (3, 25001)):
        text += gtf_line("chr1", "exon", start, start + 999, "+", "", gene_id=f"g{i}",
                         transcript_id=f"g{i}.t1", gene_name=f"N{i}")  # fmt: skip
    found = genes(write(tmp_path, text))
    assert {name: row[1] for name, row in found.items()} == {"A": 5000, "N2": 15000, "N3": 25000}


def test_lines_without_gene_id_are_of_the_transcripts_gene(tmp_path):
    text = gtf_line("chr1", "exon", 1001, 1500, "+", transcript_id="T", exon_number=1)
    text += gtf_line("chr1", "exon", 2001, 2500, "+", gene_id="G", transcript_id="T", exon_number=2)
    path = write(tmp_path, text)
    assert genes(path) == {"G": ("chr1", 1000, "+", "T")}
    assert exons_of(path, "T") == [[1000, 1500], [2000, 2500]]


def test_a_symbol_on_one_transcript_is_that_of_all(tmp_path):
    text = transcript("chr1", "G", "a", "+", (5001, 6000))
    text += transcript("chr1", "G", "b", "+", (5501, 6000), gene_name="A")
    assert genes(write(tmp_path, text)) == {"A": ("chr1", 5000, "+", "a")}
    line = gtf_line("chr1", "gene", 5001, 6000, "+", gene_id="G", gene_name="B")
    text = line + transcript("chr1", "G", "a", "+", (5001, 6000))
    assert set(genes(write(tmp_path, text))) == {"B"}


def test_a_gene_line_is_its_transcript(tmp_path):
    line = gtf_line("chr1", "gene", 5001, 6000, "-", gene_id="b0001", gene="thrL")
    coding = gtf_line("chr1", "CDS", 5101, 5900, "-", gene_id="b0001", transcript_id="unassigned_1")
    tail = transcript("chr1", "b2", "rna-b2", "+", (8001, 8100), gene="trnA")
    for text in (line, line + coding, line + coding + tail):
        path = write(tmp_path, text)
        assert genes(path)["thrL"] == ("chr1", 5999, "-", "b0001")
        assert exons_of(path, "b0001") == [[5000, 6000]]
    table = read_annotation(path).transcripts.set_index("gene")["gene_biotype"]
    assert table["thrL"] == "protein_coding"
    assert "trnA" in genes(path)


def test_a_gene_line_is_its_transcript_in_gff3(tmp_path):
    line = "chr1\tx\t{}\t{}\t{}\t.\t+\t.\t{}\n"
    gene = line.format("gene", 5001, 6000, "ID=gene-b1;Name=thrL;gene_biotype=protein_coding")
    cds = [
        line.format("CDS", start, end, "ID=cds-1;Parent=gene-b1")
        for start, end in ((5101, 5200), (5601, 5900))
    ]
    path = write(tmp_path, "##gff-version 3\n" + gene)
    assert genes(path) == {"thrL": ("chr1", 5000, "+", "b1")}
    path = write(tmp_path, "##gff-version 3\n" + gene + "".join(cds))
    assert genes(path) == {"thrL": ("chr1", 5000, "+", "b1")}
    assert exons_of(path, "b1") == [[5000, 5200], [5600, 6000]]


def test_a_mature_mirna_is_of_its_gene(tmp_path):
    text = (
        "##gff-version 3\n"
        "chr1\tx\tgene\t5001\t5100\t.\t+\t.\tID=gene-MIR1;Name=MIR1\n"
        "chr1\tx\tprimary_transcript\t5001\t5100\t.\t+\t.\tID=rna-NR_1.1;Parent=gene-MIR1;Name=NR_1.1\n"
        "chr1\tx\texon\t5001\t5100\t.\t+\t.\tID=exon-NR_1.1-1;Parent=rna-NR_1.1\n"
        "chr1\tx\tmiRNA\t5011\t5030\t.\t+\t.\tID=rna-MIR1;Parent=rna-NR_1.1\n"
        "chr1\tx\texon\t5011\t5030\t.\t+\t.\tID=exon-MIR1-1;Parent=rna-MIR1\n"
    )
    assert set(genes(write(tmp_path, text))) == {"MIR1"}


def test_one_transcript_name_for_many_genes(tmp_path, caplog):
    text = "".join(
        transcript("chr1", f"b{i}", "unknown_transcript_1", "+", (i * 1000, i * 1000 + 500))
        for i in (1, 5, 9)
    )
    table = read_annotation(write(tmp_path, text)).transcripts
    assert sorted(table["gene"]) == ["b1", "b5", "b9"]
    assert table["transcript"].is_unique
    assert "unknown_transcript_1" in caplog.text


@pytest.mark.parametrize("scaffold", ["chr1_hap1", "chr1_GL383518v1_alt", "HSCHR6_MHC", "GL3.1"])
@pytest.mark.parametrize("whole", ["chr1", "1", "HG002#1#chr1", "NC_000001.11", "chromosome_1"])
def test_a_chromosome_comes_before_its_haplotypes(tmp_path, scaffold, whole):
    text = transcript(whole, "G", "T1", "+", (5001, 9000), gene_name="A")
    for i in (2, 3):
        text += transcript(scaffold, "Gh", f"T{i}", "+", (2001, 6000 + i), gene_name="A")
    assert genes(write(tmp_path, text)) == {"A": (whole, 5000, "+", "T1")}


def test_a_feature_over_the_origin_of_a_circle_is_left_out(tmp_path, caplog):
    sound = transcript("chr1", "G", "T", "+", (5001, 9000), gene_name="A")
    over = transcript("chrM", "M", "TM", "+", (16001, 17000), gene_name="mt-X")
    assert set(genes(write(tmp_path, sound + over), SIZES)) == {"A"}
    assert "run over the origin of chrM, such as TM" in caplog.text
    second = transcript("chrM", "M2", "TM2", "+", (16101, 17000), gene_name="mt-Y")
    start = transcript("chrM", "M", "TM", "+", (16601, 17000), gene_name="mt-X")
    linear = transcript("chr1", "M", "TM", "+", (29001, 31000), gene_name="X")
    for bad in (over + second, start, linear):
        path = write(tmp_path, sound + bad)
        with pytest.raises(InputError, match="beyond the end"):
            read_annotation(path, SIZES)
    text = sound + transcript("chr2", "H", "TH", "+", (5, 40000))
    table = read_annotation(write(tmp_path, text), SIZES, chromosomes=["chr1"]).transcripts
    assert set(table["transcript"]) == {"T", "TH"}


@pytest.mark.parametrize("mark", ["", " ", "-", "--", ".", "n/a"])
def test_a_mark_for_no_symbol_joins_no_genes(tmp_path, mark):
    text = transcript("chr1", "G1", "T1", "+", (5001, 9000), gene_name=mark)
    text += transcript("chr1", "G2", "T2", "-", (15001, 19000), gene_name=mark)
    text += transcript("chr1", "G3", "T3", "+", (25001, 26000), gene_name="NA")
    assert genes(write(tmp_path, text)) == {
        "G1": ("chr1", 5000, "+", "T1"),
        "G2": ("chr1", 18999, "-", "T2"),
        "NA": ("chr1", 25000, "+", "T3"),
    }


@pytest.mark.parametrize("mark", ["-", "n/a"])
def test_a_mark_for_no_symbol_in_a_table_joins_no_genes(tmp_path, mark):
    row = "585\t{}\tchr1\t+\t{}\t{}\t9\t9\t1\t{},\t{},\t0\t{}\tunk\tunk\t-1,\n"
    text = "".join(row.format(f"NR_{a}", a, a + 500, a, a + 500, mark) for a in (5000, 9000))
    assert set(genes(write(tmp_path, text))) == {"NR_5000", "NR_9000"}


@pytest.mark.parametrize("strand", [".", "?"])
def test_genes_without_a_strand_are_left_out_with_a_warning(tmp_path, caplog, strand):
    text = transcript("chr1", "G1", "T1", "+", (5001, 9000), gene_name="A")
    bare = transcript("chr1", "G2", "T2", strand, (15001, 19000), gene_name="B")
    assert set(genes(write(tmp_path, text + bare))) == {"A"}
    assert f"{bare.count(chr(10))} lines of genes, transcripts and exons have no strand" in (
        caplog.text
    )
