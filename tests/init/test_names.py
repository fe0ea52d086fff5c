"""Sample, lane and mate by a file's name; cell line and assay by what it is called."""

import pytest

from deepexpr.downloads.assays import assay_named
from deepexpr.init.names import cell_line_named, parse_name, same_line


@pytest.mark.parametrize(
    ("name", "sample", "lane", "mate", "sure"),
    [
        ("K562-rna_S1_L002_R1_001.fastq.gz", "K562-rna", "L002", 1, True),
        ("K562_S12_R2_001.fastq.gz", "K562", "", 2, True),
        ("K562_L001_R2_002.fastq.gz", "K562", "L001_002", 2, True),
        ("SRR1234567_2.fastq.gz", "SRR1234567", "", 2, True),
        ("ERR1234567.fastq", "ERR1234567", "", 0, True),
        ("K562_rna_rep1_R1.fq.gz", "K562_rna_rep1", "", 1, True),
        ("K562_rna_1.fq.gz", "K562_rna", "", 1, False),
        ("K562.hichip.lane3.read2.fastq", "K562.hichip", "L3", 2, True),
        ("K562_L4_2.fq", "K562", "L4", 2, False),
        ("K562_R1_val_1.fq.gz", "K562", "", 1, True),
        ("my cells (a)_R1.fastq.gz", "my_cells_a", "", 1, True),
        ("liver.fastq.gz", "liver", "", 0, True),
        ("\u00e4rger_R1.fq", "arger", "", 1, True),
        ("\u0394mut-\u03b21_L2_R1.fq", "Deltamut-beta1", "L2", 1, True),
        ("\u6e2c\u8a66_R2.fq", "u6e2cu8a66", "", 2, True),
    ],
)
def test_names_of_files(name, sample, lane, mate, sure):
    found = parse_name(name)
    assert (found.sample, found.lane, found.mate, found.sure) == (sample, lane, mate, sure)
    assert not found.index


@pytest.mark.parametrize(("name", "unsorted"), [
    ("Undetermined_S0_L001_R1_001.fastq.gz", True), ("unassigned.fq", True),
    ("determined_S1_R1_001.fastq.gz", False),
])  # fmt: skip
def test_reads_of_no_sample(name, unsorted):
    assert parse_name(name).unsorted == unsorted


def test_a_cell_line_keeps_its_foreign_letters():
    assert cell_line_named(["M\u00fcller_rna_rep1"]) == "Muller"


def test_index_reads_are_no_mates():
    assert parse_name("K562_S1_L001_I1_001.fastq.gz").index
    assert parse_name("K562_S1_L001_R3_001.fastq.gz").index


@pytest.mark.parametrize(
    ("text", "assay"),
    [
        ("K562_RNA-seq_rep1", "rna"),
        ("K562 Hi-ChIP H3K27ac", "hichip"),
        ("Hi ChIP_R1", "hichip"),
        ("K562_hi_chip", "hichip"),
        ("hichip_SMC1A_mES", "hichip"),
        ("K562_rna_for_hichip", None),
        ("K562_1", None),
        ("journal", None),
    ],
)
def test_assay_named(text, assay):
    assert assay_named(text) == assay


@pytest.mark.parametrize(
    ("texts", "line"),
    [
        (["K562_rna_rep1"], "K562"),
        (["K562_HiChIP_H3K27ac_2"], "K562"),
        (["GM12878-hichip-b1"], "GM12878_b1"),
        (["SRR1234567", "rna", "HCT116", "reads"], "HCT116"),
        (["SRR1234567", "rna"], None),
        (["T-47D.total_RNA.r1"], "T_47D_total"),
    ],
)
def test_cell_line_named(texts, line):
    assert cell_line_named(texts) == line


def test_spellings_of_a_cell_line():
    assert same_line("K-562") == same_line("k562") != same_line("K56")
