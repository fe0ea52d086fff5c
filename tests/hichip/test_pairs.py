"""Mates to pairs: positions, strands, duplicates, classes, the .pairs file, and faults."""

import gzip
import re

import numpy as np
import pysam
import pytest

from deepexpr import schemas
from deepexpr.cli import main
from deepexpr.compression import BGZF_END
from deepexpr.errors import InputError
from deepexpr.files import read_table
from deepexpr.hichip import streams
from deepexpr.hichip.bam_mates import MateCounts, PairBatch, read_mates
from deepexpr.hichip.chromosomes import Chromosomes, read_chromosomes
from deepexpr.hichip.pair_store import PairStore
from deepexpr.hichip.pairs import pairs_from_bams, pairs_from_pairs
from deepexpr.hichip.pairs_format import PairsReader
from deepexpr.hichip.settings import PairSettings

GENOME = Chromosomes(("chr2", "chr10", "chrM"), (100_000, 80_000, 16_000), "test.sizes")

#: (name, mate 1, mate 2); a mate is (chromosome, 0-based start, strand, mapq) or None.
MATES = [
    ("far", ("chr2", 49_950, "-", 255), ("chr2", 99, "+", 255)),
    ("trans", ("chr10", 10, "+", 255), ("chr2", 20, "+", 255)),
    ("duplicate of trans", ("chr2", 20, "+", 255), ("chr10", 10, "+", 255)),
    ("other strand", ("chr2", 20, "+", 255), ("chr10", 10, "-", 255)),
    ("middle", ("chr10", 1_000, "+", 255), ("chr10", 2_000, "+", 255)),
    ("dangling", ("chr10", 1_000, "+", 255), ("chr10", 1_100, "-", 255)),
    ("circle", ("chr10", 1_000, "-", 255), ("chr10", 1_200, "+", 255)),
    ("mitochondrial", ("chrM", 5, "+", 255), ("chr2", 5_000, "+", 255)),
    ("unmapped", None, ("chr2", 5_000, "+", 255)),
    ("multiple", ("chr2", 5_000, "+", 255), ("chr2", 7_000, "+", 0)),
    ("both unmapped", None, None),
]


def write_bam(path, mates, mark="", genome=GENOME):
    """A BAM with reads of 50 bp in the given order, as bowtie and samtools write it."""
    header = {
        "HD": {"VN": "1.0", "SO": "unsorted"},
        "SQ": [
            {"SN": name, "LN": size} for name, size in zip(genome.names, genome.sizes, strict=True)
        ],
    }
    with pysam.AlignmentFile(path, "wb", header=header) as handle:
        for name, mate in mates:
            read = pysam.AlignedSegment(handle.header)
            read.query_name = name.replace(" ", "_") + mark
            read.query_sequence = "A" * 50
            read.query_qualities = pysam.qualitystring_to_array("I" * 50)
            read.flag = 4
            if mate:
                read.reference_id = genome.index[mate[0]]
                read.reference_start, read.mapping_quality = mate[1], mate[3]
                read.cigarstring = "50M"
                read.flag = 16 if mate[2] == "-" else 0
            handle.write(read)
    return path


@pytest.fixture
def bams(tmp_path):
    def write(mates=MATES, marks=("", ""), prefix=""):
        return tuple(
            write_bam(tmp_path / f"{prefix}{i}.bam", [(m[0], m[i]) for m in mates], marks[i - 1])
            for i in (1, 2)
        )

    return write


def rows(path):
    with gzip.open(path, "rt") as handle:
        lines = [line.rstrip("\n").split("\t") for line in handle if not line.startswith("#")]
    assert {line.pop() for line in lines} <= {"UU"}
    return lines


@pytest.mark.parametrize("marks", [("", ""), ("/1", "/2"), (".1", ".2")])
def test_pairs_by_hand(tmp_path, bams, marks):
    output = tmp_path / "out.pairs.gz"
    mates, counts = pairs_from_bams([bams(marks=marks)], GENOME, output, PairSettings())
    assert rows(output) == [
        # A minus-strand read has its 5' end at its last base: 49,950 + 50.
        [".", "chr2", "100", "chr2", "50000", "+", "-"],
        [".", "chr2", "21", "chr10", "11", "+", "+"],
        [".", "chr2", "21", "chr10", "60", "+", "-"],
        [".", "chr10", "1001", "chr10", "2001", "+", "+"],
    ]
    assert (mates.pairs, mates.unique, mates.multiple) == (11, (9, 9), (0, 1))
    assert mates.both_unique == 8
    assert (counts.dropped_chromosome, counts.duplicates, counts.distinct) == (1, 1, 6)
    assert (counts.cis_short, counts.cis_middle, counts.cis_long, counts.trans) == (2, 1, 1, 2)
    assert (counts.too_close, counts.dangling_ends, counts.self_circles) == (2, 1, 1)
    assert counts.valid == 4


def test_header_is_4dn_and_the_file_can_be_indexed(tmp_path, bams):
    output = tmp_path / "out.pairs.gz"
    pairs_from_bams([bams()], GENOME, output, PairSettings())
    with gzip.open(output, "rt") as handle:
        header = [line.rstrip("\n") for line in handle if line.startswith("#")]
    assert header == [
        "## pairs format v1.0",
        "#sorted: chr1-chr2-pos1-pos2",
        "#shape: upper triangle",
        "#chromsize: chr2 100000",
        "#chromsize: chr10 80000",
        "#chromsize: chrM 16000",
        "#columns: readID chrom1 pos1 chrom2 pos2 strand1 strand2 pair_type",
    ]
    assert output.read_bytes().endswith(BGZF_END)
    # tabix knows one chromosome per line: index a file of one.
    chr10 = [m for m in MATES if m[1] and m[2] and m[1][0] == m[2][0] == "chr10"]
    pairs_from_bams([bams(chr10 * 3)], GENOME, output, PairSettings(min_distance=0))
    pysam.tabix_index(str(output), seq_col=1, start_col=2, end_col=2, force=True)
    with pysam.TabixFile(str(output)) as index:
        assert len(list(index.fetch("chr10", 0, 80_000))) == 3


def test_a_deletion_moves_the_5_prime_end_and_secondary_records_are_skipped(tmp_path, bams):
    one, two = bams([("a", ("chr2", 100, "-", 60), ("chr2", 9_000, "+", 60))])
    with pysam.AlignmentFile(one) as source:
        header, read = source.header, next(iter(source))
    with pysam.AlignmentFile(one, "wb", header=header) as handle:
        read.cigarstring = "5S20M7D25M"
        handle.write(read)
        read.flag = 16 | 256
        handle.write(read)
    batch = next(iter(read_mates((one, two), GENOME, MateCounts())))
    assert batch.position.tolist() == [[100 + 52, 9001]]
    assert batch.reverse.tolist() == [[1, 0]]


def test_lanes_are_one_library_and_small_windows_change_nothing(tmp_path, bams, monkeypatch):
    couples = [bams(prefix="lane1_"), bams(prefix="lane2_")]
    output = tmp_path / "out.pairs.gz"
    mates, counts = pairs_from_bams(couples, GENOME, output, PairSettings())
    assert (mates.pairs, counts.duplicates, counts.valid) == (22, 8, 4)
    first = output.read_bytes()
    monkeypatch.setattr(streams, "WINDOW", 100)
    assert pairs_from_bams(couples, GENOME, output, PairSettings()) == (mates, counts)
    assert output.read_bytes() == first


@pytest.mark.parametrize("chunk", [7, 100, 10_000])
def test_sorting_with_spills_equals_a_plain_sort(tmp_path, chunk):
    rng = np.random.default_rng(3)
    n = 2_000
    batch = PairBatch(
        rng.integers(0, 3, (n, 2)).astype(np.int32),
        rng.integers(1, 40, (n, 2)),
        rng.integers(0, 2, (n, 2)).astype(np.uint8),
    )
    expected = set()
    for c, p, r in zip(*(a.tolist() for a in batch), strict=True):
        (c1, p1, r1), (c2, p2, r2) = sorted(zip(c, p, r, strict=True))
        expected.add((c1, c2, p1, p2, r1, r2))
    with PairStore(3, tmp_path, chunk) as store:
        store.add(PairBatch(*(a[:900] for a in batch)))
        store.add(PairBatch(*(a[900:] for a in batch)))
        found = list(store.sorted())
    got = [
        (part.chromosome1, part.chromosome2, *row)
        for part in found
        for row in zip(*(a.tolist() for a in part[2:6]), strict=True)
    ]
    assert got == sorted(expected)
    assert sum(part.duplicates for part in found) == n - len(expected)


def command(tmp_path, *more):
    sizes = tmp_path / "chrom.sizes"
    sizes.write_text("chr2\t100000\nchr10\t80000\nchrM\t16000\n")
    out = tmp_path / "out"
    return [
        "pairs", "--sample", "s1", "--chrom-sizes", str(sizes), "--output", str(out / "p.pairs.gz"),
        "--qc", str(out / "qc.tsv"), *map(str, more),
    ]  # fmt: skip


def test_the_verb_writes_the_qc(tmp_path, bams):
    one, two = bams()
    stats = tmp_path / "trim.tsv"
    values = {
        "read_pairs": 20, "r1_full_junctions": 8, "r1_partial_junctions": 2,
        "r2_full_junctions": 5, "r2_partial_junctions": 1, "r1_trimmed_fraction": 0.5,
        "r2_trimmed_fraction": 0.3, "trimmed_fraction": 0.4, "dropped_pairs": 9,
        "written_pairs": 11,
    }  # fmt: skip
    stats.write_text("metric\tvalue\n" + "".join(f"{k}\t{v}\n" for k, v in values.items()))
    lanes = ["--bam1", one, "--bam2", two, "--trim-stats", stats]
    assert main(command(tmp_path, *lanes, *lanes)) == 0
    table = read_table(tmp_path / "out" / "qc.tsv", schemas.QC)
    assert tuple(table.columns) == schemas.QC
    assert set(table["sample"]) == {"s1"}
    qc = table.set_index("metric")["value"].astype(float)
    assert qc["read_pairs"] == 40
    assert qc["r1_trimmed_fraction"] == 0.5
    assert qc["trimmed_fraction"] == pytest.approx(0.4)
    assert qc["pairs_to_mapping"] == 22
    assert qc["unique_fraction"] == pytest.approx(36 / 44)
    assert qc["mapped_fraction"] == pytest.approx(38 / 44)
    assert qc["duplicates"] == 8
    assert qc["valid_pairs"] == 4
    assert qc["valid_fraction"] == pytest.approx(0.1)


def test_pairs_of_another_tool_are_sorted_and_deduplicated(tmp_path):
    path = tmp_path / "in.pairs"
    path.write_text(
        "## pairs format v1.0\n#chromsize: chr10 80000\n#chromsize: chr2 100000\n"
        "#chromsize: chrM 16000\n"
        "#columns: readID chrom1 pos1 chrom2 pos2 strand1 strand2 pair_type\n"
        "a\tchr10\t11\tchr2\t21\t+\t+\tUU\n"
        "b\tchr2\t21\tchr10\t11\t+\t+\tUU\n"
        "c\t!\t0\tchr10\t11\t-\t+\tNU\n"
        "d\tchr2\t50000\tchr2\t100\t-\t+\tUU"
    )
    output = tmp_path / "out.pairs.gz"
    mates, counts = pairs_from_pairs([path], GENOME, output, PairSettings())
    assert rows(output) == [
        [".", "chr2", "100", "chr2", "50000", "+", "-"],
        [".", "chr2", "21", "chr10", "11", "+", "+"],
    ]
    assert (mates.pairs, mates.both_unique, counts.duplicates) == (4, 3, 1)
    # Its own output, read again, stays as it is.
    first = output.read_bytes()
    pairs_from_pairs([output], None, output, PairSettings())
    assert output.read_bytes() == first


def fail(tmp_path, capsys, *more):
    assert main(command(tmp_path, *more)) == 1
    out = tmp_path / "out"
    assert not out.exists() or list(out.iterdir()) == []
    error = capsys.readouterr().err
    assert "Traceback" not in error
    return error


@pytest.mark.parametrize("part", [0.5, "block", "header"])
def test_a_cut_bam(tmp_path, bams, capsys, part):
    mates = [(f"r{i}", m[1], m[2]) for i, m in enumerate(MATES * 2000)]
    one, two = bams(mates)
    data = two.read_bytes()
    size = {"block": len(data) - 28, "header": 20}.get(part) or int(len(data) * part)
    two.write_bytes(data[:size])
    error = fail(tmp_path, capsys, "--bam1", one, "--bam2", two)
    assert str(two) in error
    assert "cut" in error


def test_other_reads(tmp_path, bams, capsys):
    one, _ = bams()
    other = write_bam(tmp_path / "o.bam", [(m[0], m[2]) for m in MATES[::-1]])
    error = fail(tmp_path, capsys, "--bam1", one, "--bam2", other)
    assert "names of the two BAM files do not match" in error
    assert "far and both_unmapped" in error
    assert "--reorder" in error


def test_fewer_reads(tmp_path, bams, capsys):
    one, _ = bams()
    other = write_bam(tmp_path / "o.bam", [(m[0], m[2]) for m in MATES[:-1]])
    error = fail(tmp_path, capsys, "--bam1", one, "--bam2", other)
    assert "do not hold the same reads" in error


@pytest.mark.parametrize(
    ("genome", "message"),
    [
        (Chromosomes(("chr2", "chr10"), (100_000, 80_000)), "1 missing: chrM"),
        (
            Chromosomes(("2", "chr10", "chrM"), (100_000, 80_000, 16_000)),
            "1 unknown: 2; 1 missing: chr2",
        ),
        (Chromosomes(("chr2", "chr10", "chrM"), (99, 80_000, 16_000)), "another length"),
    ],
)
def test_another_genome(tmp_path, capsys, genome, message):
    paths = [write_bam(tmp_path / f"{i}.bam", [], genome=genome) for i in (1, 2)]
    assert message in fail(tmp_path, capsys, "--bam1", paths[0], "--bam2", paths[1])


def test_not_a_bam(tmp_path, bams, capsys):
    one, two = bams()
    with pysam.AlignmentFile(one) as source, pysam.AlignmentFile(two, "w", template=source) as sam:
        for read in source:
            sam.write(read)
    fail(tmp_path, capsys, "--bam1", one, "--bam2", two)
    fail(tmp_path, capsys, "--bam1", one)


def test_no_read_at_all_gives_an_empty_file(tmp_path, bams):
    output = tmp_path / "out.pairs.gz"
    mates, counts = pairs_from_bams([bams([])], GENOME, output, PairSettings())
    assert (mates.pairs, counts.valid) == (0, 0)
    assert rows(output) == []


HEADER = "#chromsize: chr2 1000\n#columns: readID chr1 pos1 chr2 pos2 strand1 strand2\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER + ".\tchr2\t1\tchr3\t5\t+\t+\n", "not in the header"),
        (HEADER + ".\tchr2\tx\tchr2\t5\t+\t+\n", "not a number"),
        (HEADER + ".\tchr2\t1\tchr2\t5\t+\tf\n", "neither + nor -"),
        (HEADER + ".\tchr2\t1\tchr2\n", "too few columns"),
        (HEADER + ".\tchr2\t1\tchr2\t5\t+\t+\r\n", "Windows"),
        (HEADER + ".\tchr2\t1\tchr2\t1001\t+\t+\n", "outside"),
        (HEADER + ".\tchr2\t1\tchr2\t0\t+\t+\n", "outside"),
        (".\tchr2\t1\tchr2\t5\t+\t+\n", "header"),
        (HEADER.replace("pos1", "x"), "header"),
    ],
)
def test_bad_pairs_files(tmp_path, text, message):
    path = tmp_path / "in.pairs"
    path.write_text(text)
    with pytest.raises(InputError, match=re.escape(message)) as caught, PairsReader(path) as reader:
        list(reader)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("text", ["chr1 x\n", "chr1\t5\nchr1\t6\n", "chr1\n"])
def test_bad_chromosome_sizes(tmp_path, text):
    (tmp_path / "sizes").write_text(text)
    with pytest.raises(InputError, match="chromosome sizes"):
        read_chromosomes(tmp_path / "sizes")


def test_ends_as_bed_in_a_file_and_on_standard_output(tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.pairs").write_text(
        "#chromsize: chr1 900\n#chromsize: chr2 80\n"
        "#columns: readID chr1 pos1 chr2 pos2 strand1 strand2\n"
        ".\tchr1\t1\tchr1\t900\t+\t-\n.\tchr1\t30\tchr2\t80\t-\t+\n"
    )
    expected = (
        "chr1\t0\t1\t.\t0\t+\nchr1\t899\t900\t.\t0\t-\n"
        "chr1\t29\t30\t.\t0\t-\nchr2\t79\t80\t.\t0\t+\n"
    )
    assert main(["ends", "--pairs", "a.pairs", "--output", "e.bed.gz"]) == 0
    assert gzip.decompress((tmp_path / "e.bed.gz").read_bytes()).decode() == expected
    assert main(["ends", "--pairs", "a.pairs", "--output", "-"]) == 0
    assert capfd.readouterr().out == expected


def test_binary_results_do_not_go_to_standard_output(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.pairs").write_text(
        "#chromsize: chr1 900\n#columns: readID chr1 pos1 chr2 pos2 strand1 strand2\n"
    )
    (tmp_path / "sizes").write_text("chr1\t900\n")
    arguments = ["pairs", "--pairs", "a.pairs", "--sample", "s", "--chrom-sizes", "sizes"]
    assert main([*arguments, "--output", "-", "--qc", "qc.tsv"]) == 2
    assert "cannot go to standard output" in capsys.readouterr().err
    assert not (tmp_path / "-").exists()
