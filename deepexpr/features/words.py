"""How often words occur in windows of a promoter, and loops within distances, as plain numbers.

What the network's wide part and its distal module see of a gene before anything is learnt, for
models that are no networks. `deepexpr.model.layers.WordCounts` is the same count as a layer.
"""

from __future__ import annotations

import itertools

import numpy as np

from deepexpr.features.sequence import LETTERS, other_strand_codes

#: Words: letters, bounds of their windows as shares of the promoter (0.5 is the TSS; of 2,000 bp
#: the others lie at -300 and +300), whether both strands share a count.
WORD_BLOCKS = (
    (4, (0.0, 0.35, 0.5, 0.65, 1.0), False),
    (6, (0.0, 0.5, 1.0), True),
)

#: Distances from the TSS (bp) within which loops are summed.
WITHIN = (5_000, 25_000, 100_000, 1_000_000)

#: Those of the network's three totals.
TOTALS = (25_000, 100_000, 1_000_000)

_DIGITS = np.full(256, -1, dtype=np.int64)
_DIGITS[np.frombuffer(LETTERS.encode(), dtype=np.uint8)] = range(len(LETTERS))


def window_words(sequence: np.ndarray, blocks=WORD_BLOCKS) -> tuple[np.ndarray, list[int]]:
    """Counts of every word in every window, sqrt(count + 3/8), and the columns of each block.

    sequence : (n, L) uint8 ASCII. Returns float32 (n, p): by block, window (5' to 3') and word in
    the order of base 4; with both strands a word and its reverse complement share the column of
    the smaller. A word lies in a window with all its letters; one with N counts nowhere.
    """
    counts = [_block(sequence, *block) for block in blocks]
    return np.sqrt(np.hstack(counts) + np.float32(0.375)), [part.shape[1] for part in counts]


def _block(sequence, word: int, shares, both_strands: bool) -> np.ndarray:
    edges = [round(share * sequence.shape[1]) for share in shares]
    numbers = 4**word
    columns = np.arange(numbers)
    if both_strands:
        smaller = np.minimum(columns, other_strand_codes(word))
        kept, columns = np.unique(smaller, return_inverse=True)
        numbers = len(kept)
    result = np.zeros((len(sequence), (len(edges) - 1) * numbers), dtype=np.float32)
    for row, letters in enumerate(sequence):
        codes = _codes(letters, word)
        for i, (start, end) in enumerate(itertools.pairwise(edges)):
            inside = codes[start : max(start, end - word + 1)]
            found = columns[inside[inside >= 0]]
            result[row, i * numbers : (i + 1) * numbers] = np.bincount(found, minlength=numbers)
    return result


def _codes(letters: np.ndarray, word: int) -> np.ndarray:
    """Base-4 code of the word that starts at each position of (L,) letters, -1 with an N."""
    digits = np.lib.stride_tricks.sliding_window_view(_DIGITS[letters], word)
    codes = digits @ 4 ** np.arange(word)[::-1]
    return np.where((digits < 0).any(axis=1), -1, codes)


def loop_totals(bins: np.ndarray, bin_size: int, within=TOTALS) -> np.ndarray:
    """Loops summed within distances of the TSS: float64 (n, len(within)), log2(1 + sum).

    bins : (n, B) float32, log2(1 + count), the TSS between bins B/2 - 1 and B/2. Distances in bp;
    those beyond the bins take all of them.
    """
    number = np.exp2(bins.astype(np.float64)) - 1
    half = bins.shape[1] // 2
    reaches = [min(half, max(1, distance // bin_size)) for distance in within]
    sums = [number[:, half - reach : half + reach].sum(axis=1) for reach in reaches]
    return np.log2(1 + np.column_stack(sums))


def loop_windows(bins: np.ndarray, bin_size: int) -> np.ndarray:
    """What closed forms read of the loops: float64 (n, p), for bins as in `loop_totals`.

    The sums within `WITHIN`; the sums in windows whose edges double on each side (0, 1, 2, 4, ...
    bins; right and left of the TSS on the genome), log2(1 + sum); and the root of the number of
    bins with loops.
    """
    number = np.exp2(bins.astype(np.float64)) - 1
    half = bins.shape[1] // 2
    edges = [0, *itertools.takewhile(lambda edge: edge < half, (2**i for i in range(64))), half]
    sums = []
    for start, end in itertools.pairwise(edges):
        sums.append(number[:, half + start : half + end].sum(axis=1))
        sums.append(number[:, half - end : half - start].sum(axis=1))
    filled = np.sqrt((bins > 0).sum(axis=1))
    windows = np.log2(1 + np.column_stack(sums))
    return np.column_stack([loop_totals(bins, bin_size, WITHIN), windows, filled])
