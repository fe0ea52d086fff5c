"""Sequencing: errors, qualities, and FASTQ text made as one array of bytes."""

import gzip
from pathlib import Path

import numpy as np

from deepexpr.letters import ASCII, CODES

#: Rows turned into text at once: keeps the working set in the cache.
_CHUNK = 20_000
#: Quality courses to choose from; few, so that files stay small.
_COURSES = 96
#: The binned scores of current Illumina instruments, and their probability at a read's start.
_SCORES = np.array([37, 25, 12, 2]) + 33
_START = np.array([0.97, 0.02, 0.008, 0.002])
_END = np.array([0.86, 0.09, 0.04, 0.01])


def sequence_reads(
    letters: np.ndarray, error_rate: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Reads and qualities (n, length) uint8 ASCII from the true letters of the same shape.

    Each letter is replaced by another with probability `error_rate`; a replaced letter has a
    low score seven times in ten. Letters other than A, C, G, T must not occur.
    """
    number, length = letters.shape
    qualities = _draw_courses(length, rng)[rng.integers(0, _COURSES, number)]
    reads = letters.copy()
    errors = np.flatnonzero(rng.random(reads.size, dtype=np.float32) < error_rate)
    flat, flat_quality = reads.reshape(-1), qualities.reshape(-1)
    shift = rng.integers(1, 4, len(errors), dtype=np.uint8)
    flat[errors] = ASCII[(CODES[flat[errors]] + shift) % 4]
    flat_quality[errors[rng.random(len(errors)) < 0.7]] = _SCORES[2]
    return reads, qualities


def write_fastq(
    path: Path, sample: str, mate: int, reads: np.ndarray, qualities: np.ndarray
) -> None:
    """Write (n, length) reads as gzip FASTQ; names are ``sample:number`` and alike in both mates.

    Level 1, no time stamp: fast, and the same reads give the same bytes.
    """
    with (
        open(path, "wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=1, fileobj=raw, mtime=0) as handle,
    ):
        for start in range(0, len(reads), _CHUNK):
            stop = min(start + _CHUNK, len(reads))
            numbers = np.arange(start + 1, stop + 1)
            handle.write(_text(sample, mate, numbers, reads[start:stop], qualities[start:stop]))


def _text(
    sample: str, mate: int, numbers: np.ndarray, reads: np.ndarray, qualities: np.ndarray
) -> bytes:
    digits = numbers[:, None] // 10 ** np.arange(7, -1, -1) % 10 + ord("0")
    rows = len(numbers)

    def constant(text: str) -> np.ndarray:
        return np.broadcast_to(np.frombuffer(text.encode(), np.uint8), (rows, len(text)))

    parts = [
        constant(f"@{sample}:"), digits.astype(np.uint8), constant(f" {mate}:N:0:1\n"),
        reads, constant("\n+\n"), qualities, constant("\n"),
    ]  # fmt: skip
    return np.hstack(parts).tobytes()


def _draw_courses(length: int, rng: np.random.Generator) -> np.ndarray:
    """(courses, length) uint8: scores that fall a little towards the 3' end."""
    along = np.linspace(0, 1, length)[:, None] ** 2
    cumulative = np.cumsum((1 - along) * _START + along * _END, axis=1)
    chosen = (rng.random((_COURSES, length, 1)) > cumulative[None, :, :3]).sum(axis=2)
    return _SCORES[chosen].astype(np.uint8)
