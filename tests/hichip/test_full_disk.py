"""A disk that is full: one message, exit code 1, and nothing left on it."""

import gzip
import subprocess

import numpy as np
import pytest

from deepexpr.cli import main


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 kB; skips where mounting is not permitted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    options = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    try:
        result = subprocess.run(options, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if result.returncode:
        pytest.skip(f"mounting a small disk is not permitted here: {result.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fails_and_leaves_nothing(arguments, folder, capsys):
    assert main([str(a) for a in arguments]) == 1
    error = capsys.readouterr().err
    assert "No space left on device" in error
    assert f"where: {folder}" in error
    assert "Traceback" not in error
    assert [p.name for p in folder.rglob("*") if p.is_file()] == []


def test_trimming(small_disk, tmp_path, capsys):
    rng = np.random.default_rng(0)
    for mate in (1, 2):
        reads = ["".join(rng.choice(list("ACGT"), 50)) + "GATCGATC" for _ in range(5000)]
        text = "".join(f"@r{i}\n{r}\n+\n{'I' * len(r)}\n" for i, r in enumerate(reads))
        (tmp_path / f"{mate}.fq.gz").write_bytes(gzip.compress(text.encode(), 1))
    arguments = ["trim", "--r1", tmp_path / "1.fq.gz", "--r2", tmp_path / "2.fq.gz", "--enzyme",
                 "MboI", "--out-r1", small_disk / "1.fq.gz", "--out-r2", small_disk / "2.fq.gz",
                 "--stats", small_disk / "s.tsv"]  # fmt: skip
    fails_and_leaves_nothing(arguments, small_disk, capsys)


@pytest.mark.parametrize("verb", ["pairs", "contacts", "ends"])
def test_pairs_and_what_is_made_of_them(small_disk, tmp_path, capsys, verb):
    """Far more pairs than fit, sorted where they are written."""
    rng = np.random.default_rng(1)
    positions = np.sort(rng.integers(1, 90_000_000, (60_000, 2)), axis=1)
    source, sizes = tmp_path / "in.pairs", tmp_path / "sizes"
    sizes.write_text("chr1\t90000000\n")
    source.write_text(
        "#chromsize: chr1 90000000\n#columns: readID chr1 pos1 chr2 pos2 strand1 strand2\n"
        + "".join(f".\tchr1\t{a}\tchr1\t{b}\t+\t-\n" for a, b in positions)
    )
    more = {
        "pairs": ["--sample", "s", "--chrom-sizes", sizes, "--qc", small_disk / "qc.tsv"],
        "contacts": ["--depth", small_disk / "d.tsv.gz", "--max-distance", 10**9],
        "ends": [],
    }[verb]
    arguments = [verb, "--pairs", source, "--output", small_disk / "out.gz", *more]
    fails_and_leaves_nothing(arguments, small_disk, capsys)
