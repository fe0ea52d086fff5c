"""What the neighbours read in our files, and whether they come to the same numbers."""

import gzip
import subprocess
import sys
from pathlib import Path

import cooler
import numpy as np
import pytest

from deepexpr.cli import main
from deepexpr.files import read_table
from deepexpr.hichip.bam_mates import PairBatch
from deepexpr.hichip.bedpe import read_contacts
from deepexpr.hichip.chromosomes import Chromosomes
from deepexpr.hichip.pair_store import PairStore
from deepexpr.hichip.pairs_format import PairsWriter

pytestmark = pytest.mark.slow  # other tools, on real reads
REAL = Path(__file__).parents[3] / "shared" / "data" / "reads" / "hichip"
GENOME = Chromosomes(("chr2", "chr10", "chrX"), (3_000_000, 2_000_000, 1_000_000), "test")
TOOLS = Path(sys.executable).parent


def tool(*arguments):
    """Run a tool of this environment without a warning or error; its standard output."""
    name, *rest = map(str, arguments)
    result = subprocess.run([TOOLS / name, *rest], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "rror" not in result.stderr, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """A raw file of pairs with duplicates, as another tool writes it, and our verb's output."""
    folder = tmp_path_factory.mktemp("neighbours")
    rng = np.random.default_rng(5)
    chromosome = np.sort(rng.choice(3, (6000, 2), p=[0.5, 0.3, 0.2]).astype(np.int32), axis=1)
    chromosome[:4000, 1] = chromosome[:4000, 0]
    position = rng.integers(1, 1_000_000, (6000, 2))
    position[:2000, 1] = np.minimum(position[:2000, 0] + rng.integers(1, 900, 2000), 1_000_000)
    reverse = rng.integers(0, 2, (6000, 2)).astype(np.uint8)
    batch = PairBatch(*(np.append(a, a[::7], axis=0) for a in (chromosome, position, reverse)))
    raw = folder / "raw.pairs"
    lines = ["## pairs format v1.0"]
    lines += [f"#chromsize: {n} {s}" for n, s in zip(GENOME.names, GENOME.sizes, strict=True)]
    lines += ["#columns: readID chrom1 pos1 chrom2 pos2 strand1 strand2 pair_type"]
    for i, (c, p, r) in enumerate(zip(*(a.tolist() for a in batch), strict=True)):
        names, strands = [GENOME.names[x] for x in c], ["+-"[x] for x in r]
        lines.append(
            f"r{i}\t{names[0]}\t{p[0]}\t{names[1]}\t{p[1]}\t{strands[0]}\t{strands[1]}\tUU"
        )
    raw.write_text("\n".join(lines) + "\n")
    (folder / "sizes").write_text(
        "".join(f"{n}\t{s}\n" for n, s in zip(GENOME.names, GENOME.sizes, strict=True))
    )
    arguments = ["pairs", "--pairs", raw, "--sample", "s", "--chrom-sizes", folder / "sizes",
                 "--min-distance", "0", "--output", folder / "p.pairs.gz",
                 "--qc", folder / "qc.tsv"]  # fmt: skip
    assert main([str(a) for a in arguments]) == 0
    return folder


def statistics(path):
    text = tool("pairtools", "stats", path)
    numbers = (line.split("\t")[:2] for line in text.splitlines())
    return {name: float(value) for name, value in numbers if value.replace(".", "").isdigit()}


def test_pairtools_stats_agree_with_the_qc(simulated):
    found = statistics(simulated / "p.pairs.gz")
    qc = read_table(simulated / "qc.tsv").set_index("metric")["value"]
    assert (
        found["total"]
        == found["total_mapped"]
        == qc["valid_pairs"]
        == qc["both_unique"] - qc["duplicates"]
    )
    assert found["trans"] == qc["trans"]
    assert found["cis"] == qc[["cis_below_1kb", "cis_1kb_to_20kb", "cis_above_20kb"]].sum()
    assert found["cis_1kb+"] == pytest.approx(
        qc["cis_1kb_to_20kb"] + qc["cis_above_20kb"], abs=2
    )  # they count exactly 1,000 bp on one side of the border, we on the other


def test_pairtools_finds_the_same_duplicates(simulated):
    tool(
        "pairtools",
        "flip",
        "-c",
        simulated / "sizes",
        "-o",
        simulated / "f",
        simulated / "raw.pairs",
    )
    tool("pairtools", "sort", "-o", simulated / "s", simulated / "f")
    tool("pairtools", "dedup", "--max-mismatch", "0", "--output-stats", simulated / "stats",
         "-o", simulated / "d", simulated / "s")  # fmt: skip
    found = dict(line.split("\t")[:2] for line in (simulated / "stats").read_text().splitlines())
    qc = read_table(simulated / "qc.tsv").set_index("metric")["value"]
    assert float(found["total_dups"]) == qc["duplicates"] > 800
    # Nothing is left to take out of our own output.
    tool("pairtools", "dedup", "--max-mismatch", "0", "--output-stats", simulated / "again",
         "-o", simulated / "d2", simulated / "p.pairs.gz")  # fmt: skip
    again = dict(line.split("\t")[:2] for line in (simulated / "again").read_text().splitlines())
    assert (float(again["total_dups"]), float(again["total"])) == (0, qc["valid_pairs"])


def pixels(pairs, sizes, folder, resolution=5000):
    path = folder / "t.cool"
    tool("cooler", "cload", "pairs", "-c1", 2, "-p1", 3, "-c2", 4, "-p2", 5,
         f"{sizes}:{resolution}", pairs, path)  # fmt: skip
    table = cooler.Cooler(str(path)).pixels(join=True)[:]
    other = (table["chrom1"].astype(str) != table["chrom2"].astype(str)) | (
        table["start1"] != table["start2"]
    )
    return table["count"].sum(), table[other]


def test_cooler_counts_the_same_contacts(simulated):
    """Also with the chromosomes in an order (chr2, chr10) that is not the alphabet's."""
    total, theirs = pixels(simulated / "p.pairs.gz", simulated / "sizes", simulated)
    arguments = ["contacts", "--pairs", simulated / "p.pairs.gz", "--keep-trans",
                 "--max-distance", 10**9, "--output", simulated / "c.tsv.gz",
                 "--depth", simulated / "d.tsv.gz"]  # fmt: skip
    assert main([str(a) for a in arguments]) == 0
    qc = read_table(simulated / "qc.tsv").set_index("metric")["value"]
    assert total == qc["valid_pairs"]
    ours = read_contacts(simulated / "c.tsv.gz")
    keys = ["start1", "start2", "count"]
    assert len(ours) == len(theirs) > 1000
    assert sorted(map(tuple, ours[keys].to_numpy())) != []
    # An anchor pair may stand the other way round where names sort otherwise.
    sets = [
        {(frozenset([(str(a), b), (str(c), d)]), n) for a, b, c, d, n in t[columns].to_numpy()}
        for t, columns in (
            (ours, ["chromosome1", "start1", "chromosome2", "start2", "count"]),
            (theirs, ["chrom1", "start1", "chrom2", "start2", "count"]),
        )
    ]
    assert sets[0] == sets[1]


def test_cutadapt_keeps_the_same_of_real_reads(tmp_path):
    """Full junctions: cutadapt's part and the restored half site. Partial ones stay with it."""
    if not REAL.exists():
        pytest.skip("the real reads (../shared/data) are not here")
    paths = [next(REAL.glob(f"*SubstantiaNigra2*_R{mate}.fastq.gz")) for mate in (1, 2)]
    tool("cutadapt", "-a", "GATCGATC", "-e", 0, "--no-indels", "-O", 8, "--quiet",
         "-o", tmp_path / "theirs.fq", paths[0])  # fmt: skip
    arguments = ["trim", "--r1", paths[0], "--r2", paths[1], "--enzyme", "MboI",
                 "--min-length", 1, "--out-r1", tmp_path / "1.fq", "--out-r2", tmp_path / "2.fq",
                 "--stats", tmp_path / "stats.tsv"]  # fmt: skip
    assert main([str(a) for a in arguments]) == 0
    with gzip.open(paths[0], "rt") as handle:
        raw = handle.read().splitlines()[1::4]
    ours, theirs = (
        (tmp_path / name).read_text().splitlines()[1::4] for name in ("1.fq", "theirs.fq")
    )
    full = 0
    for kept, their, read in zip(ours, theirs, raw, strict=True):
        if their != read:
            assert kept == their + "GATC"
            full += 1
        else:
            assert kept == read or read.removeprefix(kept) in ("G", "GA", "GAT")
    counts = read_table(tmp_path / "stats.tsv").set_index("metric")["value"]
    assert full == counts["r1_full_junctions"] > 10_000


def test_header_survives_pairtools_select(tmp_path):
    """pairtools rewrites a header it understands."""
    path = tmp_path / "p.pairs.gz"
    batch = PairBatch(*(np.array(a) for a in ([[0, 1]], [[5, 6]], [[0, 1]])))
    with PairStore(3, tmp_path) as store, open(path, "wb") as handle:
        store.add(batch._replace(reverse=batch.reverse.astype(np.uint8)))
        writer = PairsWriter(handle, GENOME)
        for pairs in store.sorted():
            writer.write(pairs)
        writer.close()
    text = tool("pairtools", "select", "(pair_type == 'UU')", path)
    assert text.splitlines()[-1] == ".\tchr2\t5\tchr10\t6\t+\t-\tUU"
