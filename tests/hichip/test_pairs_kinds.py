"""Pairs of strangers: mapping qualities, pair types, large and many chromosomes, mitochondria."""

import logging
import time

import numpy as np
import pysam
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepexpr.errors import InputError
from deepexpr.hichip.bam_mates import unique_from
from deepexpr.hichip.bedpe import read_contacts, read_depth
from deepexpr.hichip.chromosomes import Chromosomes, read_chromosomes
from deepexpr.hichip.pairs import pairs_from_bams, pairs_from_pairs, qc_table
from deepexpr.hichip.pairs_format import PairsReader
from deepexpr.hichip.settings import PairSettings

HEAD = "#chromsize: chr1 10000000\n#chromsize: chr2 5000000\n#columns: "
NAMES = "readID chrom1 pos1 chrom2 pos2 strand1 strand2"


def written(path):
    with PairsReader(path) as reader:
        return [
            (int(c[0]), int(p[0]), int(c[1]), int(p[1]))
            for batch in reader
            for c, p in zip(batch.chromosome, batch.position, strict=True)
        ]


def filtered(tmp_path, text, chosen=None, **options):
    (tmp_path / "in.pairs").write_text(text)
    mates, counts = pairs_from_pairs(
        [tmp_path / "in.pairs"], chosen, tmp_path / "out.gz", PairSettings(**options)
    )
    return written(tmp_path / "out.gz"), mates, counts


def test_mapping_qualities_of_pairs_are_honoured(tmp_path):
    text = f"{HEAD}{NAMES} mapq1 mapq2\n" + "".join(
        f".\tchr1\t{p}\tchr1\t900000\t+\t-\t{a}\t{b}\n"
        for p, a, b in [(1, 60, 60), (2, 0, 60), (3, 60, 0), (4, 1, 1), (5, 30, 255)]
    )
    kept, mates, _ = filtered(tmp_path, text)
    assert [row[1] for row in kept] == [1, 4, 5]
    assert (mates.pairs, mates.both_unique) == (5, 3)
    assert [row[1] for row in filtered(tmp_path, text, min_mapq=30)[0]] == [1, 5]
    assert len(filtered(tmp_path, text, min_mapq=0)[0]) == 5
    large = text.replace("mapq", "MAPQ")
    assert [row[1] for row in filtered(tmp_path, large)[0]] == [1, 4, 5]
    with pytest.raises(InputError, match="not a number"):
        filtered(tmp_path, text.replace("\t60\t60", "\tx\t60"))


def test_small_chromosomes_may_be_missing(tmp_path, caplog):
    text = HEAD + NAMES + "\n.\tchr1\t5\tchr2\t900000\t+\t-\n"
    sizes = {"chr2": 5_000_000, "chrM": 16_000, "chr1": 10_000_000}
    with caplog.at_level(logging.WARNING):
        rows, mates, _ = filtered(tmp_path, text, Chromosomes((*sizes,), (*sizes.values(),)))
    assert (rows, mates.pairs) == ([(0, 900_000, 2, 5)], 1)
    assert "in.pairs: 1 chromosome(s) of the genome are not in it, and give no contact: chrM" in (
        caplog.text
    )
    for names, more in ((("chr2", "chr1", "chr3"), 5_000_000), (("chr1",), None)):
        lengths = (5_000_000, 10_000_000, more) if more else (10_000_000,)
        with pytest.raises(InputError, match="1 missing: chr3" if more else "1 unknown: chr2"):
            filtered(tmp_path, text, Chromosomes(names, lengths))


def test_types_of_pairs_are_honoured(tmp_path):
    types = ["UU", "DD", "UR", "MU", "NM", "RU", "XX", "WW", "LL", "."]
    text = f"{HEAD}{NAMES} pair_type\n" + "".join(
        f".\tchr1\t{i}\tchr2\t77\t+\t-\t{kind}\n" for i, kind in enumerate(types, 1)
    )
    kept = [types[row[1] - 1] for row in filtered(tmp_path, text)[0]]
    assert kept == ["UU", "UR", "RU", "LL", "."]


@pytest.mark.parametrize(
    ("program", "least"),
    [("bowtie2", 2), ("hisat2", 2), ("STAR", 4), ("bowtie", 1), ("bwa", 1), ("minimap2", 1)],
)
def test_mapping_quality_of_unique_reads_by_aligner(tmp_path, program, least):
    lines = f"@SQ\tSN:chr1\tLN:90000\n@PG\tID:{program}\tPN:{program}\tVN:1\n@PG\tID:samtools\n"
    assert unique_from(lines) == least
    paths = [tmp_path / f"{mate}.bam" for mate in (1, 2)]
    for path, start in zip(paths, (10, 50_000), strict=True):
        header = pysam.AlignmentHeader.from_text(lines)
        with pysam.AlignmentFile(path, "wb", header=header) as out:
            for quality in range(6):
                read = pysam.AlignedSegment(header)
                read.query_name, read.query_sequence = f"r{quality}", "ACGT"
                read.reference_id, read.reference_start = 0, start + 10 * quality
                read.cigarstring, read.mapping_quality = "4M", quality
                out.write(read)
    genome = Chromosomes(("chr1",), (90_000,))
    for given_least, kept in ((None, 6 - least), (5, 1), (0, 6)):
        settings = PairSettings(min_mapq=given_least)
        mates, counts = pairs_from_bams([paths], genome, tmp_path / "o.gz", settings)
        assert (mates.both_unique, counts.valid) == (kept, kept)


@pytest.mark.parametrize("size", [1 << 31, 2_200_000_001])
def test_chromosomes_of_two_to_the_31_are_refused(tmp_path, size):
    text = f"#chromsize: chr1 {size}\n#columns: {NAMES}\n.\tchr1\t100\tchr1\t{size - 9}\t+\t-\n"
    with pytest.raises(InputError, match="too long"):
        filtered(tmp_path, text)
    (tmp_path / "sizes").write_text(f"chr1\t{size}\n")
    with pytest.raises(InputError, match="too long"):
        read_chromosomes(tmp_path / "sizes")
    largest = (1 << 31) - 1
    text = text.replace(str(size), str(largest)).replace(str(size - 9), str(largest))
    assert filtered(tmp_path, text)[0] == [(0, 100, 0, largest)]


def test_twenty_thousand_scaffolds_take_seconds(tmp_path):
    names = tuple(f"scaffold_{i}" for i in range(20_000))
    genome = Chromosomes(names, (100_000,) * 20_000)
    (tmp_path / "sizes").write_text("".join(f"{name}\t100000\n" for name in names))
    rng = np.random.default_rng(1)
    ends = rng.integers(0, 20_000, (20_000, 2))
    text = "".join(f"#chromsize: {name} 100000\n" for name in names) + f"#columns: {NAMES}\n"
    text += "".join(f".\tscaffold_{a}\t5\tscaffold_{b}\t5\t+\t+\n" for a, b in ends)
    before = time.process_time()
    assert len(genome.require_same(names, genome.sizes, "here")) == 20_000
    chosen = read_chromosomes(tmp_path / "sizes")
    kept, *_ = filtered(tmp_path, text, chosen, min_distance=0)
    assert time.process_time() - before < 20
    assert len(kept) == len({tuple(sorted(pair)) for pair in ends.tolist()})


@pytest.mark.parametrize(("dropped", "named"), [(("chrM", "MT"), False), (("NC_012920.1",), True)])
def test_mitochondrion_under_another_name(tmp_path, caplog, dropped, named):
    text = f"#chromsize: NC_000001.11 10000000\n#chromsize: NC_012920.1 16569\n#columns: {NAMES}\n"
    text += "a\tNC_000001.11\t10001\tNC_000001.11\t200001\t+\t-\n"
    text += "".join(
        f"m{i}\tNC_012920.1\t{101 + i}\tNC_012920.1\t{8001 + i}\t+\t-\n" for i in range(40)
    )
    with caplog.at_level(logging.WARNING):
        _, mates, counts = filtered(tmp_path, text, drop_chromosomes=dropped)
    table = qc_table("s", None, mates, counts).set_index("metric")
    assert counts.valid == (1 if named else 41)
    assert (
        "chrM, MT not in the genome; NC_012920.1 (16,569 bp) holds 40 of 41" in caplog.text
    ) != named
    assert ("short_chromosome_fraction" in table.index) != named
    if not named:
        assert table.loc["short_chromosome_fraction", "verdict"] == "bad"
        assert "hichip.drop_chromosomes" in table.loc["short_chromosome_fraction", "meaning"]


def test_names_with_hash_are_names(tmp_path):
    """As pangenomes write them; a comment is a whole line."""
    (tmp_path / "c").write_text(
        "#chromosome1\tstart1\tend1\tchromosome2\tstart2\tend2\tcount\n"
        "HG002#1#chr1\t0\t5000\tHG002#1#chr1\t20000\t25000\t1\n# comment\n"
        "NA\t0\t5000\tnan\t20000\t25000\t2\n"
    )
    table = read_contacts(tmp_path / "c")
    assert table["chromosome1"].tolist() == ["HG002#1#chr1", "NA"]
    assert table["chromosome2"].tolist() == ["HG002#1#chr1", "nan"]
    assert table["count"].tolist() == [1, 2]
    (tmp_path / "d").write_text("a#1\t0\t5000\t9\n#x\nNA\t0\t5000\t8\n")
    assert read_depth(tmp_path / "d")["reads"].sum() == 17


ends = st.tuples(st.integers(0, 1), st.integers(1, 5_000_000), st.sampled_from("+-"))
pairs = st.lists(st.tuples(ends, ends, st.integers(0, 3), st.integers(0, 3)), max_size=40)


@settings(max_examples=80, deadline=None)
@given(pairs, st.permutations(range(9)), st.integers(0, 3))
def test_any_pairs_are_those_of_a_plain_reader(tmp_path_factory, found, order, least):
    """Sorted, flipped, without duplicates, close pairs and reads of low quality; any columns."""
    folder = tmp_path_factory.mktemp("any")
    names = [*NAMES.split(), "mapq1", "mapq2"]
    lines = []
    for (c1, p1, s1), (c2, p2, s2), q1, q2 in found:
        cells = [".", f"chr{c1 + 1}", p1, f"chr{c2 + 1}", p2, s1, s2, q1, q2]
        lines.append("\t".join(str(cells[i]) for i in order))
    text = HEAD + " ".join(names[i] for i in order) + "\n" + "\n".join(lines)
    expected = {
        tuple(sorted([(c1, p1, s1 == "-"), (c2, p2, s2 == "-")]))
        for (c1, p1, s1), (c2, p2, s2), q1, q2 in found
        if min(q1, q2) >= least
    }
    right = sorted((a[0], a[1], b[0], b[1]) for a, b in expected
                   if a[0] != b[0] or b[1] - a[1] >= 1000)  # fmt: skip
    assert sorted(filtered(folder, text, min_mapq=least)[0]) == right
