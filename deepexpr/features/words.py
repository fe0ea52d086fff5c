"""How often words occur in windows of a promoter, and loops within distances, as plain numbers.

What the network's wide part and its distal module see of a gene before anything is learnt, for
models that are no networks. `deepexpr.model.layers.WordCounts` is the same count as a layer.
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from deepexpr.letters import CODES, other_strand_numbers, word_numbers


def _around_tss(*distances: int) -> tuple[float, ...]:
    """Edges at the TSS, at these distances on both sides (bp, of 2,000 in all) and at the ends."""
    shares = [distance / 2000 for distance in distances]
    return (0.0, *(0.5 - s for s in reversed(shares)), 0.5, *(0.5 + s for s in shares), 1.0)


class Block(NamedTuple):
    """Words of one kind, and where they are counted.

    word : letters. edges : shares of the promoter (0.5 is the TSS) that bound its windows.
    both_strands : a word and its reverse complement share a count. gap : letters of any kind, N
    too, between the halves of a word. soft : windows flow into each other: at each edge one has its
    peak, and a word between two edges counts in both, more in the nearer one.
    """

    word: int
    edges: tuple[float, ...]
    both_strands: bool
    gap: int = 0
    soft: bool = False


#: Sets of blocks by name; `fine` is for thousands of genes. Of 2,000 bp the inner edges of
#: `coarse` lie at -300 and +300.
WORD_BLOCKS = {
    "coarse": (
        Block(4, (0.0, 0.35, 0.5, 0.65, 1.0), False),
        Block(6, (0.0, 0.5, 1.0), True),
    ),
    "fine": (
        Block(4, _around_tss(40, 100, 200, 350, 600), False, soft=True),
        Block(6, _around_tss(120, 400), True, soft=True),
        *(Block(6, (0.0, 0.5, 1.0), True, gap) for gap in (1, 2, 3, 5)),
    ),
}

#: From so many training genes on `fine` words tell more than `coarse` ones (docs/evidence.md).
FINE_FROM = 3000

#: The power of its spread by which a column of each set is divided before ridge regression: what
#: occurs seldom in the narrow windows of `fine` tells little.
WORD_SPREAD = {"coarse": 1.0, "fine": 0.5}

#: Distances from the TSS (bp) within which loops are summed.
WITHIN = (5_000, 25_000, 100_000, 1_000_000)

#: Those of the network's three totals.
TOTALS = (25_000, 100_000, 1_000_000)


def window_words(
    sequence: np.ndarray, blocks: Sequence[Block] = WORD_BLOCKS["coarse"]
) -> tuple[np.ndarray, list[int]]:
    """Counts of every word in every window, sqrt(count + 3/8), and the columns of each block.

    sequence : (n, L) uint8 ASCII. Returns float32 (n, p): by block, window (5' to 3') and word in
    the order of base 4; with both strands a word and its reverse complement share the column of
    the smaller. A word lies in a window with all its letters; one with N counts nowhere.
    """
    counts = [word_counts(sequence, block) for block in blocks]
    widths = [part.shape[1] for part in counts]
    result = np.concatenate(counts, axis=1)
    result += np.float32(0.375)
    return np.sqrt(result, out=result), widths


def word_windows(block: Block, length: int) -> list[tuple[int, np.ndarray]]:
    """Of each window of a promoter of `length` bp: the first place where a word of `block` may
    start, and what a word counts that starts there and at each place after it, float32.

    Soft windows: 1 where the middle of a word is on the edge, falling in a line to 0 at the next.
    """
    edges = [round(share * length) for share in block.edges]
    span = block.word + block.gap
    if not block.soft:
        sizes = [max(0, end - start - span + 1) for start, end in itertools.pairwise(edges)]
        return [(s, np.ones(size, np.float32)) for s, size in zip(edges, sizes, strict=False)]
    middle = np.arange(max(0, length - span + 1)) + span / 2
    windows = []
    for peak in np.eye(len(edges)):
        weights = np.interp(middle, edges, peak).astype(np.float32)
        inside = np.flatnonzero(weights)
        first, last = (inside[0], inside[-1] + 1) if len(inside) else (0, 0)
        windows.append((int(first), weights[first:last]))
    return windows


def word_counts(sequence: np.ndarray, block: Block) -> np.ndarray:
    """Counts of the words of one block, float32 (n, columns), in the order of `window_words`."""
    numbers = 4**block.word
    columns = np.arange(numbers)
    if block.both_strands:
        smaller = np.minimum(columns, other_strand_numbers(block.word))
        kept, columns = np.unique(smaller, return_inverse=True)
        numbers = len(kept)
    windows = word_windows(block, sequence.shape[1])
    result = np.zeros((len(sequence), len(windows), numbers), dtype=np.float32)
    for row, letters in enumerate(sequence):
        words = word_numbers(CODES[letters], block.word, block.gap)
        for i, (start, weights) in enumerate(windows):
            inside = words[start : start + len(weights)]
            known = inside >= 0
            found = columns[inside[known]]
            result[row, i] = np.bincount(found, weights[known], minlength=numbers)
    return result.reshape(len(sequence), -1)


def loop_totals(bins: np.ndarray, bin_size: int, within=TOTALS) -> np.ndarray:
    """Loops summed within distances of the TSS: float64 (n, len(within)), log2(1 + sum).

    bins : (n, B) float32, log2(1 + count), the TSS between bins B/2 - 1 and B/2. Distances in bp;
    those beyond the bins take all of them. Of bins (n, B, M) of M targets, those of one target
    after those of another.
    """
    if bins.ndim == 3:
        return np.hstack([loop_totals(each, bin_size, within) for each in of_targets(bins)])
    return _log_sums(bins, _within(bins.shape[1], bin_size, within))


def of_targets(bins: np.ndarray) -> list[np.ndarray]:
    """Bins (n, B) of each target of (n, B, M)."""
    return [bins[:, :, i] for i in range(bins.shape[2])]


def flat_bins(bins: np.ndarray) -> np.ndarray:
    """(n, B) as they are; (n, B, M) as (n, M * B), target after target."""
    return np.hstack(of_targets(bins)) if bins.ndim == 3 else bins


def loop_windows(bins: np.ndarray, bin_size: int) -> np.ndarray:
    """What closed forms read of the loops: float64 (n, p), for bins as in `loop_totals`.

    The sums within `WITHIN`; the sums in windows whose edges double on each side (0, 1, 2, 4, ...
    bins; right and left of the TSS on the genome), log2(1 + sum); and the root of the number of
    bins with loops.
    """
    if bins.ndim == 3:
        return np.hstack([loop_windows(each, bin_size) for each in of_targets(bins)])
    filled = np.sqrt((bins > 0).sum(axis=1))
    return np.column_stack([_log_sums(bins, summed_bins(bins.shape[1], bin_size)), filled])


def summed_bins(bins: int, bin_size: int) -> list[tuple[int, int]]:
    """First and last bin (half-open) of each sum of `loop_windows`, in the order of its columns."""
    half = bins // 2
    edges = [0, *itertools.takewhile(lambda edge: edge < half, (2**i for i in range(64))), half]
    found = _within(bins, bin_size, WITHIN)
    for start, end in itertools.pairwise(edges):
        found += [(half + start, half + end), (half - end, half - start)]
    return found


def _within(bins: int, bin_size: int, distances) -> list[tuple[int, int]]:
    half = bins // 2
    reaches = [min(half, max(1, distance // bin_size)) for distance in distances]
    return [(half - reach, half + reach) for reach in reaches]


def _log_sums(bins: np.ndarray, windows: list[tuple[int, int]]) -> np.ndarray:
    number = np.exp2(bins.astype(np.float64)) - 1
    return np.log2(1 + np.column_stack([number[:, a:b].sum(axis=1) for a, b in windows]))
