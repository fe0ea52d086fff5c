"""How strongly known motifs match in windows of a promoter, beside the counts of its words.

Words tell of six letters at most, and of each apart; a motif joins the letters of a whole binding
site. What networks and closed forms read of them is the same (`deepexpr.model.layers.MotifScans`).
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from deepexpr.errors import InputError
from deepexpr.features.meme_format import read_meme
from deepexpr.features.motif import Motif
from deepexpr.features.motif_scores import STEP, thresholds
from deepexpr.features.words import WORD_BLOCKS, WORD_SPREAD, word_windows
from deepexpr.letters import CODES

log = logging.getLogger(__name__)

#: A match is told from chance by its p-value: what stands above the least score with this one, to
#: the 0.02 bits that scores are rounded to, is summed.
P_VALUE = 0.003
#: Letters that p-values refer to, those of human promoters: A, C, G, T.
BACKGROUND = np.array([0.22, 0.28, 0.28, 0.22])
#: As features.words.WORD_SPREAD, for motifs' columns: each weighs the same.
SPREAD = 1.0
#: Windows that flow into each other, as those of the finest words.
WINDOWS = WORD_BLOCKS["fine"][0]._replace(word=0)


@dataclass(frozen=True, eq=False)
class Matrices:
    """Motifs as one array.

    kernel : (width, 4, motifs) float32, bits by which a letter (A, C, G, T) at a place is better
        than the worst one, which any other letter, and what lies beyond the promoter, counts as.
        Narrower motifs stand in the middle, 0 around them. least : (motifs,) float32, the score of
        a match with p <= P_VALUE, by the same count.
    """

    kernel: np.ndarray
    least: np.ndarray


@lru_cache(maxsize=4)
def _read(path: str, size: int, changed: int) -> Matrices:
    return matrices_of(read_meme(path), path)


def read_matrices(path: str) -> Matrices:
    """Those of a MEME file; read once."""
    known = Path(path).stat() if Path(path).is_file() else None
    return _read(path, known.st_size if known else 0, known.st_mtime_ns if known else 0)


def matrices_of(motifs: Sequence[Motif], where: str = "motifs") -> Matrices:
    """The motifs on the strand that they are given on, as one array.

    Raises InputError where none of them is long enough to be told from chance.
    """
    found = []
    for motif in motifs:
        strands = thresholds(motif, BACKGROUND, P_VALUE)
        if len(strands) == 2:
            matrix, least = strands[0]
            bits = matrix[:, :4] * STEP
            worst = bits.min(axis=1, keepdims=True)
            found.append((bits - worst, least * STEP - worst.sum()))
    if not found:
        raise InputError(
            f"None of {len(motifs)} motifs has a match with a p-value of {P_VALUE} or less.",
            where=where,
            expected="motifs of some six letters or more",
        )
    if len(found) < len(motifs):
        log.warning(
            "%d of %d motifs are too short for a match with a p-value of %g or less: left out",
            len(motifs) - len(found), len(motifs), P_VALUE,
        )  # fmt: skip
    width = max(len(bits) for bits, _ in found)
    kernel = np.zeros((width, 4, len(found)), np.float32)
    for i, (bits, _) in enumerate(found):
        start = (width - len(bits)) // 2
        kernel[start : start + len(bits), :, i] = bits
    return Matrices(kernel, np.array([least for _, least in found], np.float32))


def other_strand(kernel: np.ndarray) -> np.ndarray:
    """The kernel (width, 4, motifs) that reads the other strand."""
    return kernel[::-1, ::-1]


def scan_windows(length: int) -> np.ndarray:
    """(windows, length) float32: what a match counts in each window, by the place of its middle."""
    rows = np.zeros((len(WINDOWS.edges), length), np.float32)
    for row, (start, weights) in zip(rows, word_windows(WINDOWS, length), strict=True):
        row[start : start + len(weights)] = weights[: length - start]
    return rows


def motif_scans(sequence: np.ndarray, matrices: Matrices) -> tuple[np.ndarray, list[int]]:
    """Matches of each motif in each window, sqrt(sum + 3/8), and the columns upstream and down.

    sequence : (n, L) uint8 ASCII. Returns float32 (n, windows * motifs), windows from 5' to 3':
    bits above the least score of a match, summed over places and both strands. The two parts of the
    columns weigh in closed forms as each kind of word does.
    """
    width, _, motifs = matrices.kernel.shape
    windows = scan_windows(sequence.shape[1])
    both = [k.reshape(-1, motifs) for k in (matrices.kernel, other_strand(matrices.kernel))]
    before = (width - 1) // 2
    result = np.empty((len(sequence), len(windows), motifs), np.float32)
    letters = np.vstack([np.eye(4, dtype=np.float32), np.zeros((1, 4), np.float32)])
    for row, own in zip(result, sequence, strict=True):
        hot = np.pad(letters[CODES[own]], ((before, width - 1 - before), (0, 0)))
        places = np.lib.stride_tricks.sliding_window_view(hot.ravel(), width * 4)[::4]
        row[:] = sum(windows @ np.maximum(places @ k - matrices.least, 0) for k in both)
    return np.sqrt(result.reshape(len(result), -1) + np.float32(0.375)), scan_columns(motifs)


def block_spread(kind: str, blocks: Sequence[int], motifs: bool) -> float | list[float]:
    """The spread of columns, as words.standardisation takes it: that of the `kind` of words, or
    with `motifs` one for each of `blocks`, SPREAD for the `scan_columns` that end them."""
    spread = WORD_SPREAD[kind]
    if not motifs:
        return spread
    parts = len(scan_columns(1))
    return [spread] * (len(blocks) - parts) + [SPREAD] * parts


def scan_columns(motifs: int) -> list[int]:
    """Columns of `motif_scans` up to the window at the TSS, and after it."""
    windows = len(WINDOWS.edges)
    upstream = windows // 2 + 1
    return [upstream * motifs, (windows - upstream) * motifs]
