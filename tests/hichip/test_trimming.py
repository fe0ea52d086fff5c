"""Trimming: what is kept, what is counted, and every way in which two FASTQ files go wrong."""

import gzip
import os
import re
import resource
import threading
from pathlib import Path

import numpy as np
import pytest

from deepexpr.cli import main
from deepexpr.errors import InputError
from deepexpr.files import read_table
from deepexpr.hichip import streams
from deepexpr.hichip.enzymes import expand, junctions, parse_enzymes
from deepexpr.hichip.settings import TrimSettings
from deepexpr.hichip.trimming import trim_files

REAL = Path(__file__).parents[3] / "shared" / "data" / "reads" / "hichip"
PLAIN = "ACGTTGCAACGTTGCAACGTTGCA"


def fastq(reads, mark="", names=None):
    names = names or [f"read{i}" for i in range(len(reads))]
    return "".join(
        f"@{name}{mark} comment\n{read}\n+\n{'I' * len(read)}\n"
        for name, read in zip(names, reads, strict=True)
    ).encode()


def records(path):
    with gzip.open(path, "rt") as handle:
        lines = handle.read().splitlines()
    assert all(line == "+" for line in lines[2::4])
    assert [len(s) for s in lines[1::4]] == [len(q) for q in lines[3::4]]
    return dict(zip(lines[0::4], lines[1::4], strict=True))


@pytest.fixture
def run(tmp_path):
    """Trim two byte strings; gives (reads 1, reads 2, metrics)."""

    def trim(one, two, enzyme="MboI", **settings):
        paths = [tmp_path / "in_1.fastq.gz", tmp_path / "in_2.fastq.gz"]
        for path, data in zip(paths, (one, two), strict=True):
            path.write_bytes(gzip.compress(data))
        return trim_paths(paths, enzyme, **settings)

    def trim_paths(paths, enzyme="MboI", **settings):
        out = [tmp_path / "out" / "1.fastq.gz", tmp_path / "out" / "2.fastq.gz"]
        stats = tmp_path / "out" / "stats.tsv"
        settings = {"min_trimmed_fraction": 0.0, "min_length": 1, **settings}
        trim_files(paths, out, stats, TrimSettings(enzyme=enzyme, **settings))
        table = read_table(stats, ("metric", "value"))
        return records(out[0]), records(out[1]), dict(zip(*table.values.T, strict=True))

    trim.paths = trim_paths
    trim.folder = tmp_path / "out"
    return trim


@pytest.mark.parametrize(
    ("read", "kept", "metric"),
    [
        (PLAIN, PLAIN, None),
        (PLAIN + "GATCGATC" + PLAIN, PLAIN + "GATC", "full"),
        (PLAIN + "GATCGATC", PLAIN + "GATC", "full"),
        (PLAIN + "GATCGATCGATC" + PLAIN, PLAIN + "GATC", "full"),
        (PLAIN + "GATCGAT", PLAIN + "GATC", "partial"),
        (PLAIN + "GATCGA", PLAIN + "GATC", "partial"),
        (PLAIN + "GATCG", PLAIN + "GATC", "partial"),
        (PLAIN + "GATC", PLAIN + "GATC", None),
        (PLAIN + "GATCG" + PLAIN, PLAIN + "GATCG" + PLAIN, None),
        ("GATCGATC" + PLAIN, "GATC", "full"),
        (PLAIN + "gatcgatc" + PLAIN, PLAIN + "gatc", "full"),
        (PLAIN + "GATCNATC" + PLAIN, PLAIN + "GATCNATC" + PLAIN, None),
    ],
)
def test_what_is_kept_of_a_read(run, read, kept, metric):
    one, two, counts = run(fastq([read]), fastq([PLAIN]))
    assert one == {"@read0 comment": kept}
    assert two == {"@read0 comment": PLAIN}
    assert counts["r1_full_junctions"] == (metric == "full")
    assert counts["r1_partial_junctions"] == (metric == "partial")
    assert counts["r2_full_junctions"] == counts["r2_partial_junctions"] == 0
    # The second mate is treated alike.
    two = run(fastq([PLAIN]), fastq([read]))[1]
    assert two == {"@read0 comment": kept}


def test_a_short_mate_takes_the_other_along(run):
    short = "A" * 15 + "GATCGATC" + PLAIN  # 19 are kept
    enough = "A" * 16 + "GATCGATC" + PLAIN
    one, two, counts = run(fastq([short, enough, PLAIN]), fastq([PLAIN] * 3), min_length=20)
    assert list(one) == list(two) == ["@read1 comment", "@read2 comment"]
    assert counts["dropped_pairs"] == 1
    assert counts["written_pairs"] == 2
    assert counts["read_pairs"] == 3
    assert counts["r1_trimmed_fraction"] == pytest.approx(2 / 3)
    assert counts["trimmed_fraction"] == pytest.approx(2 / 6)


def by_regex(read, enzyme):
    """The same answer from the definition: the earliest ligation point, full or partial."""
    cuts = [len(read)]
    for junction in junctions(parse_enzymes(enzyme)):
        for word in expand(junction.sequence):
            cuts += [m.start() + junction.left for m in re.finditer(f"(?={word})", read)]
            for k in range(junction.left + 1, len(word)):
                if read.endswith(word[:k]):
                    cuts.append(len(read) - k + junction.left)
    return read[: min(cuts)]


@pytest.mark.parametrize(
    "enzyme", ["MboI", "Arima", "HindIII", "NlaIII", "MboI,HinfI,HindIII,NlaIII,AG^CT"]
)
def test_random_reads_agree_with_the_definition(run, enzyme):
    rng = np.random.default_rng(7)
    words = [w for j in junctions(parse_enzymes(enzyme)) for w in expand(j.sequence)]
    reads = []
    for _ in range(400):
        letters = rng.choice(list("ACGT"), 60)
        word = list(words[rng.integers(len(words))])
        at = int(rng.integers(60))
        letters[at : at + len(word)] = word[: 60 - at]
        reads.append("".join(letters))
    one, _, counts = run(fastq(reads), fastq([PLAIN] * 400), enzyme)
    assert list(one.values()) == [by_regex(read, enzyme) for read in reads]
    assert counts["r1_full_junctions"] > 200


def test_small_windows_give_the_same_bytes(run, monkeypatch):
    rng = np.random.default_rng(1)
    reads = [
        "".join(rng.choice(list("ACGT"), rng.integers(30, 90))) + "GATCGATC" for _ in range(300)
    ]
    whole = run(fastq(reads), fastq(reads[::-1]))
    first = [path.read_bytes() for path in sorted(run.folder.iterdir())]
    monkeypatch.setattr(streams, "WINDOW", 64)
    assert run(fastq(reads), fastq(reads[::-1])) == whole
    again = [path.read_bytes() for path in sorted(run.folder.iterdir())]
    assert [gzip.decompress(a) if a[:1] == b"\x1f" else a for a in again] == [
        gzip.decompress(a) if a[:1] == b"\x1f" else a for a in first
    ]


def test_the_same_input_gives_the_same_bytes(run):
    data = fastq([PLAIN + "GATCGATC"] * 50)
    run(data, data)
    first = {path.name: path.read_bytes() for path in run.folder.iterdir()}
    run(data, data)
    assert {path.name: path.read_bytes() for path in run.folder.iterdir()} == first


def test_threads_change_nothing(run):
    data = fastq([PLAIN + "GATCGATC", PLAIN])
    assert run(data, data, threads=2) == run(data, data)


def test_marks_sra_names_and_a_missing_last_newline(run):
    one, two, _ = run(fastq([PLAIN] * 2, "/1"), fastq([PLAIN] * 2, "/2").rstrip(b"\n"))
    assert list(one) == ["@read0/1 comment", "@read1/1 comment"]
    assert len(two) == 2
    assert len(run(fastq([PLAIN] * 2, ".1"), fastq([PLAIN] * 2, ".2"))[0]) == 2


def test_plain_input_and_repeated_plus_lines(run, tmp_path):
    path1, path2 = tmp_path / "a.fastq", tmp_path / "b.fastq"
    path1.write_bytes(fastq([PLAIN]).replace(b"\n+\n", b"\n+read0 comment\n"))
    path2.write_bytes(fastq([PLAIN]))
    assert run.paths([path1, path2])[0] == {"@read0 comment": PLAIN}


FAULTS = {
    "names": (fastq([PLAIN] * 2), fastq([PLAIN] * 2, names=["read0", "other"]), "names"),
    "order": (
        fastq([PLAIN] * 2),
        fastq([PLAIN] * 2, names=["read1", "read0"]),
        "names of the mates differ",
    ),
    "fewer in R2": (fastq([PLAIN] * 3), fastq([PLAIN] * 2), "same number of reads"),
    "fewer in R1": (fastq([PLAIN] * 2), fastq([PLAIN] * 3), "same number of reads"),
    "mixed marks": (
        fastq([PLAIN], "/1") + fastq([PLAIN]),
        fastq([PLAIN], "/2") + fastq([PLAIN]),
        "inconsistently",
    ),
    "mark on one side": (fastq([PLAIN], "/1"), fastq([PLAIN]), "inconsistently"),
    "swapped": (fastq([PLAIN], "/2"), fastq([PLAIN], "/1"), "swapped"),
    "same mate twice": (fastq([PLAIN], "/1"), fastq([PLAIN], "/1"), "same mark"),
    "windows": (
        fastq([PLAIN]).replace(b"\n", b"\r\n"),
        fastq([PLAIN]).replace(b"\n", b"\r\n"),
        "Windows line ends",
    ),
    "length 0": (fastq([PLAIN, ""]), fastq([PLAIN] * 2), "length 0"),
    "no reads": (b"", b"", "no reads"),
    "no reads in R2": (fastq([PLAIN]), b"", "same number of reads"),
    "cut record": (fastq([PLAIN] * 2), fastq([PLAIN] * 2)[:-40], "middle of a record"),
    "fasta": (b">r\nACGT\n>q\nACGT\n", b">r\nACGT\n>q\nACGT\n", "begin with @"),
    "wrapped": (b"@r\nAC\nGT\n+\nIIII\n" * 4, b"@r\nAC\nGT\n+\nIIII\n" * 4, "begin with +"),
    "qualities": (b"@r\nACGT\n+\nIII\n", fastq([PLAIN]), "differ in length"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_error_and_leaves_nothing(run, fault):
    one, two, message = FAULTS[fault]
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        run(one, two)
    assert "in_" in str(caught.value)
    assert list(run.folder.iterdir()) == []


@pytest.mark.parametrize("threads", ["1", "2"])
@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "missing", "same file"])
def test_damaged_files_end_with_exit_1(tmp_path, capsys, damage, threads):
    rng = np.random.default_rng(0)
    reads = ["".join(rng.choice(list("ACGT"), 50)) for _ in range(500)]
    paths = [tmp_path / "1.fastq.gz", tmp_path / "2.fastq.gz"]
    for path in paths:
        path.write_bytes(gzip.compress(fastq(reads)))
    data = bytearray(paths[1].read_bytes())
    if damage == "flipped":
        data[len(data) // 2] ^= 0xFF
    paths[1].write_bytes({"cut": data[: len(data) // 2], "empty": b""}.get(damage, data))
    if damage == "missing":
        paths[1].unlink()
    if damage == "same file":
        paths[1] = paths[0]
    out = tmp_path / "out"
    assert main(arguments(paths, out, "MboI", "--threads", threads)) == 1
    error = capsys.readouterr().err
    assert str(paths[1]) in error
    assert "Traceback" not in error
    assert not out.exists() or list(out.iterdir()) == []


def arguments(paths, out, enzyme, *more):
    names = ("--r1", "--r2", "--out-r1", "--out-r2", "--stats")
    values = (*paths, out / "1.fastq.gz", out / "2.fastq.gz", out / "s.tsv")
    pairs = [str(x) for pair in zip(names, values, strict=True) for x in pair]
    return ["trim", *pairs, "--enzyme", enzyme, *more]


def test_a_wrong_enzyme_stops_with_its_name_and_the_likely_cause(run):
    data = fastq([PLAIN + "GATCGATC" + PLAIN] * 100)
    with pytest.raises(InputError) as caught:
        run(data, data, "HindIII", min_trimmed_fraction=0.02)
    text = str(caught.value)
    assert "HindIII (AAGCTAGCTT)" in text
    assert "another enzyme" in text
    assert list(run.folder.iterdir()) == []
    assert run(data, data, "MboI", min_trimmed_fraction=0.02)[2]["trimmed_fraction"] == 1


def test_a_full_disk_is_one_error_and_leaves_nothing(tmp_path, capsys):
    rng = np.random.default_rng(0)
    paths = [tmp_path / "1.fastq.gz", tmp_path / "2.fastq.gz"]
    for path in paths:
        reads = ["".join(rng.choice(list("ACGT"), 50)) + "GATCGATC" for _ in range(5000)]
        path.write_bytes(gzip.compress(fastq(reads)))
    out = tmp_path / "out"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        assert main(arguments(paths, out, "MboI")) == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "File too large" in capsys.readouterr().err
    assert list(out.iterdir()) == []


def test_pipes_are_written_as_the_reads_come(run, tmp_path):
    paths = [tmp_path / "a.fastq", tmp_path / "b.fastq"]
    for path in paths:
        path.write_bytes(fastq([PLAIN + "GATCGATC"] * 9))
    pipes = [tmp_path / "p1", tmp_path / "p2"]
    got = {}

    def drain(pipe):
        got[pipe] = pipe.read_bytes()

    readers = [threading.Thread(target=drain, args=(pipe,)) for pipe in pipes]
    for pipe, reader in zip(pipes, readers, strict=True):
        os.mkfifo(pipe)
        reader.start()
    trim_files(paths, pipes, tmp_path / "stats.tsv", TrimSettings(enzyme="MboI"))
    for reader in readers:
        reader.join()
    assert got[pipes[0]] == got[pipes[1]] == fastq([PLAIN + "GATC"] * 9)
    assert all(pipe.is_fifo() for pipe in pipes)


@pytest.mark.parametrize("sample", ["MiddleFrontalGyrus1", "SubstantiaNigra2"])
def test_real_reads_hold_junctions_in_half_of_the_reads(run, sample):
    if not REAL.exists():
        pytest.skip("the real reads (../shared/data) are not here")
    paths = [next(REAL.glob(f"*{sample}*_R{mate}.fastq.gz")) for mate in (1, 2)]
    _, _, counts = run.paths(paths, min_length=20)
    assert 0.4 < counts["r1_trimmed_fraction"] < 0.6
    assert counts["dropped_pairs"] < 0.01 * counts["read_pairs"]
    with pytest.raises(InputError, match="HindIII"):
        run.paths(paths, "HindIII", min_trimmed_fraction=0.02)
