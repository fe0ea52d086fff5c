"""Compressed bytes depend on the data alone: not on memory, threads or how the data come."""

import bz2
import gzip
import io
import lzma
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pysam
import pytest

from deepexpr.compression import (
    BGZF_END,
    BLOCK,
    BgzfWriter,
    has_bgzf_end,
    is_bgzf,
    is_gzip,
    writing_bytes,
)
from deepexpr.errors import InputError
from deepexpr.files import reading


def pairs_text(n: int) -> bytes:
    """Lines as of a .pairs file, and a stretch that cannot be compressed."""
    rng = np.random.default_rng(4)
    places = np.sort(rng.integers(1, 60_000_000, (n, 2)), axis=1)
    text = "".join(f".\tchr1\t{a}\tchr1\t{b}\t+\t-\tUU\n" for a, b in places.tolist()).encode()
    return text + rng.bytes(3 * BLOCK) + text


def packed(data: bytes, piece: int, threads: int = 0) -> bytes:
    handle = io.BytesIO()
    writer = BgzfWriter(handle, threads)
    for start in range(0, len(data), piece):
        writer.write(data[start : start + piece])
    writer.close()
    return handle.getvalue()


def test_bytes_depend_on_the_data_alone():
    data = pairs_text(20_000)
    once = packed(data, len(data))
    assert gzip.decompress(once) == data
    with ThreadPoolExecutor(8) as pool:  # several files at a time, each by its own threads
        tasks = [(1000, 0), (BLOCK, 2), (99_991, 4), (1 << 22, 3)] * 4
        assert {*pool.map(lambda task: packed(data, *task), tasks)} == {once}


def test_bytes_under_memory_pressure(tmp_path):
    """Little memory is left, and what is there was used before: nothing of it reaches the file."""
    data = pairs_text(20_000)
    (tmp_path / "data").write_bytes(data)
    script = (
        "import resource, sys; from deepexpr.compression import writing_bytes\n"
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n"
        "data = open(sys.argv[1], 'rb').read()\n"
        "junk = [bytes([i % 256]) * (i * 37) for i in range(4000)]; del junk[::2]\n"
        "with writing_bytes(sys.argv[2], int(sys.argv[3])) as handle:\n"
        "    for i in range(0, len(data), 70_001):\n"
        "        junk.pop(); handle.write(data[i : i + 70_001])\n"
    )

    for threads in (0, 2):
        path = tmp_path / f"{threads}.gz"
        command = [sys.executable, "-c", script, str(tmp_path / "data"), str(path), str(threads)]
        # The child limits itself: a `preexec_fn` can hang where the parent has threads.
        subprocess.run(command, check=True)
        assert path.read_bytes() == packed(data, len(data))


def test_what_a_file_is(tmp_path):
    for name, content, known in [
        ("plain", b"text", (False, False, False)),
        ("gzip", gzip.compress(b"text"), (True, False, False)),
        ("bgzf", packed(b"text", 9), (True, True, True)),
        ("cut", packed(b"text", 9)[: -len(BGZF_END)], (True, True, False)),
        ("empty", b"", (False, False, False)),
    ]:
        path = tmp_path / name
        path.write_bytes(content)
        assert (is_gzip(path), is_bgzf(path), has_bgzf_end(path)) == known, name


def test_the_name_decides(tmp_path, capfdbinary):
    for name in ("a.txt", "a.gz", "-"):
        with writing_bytes("-" if name == "-" else tmp_path / name) as handle:
            handle.write(b"line\n" * 5)
    assert (tmp_path / "a.txt").read_bytes() == capfdbinary.readouterr().out == b"line\n" * 5
    with pysam.BGZFile(str(tmp_path / "a.gz")) as handle:
        assert handle.read(100) == b"line\n" * 5


def test_a_failure_leaves_the_end_unmarked(tmp_path):
    def fail():
        with writing_bytes(tmp_path / "a.gz", 1) as handle:
            handle.write(b"text")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert not has_bgzf_end(tmp_path / "a.gz")


@pytest.mark.parametrize(("pack", "name"), [(bz2.compress, "bzip2"), (lzma.compress, "xz")])
def test_other_compressions_of_text_are_named(tmp_path, pack, name):
    path = tmp_path / "genome.fa"
    path.write_bytes(pack(b">chr1\nACGT\n"))
    with (
        pytest.raises(InputError, match=f"The genome is packed by {name}"),
        reading(path, "genome"),
    ):
        pass
