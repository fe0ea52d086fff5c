"""The end of a gzip file: healthy ones pass whatever wrote them, cut ones never do."""

import gzip
import random
import zlib

import pysam
import pytest
from isal import igzip
from small_project import reads

from deepexpr.checks.gzip_ends import check_gzip_end
from deepexpr.errors import InputError

TEXT = reads(1, 5000).encode()


def flushed(data: bytes) -> bytes:
    """A stream whose last block is empty, as programs that flush write it."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH) + packer.flush()


WRITERS = {
    "gzip -1": lambda data: gzip.compress(data, 1),
    "gzip -6": lambda data: gzip.compress(data, 6),
    "gzip -9": lambda data: gzip.compress(data, 9),
    "isa-l": lambda data: igzip.compress(data, 1),
    "stored": lambda data: gzip.compress(data, 0),
    "several members": lambda data: gzip.compress(data) + gzip.compress(data[:900]),
    "flushed": flushed,
    "short": lambda data: gzip.compress(data[:40]),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_healthy_ends_pass(tmp_path, writer):
    path = tmp_path / "x.gz"
    path.write_bytes(WRITERS[writer](TEXT))
    check_gzip_end(path, "file")


def test_flushed_files_pass_from_their_end_alone(tmp_path, monkeypatch):
    path = tmp_path / "x.gz"
    with gzip.open(path, "wt") as handle:
        handle.write(TEXT.decode())
    monkeypatch.setattr("deepexpr.checks.gzip_ends.reading", None)
    check_gzip_end(path, "file")


@pytest.mark.parametrize("writer", ["gzip -1", "gzip -6", "gzip -9", "isa-l"])
def test_the_last_block_is_found_without_reading_the_file(tmp_path, monkeypatch, writer):
    path = tmp_path / "x.gz"
    path.write_bytes(WRITERS[writer](TEXT))
    monkeypatch.setattr("deepexpr.checks.gzip_ends.reading", None)
    check_gzip_end(path, "file")


def test_cut_files_never_pass(tmp_path):
    whole = gzip.compress(TEXT)
    draw, path = random.Random(1), tmp_path / "x.gz"
    for _ in range(8):
        path.write_bytes(whole[: draw.randrange(len(whole) // 2, len(whole) - 1)])
        with pytest.raises(InputError, match="damaged or cut gzip"):
            check_gzip_end(path, "file")


def test_bgzf_ends_in_its_marker(tmp_path):
    path = tmp_path / "x.gz"
    with pysam.BGZFile(str(path), "wb") as handle:
        handle.write(TEXT)
    check_gzip_end(path, "file")
    path.write_bytes(path.read_bytes()[:-28][:-1000])
    with pytest.raises(InputError, match="damaged or cut gzip"):
        check_gzip_end(path, "file")


def test_real_reads_pass_from_their_end_alone(shared_data, monkeypatch):
    monkeypatch.setattr("deepexpr.checks.gzip_ends.reading", None)
    paths = sorted((shared_data / "reads").glob("*/*.fastq.gz"))
    assert len(paths) == 14
    for path in paths:
        check_gzip_end(path, "file")
