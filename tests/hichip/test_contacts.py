"""Pairs to contacts and depths, by hand and against a plain count."""

import gzip
import tracemalloc
from collections import Counter

import numpy as np
import pytest

from deepexpr import schemas
from deepexpr.cli import main
from deepexpr.errors import InputError
from deepexpr.files import read_table
from deepexpr.hichip import contacts as module
from deepexpr.hichip.anchors import bins, read_anchors
from deepexpr.hichip.bam_mates import PairBatch
from deepexpr.hichip.chromosomes import Chromosomes
from deepexpr.hichip.contacts import count_contacts
from deepexpr.hichip.runs import Tally
from deepexpr.hichip.settings import ContactSettings

GENOME = Chromosomes(("chr2", "chr10"), (52_000, 20_000), "test.sizes")

PAIRS = """## pairs format v1.0
#chromsize: chr2 52000
#chromsize: chr10 20000
#columns: readID chr1 pos1 chr2 pos2 strand1 strand2
.\tchr2\t1\tchr2\t5000\t+\t-
.\tchr2\t5000\tchr2\t5001\t+\t-
.\tchr2\t4999\tchr2\t10000\t+\t-
.\tchr2\t9000\tchr2\t2000\t+\t-
.\tchr2\t100\tchr2\t52000\t+\t-
.\tchr2\t100\tchr10\t20000\t+\t-
"""


@pytest.fixture
def run(tmp_path):
    def count(*more, pairs=PAIRS):
        (tmp_path / "in.pairs").write_text(pairs)
        out = tmp_path / "out"
        argv = [
            "contacts", "--pairs", tmp_path / "in.pairs", "--output", out / "contacts.tsv.gz",
            "--depth", out / "depth.tsv.gz", *more,
        ]  # fmt: skip
        assert main([str(a) for a in argv]) == 0
        return [
            read_table(out / name, columns).values.tolist()
            for name, columns in (
                ("contacts.tsv.gz", schemas.CONTACTS),
                ("depth.tsv.gz", schemas.DEPTH),
            )
        ]

    return count


def test_bins_by_hand(run):
    contacts, depth = run()
    assert contacts == [
        ["chr2", 0, 5000, "chr2", 5000, 10000, 3],
        ["chr2", 0, 5000, "chr2", 50000, 52000, 1],
    ]
    assert depth == [
        ["chr2", 0, 5000, 7],
        ["chr2", 5000, 10000, 3],
        ["chr2", 50000, 52000, 1],
        ["chr10", 15000, 20000, 1],
    ]


def test_max_distance_is_between_midpoints_and_inclusive(run):
    contacts, depth = run("--max-distance", 5000)
    assert [row[-1] for row in contacts] == [3]
    assert run("--max-distance", 4999)[0] == []
    # Depth counts every valid pair, whatever becomes of its contact.
    assert run("--max-distance", 4999)[1] == depth
    assert len(run("--max-distance", 48_500)[0]) == 2
    assert len(run("--max-distance", 48_499)[0]) == 1


def test_trans_on_request(run):
    assert run("--keep-trans")[0][-1] == ["chr2", 0, 5000, "chr10", 15000, 20000, 1]


def test_peaks_as_anchors(run, tmp_path):
    bed = tmp_path / "peaks.bed"
    bed.write_text(
        "track name=x\nchr10\t19999\t20000\tp\nchr2\t4999\t5001\tq\nchr2\t0\t100\nchr2\t50\t200\n"
        "chr2\t51999\t52000\n"
    )
    contacts, depth = run("--anchors", bed)
    assert contacts == [
        ["chr2", 0, 200, "chr2", 4999, 5001, 1],
        ["chr2", 0, 200, "chr2", 51999, 52000, 1],
    ]
    assert depth == [
        ["chr2", 0, 200, 3],
        ["chr2", 4999, 5001, 3],
        ["chr2", 51999, 52000, 1],
        ["chr10", 19999, 20000, 1],
    ]


def test_no_pairs_give_empty_tables_with_headers(run, tmp_path):
    contacts, depth = run(pairs=PAIRS[: PAIRS.index(".\t")])
    assert contacts == depth == []
    header = gzip.decompress((tmp_path / "out" / "contacts.tsv.gz").read_bytes())
    assert header == b"#chromosome1\tstart1\tend1\tchromosome2\tstart2\tend2\tcount\n"


def test_the_same_pairs_give_the_same_bytes(run, tmp_path):
    run()
    first = (tmp_path / "out" / "contacts.tsv.gz").read_bytes()
    run()
    assert (tmp_path / "out" / "contacts.tsv.gz").read_bytes() == first


def test_merging_of_many_batches_equals_a_plain_count(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "ROWS", 3)
    rng = np.random.default_rng(5)
    anchors = bins(GENOME, 1000)
    batches, plain, depth = [], Counter(), Counter()
    for _ in range(20):
        chromosome = rng.integers(0, 2, (50, 2)).astype(np.int32)
        position = rng.integers(1, 20_001, (50, 2))
        batches.append(PairBatch(chromosome, position, np.zeros((50, 2), np.uint8)))
        for (c1, c2), (p1, p2) in zip(chromosome.tolist(), position.tolist(), strict=True):
            ends = sorted([(c1, (p1 - 1) // 1000), (c2, (p2 - 1) // 1000)])
            depth.update(ends)
            if ends[0] != ends[1] and c1 == c2:
                plain[tuple(ends)] += 1

    def place(i):
        return int(anchors.chromosome[i]), int(anchors.start[i]) // 1000

    with Tally(tmp_path, held=100) as tally:
        found = count_contacts(batches, anchors, ContactSettings(), tally)
        parts = list(found.parts)
    assert len(parts) > 2
    rows = [row for part in parts for row in zip(*part, strict=True)]
    got = {(place(a), place(b)): int(n) for a, b, n in rows}
    assert len(got) == len(rows)
    assert got == plain
    assert {place(i): int(n) for i, n in enumerate(found.depth) if n} == depth


def test_bins_cover_each_chromosome_once():
    anchors = bins(GENOME, 5000)
    assert len(anchors) == 11 + 4
    assert anchors.end[10] == 52_000
    assert anchors.assign(np.array([1]), np.array([0])).tolist() == [11]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("chr3\t0\t10\n", "Unknown chromosome"),
        ("chr2\t10\t10\n", "Not a BED line"),
        ("chr2 1 10\n", "Not a BED line"),
        ("chr2\t0\t52001\n", "beyond the end"),
        ("# nothing\n", "no anchors"),
    ],
)
def test_bad_anchors(tmp_path, line, message):
    (tmp_path / "a.bed").write_text(line)
    with pytest.raises(InputError, match=message):
        read_anchors(tmp_path / "a.bed", GENOME)


@pytest.mark.parametrize("option", ["--resolution", "--max-distance"])
def test_settings_out_of_range(tmp_path, capsys, option):
    (tmp_path / "p").write_text(PAIRS)
    argv = ["contacts", "--pairs", tmp_path / "p", "--output", tmp_path / "o", "--depth",
            tmp_path / "d", option, 0]  # fmt: skip
    with pytest.raises(SystemExit) as stop:
        main([str(a) for a in argv])
    assert stop.value.code == 2
    assert f"argument {option}: 0 is less than the minimum of" in capsys.readouterr().err


@pytest.mark.parametrize("order", ["sorted", "shuffled", "two sorted files", "all equal", "none"])
@pytest.mark.parametrize("held", [50, 10_000])
def test_counts_are_the_same_in_whatever_order_keys_come(order, held, tmp_path):
    rng = np.random.default_rng(8)
    one = rng.integers(0, 40, (4000, 2)).min(axis=1)
    keys = (one if order == "shuffled" else np.sort(one)) * 40 + rng.integers(0, 40, 4000)
    if order == "two sorted files":
        keys = np.r_[keys[::2], keys[1::2]]
    elif order == "all equal":
        keys = np.full(4000, 1 << 40)
    elif order == "none":
        keys = keys[:0]
    with Tally(tmp_path, held) as tally:
        for part in np.array_split(keys, 37):
            tally.add(part)
        windows = [(found.copy(), count.copy()) for found, count in tally.counted()]
    found, count = (np.concatenate(side) for side in zip(*windows, strict=True))
    distinct, wanted = np.unique(keys, return_counts=True)
    assert found.tolist() == distinct.tolist()
    assert count.tolist() == wanted.tolist()
    if order == "sorted" and held == 50:
        assert max(len(part) for part, _ in windows) < 200  # what is in memory at a time
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_memory_does_not_grow_with_the_contacts(tmp_path):
    """Three million sorted keys, all distinct: what is held is a tenth of them."""
    keys = np.arange(3_000_000)
    tracemalloc.start()
    with Tally(tmp_path, held=100_000) as tally:
        for part in np.array_split(keys, 300):
            tally.add(part.copy())
        number = sum(len(part) for part, _ in tally.counted())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert number == len(keys)
    assert peak < len(keys) * 12 / 2
